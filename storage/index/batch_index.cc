#include "storage/index/batch_index.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "base/wrapping.h"
#include "storage/index/column_codec.h"
#include "storage/index/text_filter.h"

namespace roentgen::storage {
namespace {

// A column with more distinct texts than this gets a filter.
constexpr uint32_t kUnfilteredTextsMax = 512;
// An annotation whose packed dictionary would take more bytes a row than
// this, most of its values seen once, keeps prints of them instead.
constexpr size_t kDictionaryBytesPerRowMax = 10;

// Nobody looks for a text of these.
bool IsOfSummaries(Column column) {
  return column == Column::kSummary || column == Column::kSummaryText;
}

// By key: directories are in order.
template <typename Values>
std::vector<const typename IndexColumns::ByKey<Values>::value_type*> Sorted(
    const IndexColumns::ByKey<Values>& by_key) {
  std::vector<const typename IndexColumns::ByKey<Values>::value_type*> items;
  items.reserve(by_key.size());
  for (const auto& item : by_key) items.push_back(&item);
  std::sort(items.begin(), items.end(),
            [](const auto* a, const auto* b) { return a->first < b->first; });
  return items;
}

std::string_view BytesOf(const std::vector<uint32_t>& rows) {
  return {reinterpret_cast<const char*>(rows.data()),
          rows.size() * sizeof(uint32_t)};
}

class Packer {
 public:
  explicit Packer(const IndexColumns& columns) : columns_(columns) {}

  std::vector<IndexChunk> Run() && {
    Put({.column = Column::kTraceId, .rows = columns_.traces()}, Part::kValues,
        columns_.trace_ids());
    PutColumns(Column::kTraceId, Column::kAnnotationString);
    for (const auto* item : Sorted(columns_.annotation_texts())) {
      PutTexts(Column::kAnnotationString, item->first, item->second);
    }
    for (const auto* item : Sorted(columns_.annotation_numbers())) {
      PutNumbers(Column::kAnnotationNumber, item->first, item->second.rows,
                 item->second.values);
    }
    for (const auto* item : Sorted(columns_.annotation_bools())) {
      PutNumbers(Column::kAnnotationBool, item->first, item->second.rows,
                 item->second.values);
    }
    PutColumns(Column::kAnnotationOther, Column::kDirectory);
    PutColumns(Column::kSpanTrace, Column::kAttributeElsewhere);
    for (const auto* item : Sorted(columns_.attributes_elsewhere())) {
      PutRows(Column::kAttributeElsewhere, item->first, item->second.rows);
    }
    PutRows(Column::kAttributeOther, {},
            columns_.rows(Column::kAttributeOther));
    if (!columns_.attribute_values().empty()) {
      Put({.column = Column::kAttributeValue}, Part::kFilter,
          columns_.attribute_values().Pack(columns_.traces()));
    }
    PutSummaries();
    out_.push_back({Column::kDirectory,
                    {},
                    Part::kValues,
                    IndexDirectory(std::move(directory_)).Encode()});
    return std::move(out_);
  }

 private:
  void PutSummaries() {
    const GrowingDictionary* texts = columns_.summary_texts();
    if (texts == nullptr) return;
    if (texts->size() > 0) {
      std::vector<uint32_t> codes(texts->size());
      std::iota(codes.begin(), codes.end(), 0);
      PutTexts(Column::kSummaryText, {}, {}, codes, *texts);
    }
    const std::vector<int64_t>& lags = columns_.numbers(Column::kCauseLag);
    if (lags.empty()) return;
    PutNumbers(Column::kCauseLag, {}, columns_.rows(Column::kCauseLag), lags);
  }

  // Parts of one column come one after the other.
  void Put(const ColumnInfo& info, Part part, std::string bytes) {
    Note(info, part);
    out_.push_back({info.column, info.key, part, std::move(bytes)});
  }

  void Note(const ColumnInfo& info, Part part) {
    if (!IsLast(info)) directory_.push_back(info);
    directory_.back().parts |= 1U << static_cast<uint32_t>(part);
  }

  bool IsLast(const ColumnInfo& info) const {
    return !directory_.empty() && directory_.back().column == info.column &&
           directory_.back().key == info.key;
  }

  // Those without keys, from `first` to before `end`.
  void PutColumns(Column first, Column end) {
    for (auto i = static_cast<uint8_t>(first); i < static_cast<uint8_t>(end);
         ++i) {
      const auto column = static_cast<Column>(i);
      if (!columns_.numbers(column).empty()) {
        PutNumbers(column, {}, {}, columns_.numbers(column));
      }
      if (!columns_.texts(column).codes.empty()) {
        PutTexts(column, {}, columns_.texts(column));
      }
      PutRows(column, {}, columns_.rows(column));
    }
  }

  void PutRows(Column column, const std::string& key,
               const std::vector<uint32_t>& rows) {
    if (rows.empty()) return;
    PutRowsPart({.column = column,
                 .key = key,
                 .rows = static_cast<uint32_t>(rows.size())},
                rows);
  }

  // Attributes that come together are in the same traces: kept once.
  void PutRowsPart(const ColumnInfo& info, const std::vector<uint32_t>& rows) {
    const auto [at, fresh] = rows_.try_emplace(
        BytesOf(rows),
        static_cast<uint32_t>(directory_.size() - (IsLast(info) ? 1 : 0)));
    if (fresh) {
      Put(info, Part::kRows, EncodeInts<uint32_t>(rows));
      return;
    }
    Note(info, Part::kRows);
    directory_.back().rows_of = at->second;
  }

  void PutNumbers(Column column, const std::string& key,
                  const std::vector<uint32_t>& rows,
                  const std::vector<int64_t>& values) {
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    const ColumnInfo info{.column = column,
                          .key = key,
                          .rows = static_cast<uint32_t>(values.size()),
                          .min = *low,
                          .max = *high};
    if (!rows.empty()) PutRowsPart(info, rows);
    if (BaseOf(column).first == Column::kTraceId) {
      Put(info, Part::kValues, EncodeInts<int64_t>(values));
      return;
    }
    std::string bytes;
    auto differences = EncodeIfShorter(Differences(column), values, bytes);
    if (differences) {
      Put(info, Part::kDifferences, *std::move(differences));
    } else {
      Put(info, Part::kValues, std::move(bytes));
    }
  }

  std::vector<int64_t> Differences(Column column) const {
    const ColumnBase base = BaseOf(column);
    const std::vector<int64_t>& first = columns_.numbers(base.first);
    const std::vector<int64_t>& second = columns_.numbers(base.second);
    std::vector<int64_t> out = columns_.numbers(column);
    for (size_t i = 0; i < out.size(); ++i) {
      out[i] = WrappingDifference(out[i], first[i]);
      if (!second.empty() && second[i] > 0) {
        out[i] = WrappingDifference(out[i], second[i]);
      }
    }
    return out;
  }

  void PutTexts(Column column, const std::string& key,
                const IndexColumns::TextRows& texts) {
    PutTexts(column, key, texts.rows, texts.codes, texts.dictionary);
  }

  void PutTexts(Column column, const std::string& key,
                const std::vector<uint32_t>& rows,
                const std::vector<uint32_t>& texts,
                const GrowingDictionary& dictionary) {
    const uint32_t distinct = dictionary.size();
    const ColumnInfo info{.column = column,
                          .key = key,
                          .rows = static_cast<uint32_t>(texts.size()),
                          .distinct = distinct};
    if (!rows.empty()) PutRowsPart(info, rows);
    std::vector<uint32_t> order(distinct);
    std::iota(order.begin(), order.end(), 0);
    std::sort(order.begin(), order.end(), [&](uint32_t a, uint32_t b) {
      return dictionary.at(a) < dictionary.at(b);
    });
    std::vector<std::string_view> sorted;
    sorted.reserve(distinct);
    for (uint32_t code : order) sorted.push_back(dictionary.at(code));
    if (distinct > kUnfilteredTextsMax && !IsOfSummaries(column)) {
      Put(info, Part::kFilter, MakeTextFilter(sorted));
    }
    std::string packed = EncodeDictionary(sorted);
    if (column == Column::kAnnotationString && distinct > kUnfilteredTextsMax &&
        distinct > texts.size() / 2 &&
        packed.size() > texts.size() * kDictionaryBytesPerRowMax) {
      PutPrints(info, texts, dictionary);
      return;
    }
    // Codes in the order of the sorted dictionary.
    std::vector<uint32_t> rank(distinct);
    for (uint32_t i = 0; i < distinct; ++i) rank[order[i]] = i;
    std::vector<uint32_t> codes;
    codes.reserve(texts.size());
    for (uint32_t code : texts) codes.push_back(rank[code]);
    Put(info, Part::kValues, EncodeInts<uint32_t>(codes));
    Put(info, Part::kDictionary, std::move(packed));
  }

  void PutPrints(const ColumnInfo& info, const std::vector<uint32_t>& texts,
                 const GrowingDictionary& dictionary) {
    std::vector<uint32_t> prints;
    prints.reserve(texts.size());
    for (uint32_t code : texts) {
      prints.push_back(PrintOf(dictionary.at(code)));
    }
    Put(info, Part::kPrints, EncodeInts<uint32_t>(prints));
  }

  const IndexColumns& columns_;
  std::vector<ColumnInfo> directory_;
  // Rows, and the place in the directory of the column that has them.
  absl::flat_hash_map<std::string_view, uint32_t> rows_;
  std::vector<IndexChunk> out_;
};

}  // namespace

std::vector<IndexChunk> PackColumns(const IndexColumns& columns) {
  return Packer(columns).Run();
}

}  // namespace roentgen::storage
