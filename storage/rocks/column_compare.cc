#include "storage/rocks/column_compare.h"

#include <algorithm>
#include <set>

#include "absl/hash/hash.h"
#include "base/limits.h"
#include "base/status_macros.h"
#include "base/wire.h"
#include "storage/index/text_filter.h"

namespace roentgen::storage {
namespace {

using ColumnKeyName = std::pair<Column, std::string>;
// Of each trace: of its values, in their order.
using Prints = std::vector<uint64_t>;

bool IsText(const ColumnInfo* info) {
  return info != nullptr &&
         (info->Has(Part::kDictionary) || info->Has(Part::kPrints));
}

bool IsNumber(const ColumnInfo* info) {
  return info != nullptr && !IsText(info) &&
         (info->Has(Part::kValues) || info->Has(Part::kDifferences));
}

// What neither text nor number has, and what is no column of traces.
bool IsCompared(Column column) {
  return column != Column::kTraceId && column != Column::kDirectory &&
         column != Column::kSummaryText && column != Column::kAttributeValue &&
         column != Column::kGroup && RowsOf(column) != Column::kLinkTrace;
}

class Printer {
 public:
  Printer(const ChunkedIndex& index, size_t bytes_max)
      : index_(index),
        columns_(index.chunks, index.directory, index.traces, bytes_max) {}

  const ColumnInfo* Find(const ColumnKeyName& name) const {
    return index_.directory.Find(name.first, name.second);
  }

  // `shortened`: the other side has prints of the texts only.
  absl::StatusOr<Prints> Of(const ColumnKeyName& name, bool shortened) {
    Prints prints(index_.traces, 0);
    const ColumnInfo* info = Find(name);
    if (info == nullptr) return prints;
    const auto& [column, key] = name;
    if (IsText(info)) {
      RTG_ASSIGN_OR_RETURN(const TextColumn texts, columns_.Texts(column, key));
      RTG_ASSIGN_OR_RETURN(const auto rows, RowsFor(column, texts.rows));
      if (column == Column::kSummary) return OfSummaries(texts);
      if (texts.dictionary == nullptr) {
        for (size_t i = 0; i < texts.prints.size(); ++i) {
          RTG_RETURN_IF_ERROR(Add(rows, i, texts.prints[i], prints));
        }
        return prints;
      }
      std::vector<uint64_t> hashes;
      for (uint32_t i = 0; i < texts.dictionary->size(); ++i) {
        const std::string_view text = texts.dictionary->at(i);
        hashes.push_back(shortened ? PrintOf(text) : absl::HashOf(text));
      }
      for (size_t i = 0; i < texts.codes.size(); ++i) {
        RTG_RETURN_IF_ERROR(Add(rows, i, hashes[texts.codes[i]], prints));
      }
      return prints;
    }
    if (IsNumber(info)) {
      RTG_ASSIGN_OR_RETURN(const NumberColumn numbers,
                           columns_.Numbers(column, key));
      RTG_ASSIGN_OR_RETURN(const auto rows, RowsFor(column, numbers.rows));
      for (size_t i = 0; i < numbers.values.size(); ++i) {
        RTG_RETURN_IF_ERROR(
            Add(rows, i, static_cast<uint64_t>(numbers.values[i]), prints));
      }
      return prints;
    }
    RTG_ASSIGN_OR_RETURN(const auto rows, columns_.Rows(column, key));
    for (size_t i = 0; i < rows.size(); ++i) {
      RTG_RETURN_IF_ERROR(Add(rows, i, 1, prints));
    }
    return prints;
  }

 private:
  static absl::Status Damaged() {
    return absl::DataLossError("index: a column has more rows than traces");
  }

  // Ordinals of the values; empty: one value per trace.
  absl::StatusOr<std::span<const uint32_t>> RowsFor(
      Column column, std::span<const uint32_t> own) {
    if (RowsOf(column) == column) return own;
    return columns_.Rows(RowsOf(column), {});
  }

  absl::Status Add(std::span<const uint32_t> rows, size_t value, uint64_t print,
                   Prints& prints) const {
    const size_t row = rows.empty()          ? value
                       : value < rows.size() ? rows[value]
                                             : prints.size();
    if (row >= prints.size()) return Damaged();
    prints[row] = absl::HashOf(prints[row], print);
    return absl::OkStatus();
  }

  // Their numbers stand for texts, and are given in order of arrival.
  absl::StatusOr<Prints> OfSummaries(const TextColumn& summaries) {
    Prints prints(index_.traces, 0);
    RTG_ASSIGN_OR_RETURN(const TextColumn texts,
                         columns_.Texts(Column::kSummaryText, {}));
    for (size_t i = 0; i < summaries.codes.size(); ++i) {
      if (i >= prints.size()) return Damaged();
      const std::string_view summary =
          summaries.dictionary->at(summaries.codes[i]);
      if (summary.empty()) continue;
      prints[i] = 1;
      ByteReader in(summary.substr(1));
      while (!in.done()) {
        uint64_t number;
        if (!in.Varint(number) || number >= texts.codes.size()) {
          return absl::DataLossError("index: damaged summary");
        }
        prints[i] =
            absl::HashOf(prints[i], texts.dictionary->at(texts.codes[number]));
      }
    }
    return prints;
  }

  const ChunkedIndex& index_;
  ChunkColumns columns_;
};

}  // namespace

std::string NameOfColumn(Column column, const std::string& key) {
  std::string name = "column " + std::to_string(static_cast<int>(column));
  if (!key.empty()) name += " (" + key + ")";
  return name;
}

std::map<size_t, std::vector<std::string>> CompareColumns(
    const ChunkedIndex& stored, const ChunkedIndex& rebuilt,
    const RowPairs& rows,
    absl::FunctionRef<void(const std::string& column, const absl::Status&)>
        damaged) {
  std::set<ColumnKeyName> names;
  for (const auto* index : {&stored, &rebuilt}) {
    for (const ColumnInfo& info : index->directory.columns()) {
      if (IsCompared(info.column)) names.emplace(info.column, info.key);
    }
  }
  std::map<size_t, std::vector<std::string>> differences;
  for (const ColumnKeyName& name : names) {
    // One column at a time: what was unpacked for another is given back.
    Printer a(stored, limits::kQueryMemoryBytes);
    Printer b(rebuilt, limits::kQueryMemoryBytes);
    const auto* of_stored = a.Find(name);
    const auto* of_rebuilt = b.Find(name);
    const bool shortened =
        (of_stored != nullptr && of_stored->Has(Part::kPrints)) ||
        (of_rebuilt != nullptr && of_rebuilt->Has(Part::kPrints));
    const std::string text = NameOfColumn(name.first, name.second);
    const absl::StatusOr<Prints> there = a.Of(name, shortened);
    if (!there.ok()) {
      damaged(text, there.status());
      continue;
    }
    const absl::StatusOr<Prints> right = b.Of(name, shortened);
    if (!right.ok()) {
      damaged(text, right.status());
      continue;
    }
    for (size_t i = 0; i < rows.size(); ++i) {
      if ((*there)[rows[i].first] != (*right)[rows[i].second]) {
        differences[i].push_back(text);
      }
    }
  }
  return differences;
}

void ReadColumns(
    const ChunkedIndex& index,
    absl::FunctionRef<void(const std::string& column, const absl::Status&)>
        damaged) {
  for (const ColumnInfo& info : index.directory.columns()) {
    Printer printer(index, limits::kQueryMemoryBytes);
    absl::Status status;
    if (info.column == Column::kAttributeValue) {
      ChunkColumns columns(index.chunks, index.directory, index.traces,
                           limits::kQueryMemoryBytes);
      status = columns.Slices({}, {}).status();
    } else if (info.column != Column::kTraceId &&
               info.column != Column::kSummaryText) {
      status = printer.Of({info.column, info.key}, false).status();
    }
    if (status.ok() && info.Has(Part::kFilter) &&
        info.column != Column::kAttributeValue) {
      status =
          index.chunks.Read(info.column, Part::kFilter, info.key,
                            [](std::string_view) { return absl::OkStatus(); });
    }
    if (!status.ok()) damaged(NameOfColumn(info.column, info.key), status);
  }
}

}  // namespace roentgen::storage
