#include "storage/index/chunk_columns.h"

#include <algorithm>
#include <utility>

#include "base/status_macros.h"
#include "base/wrapping.h"
#include "storage/index/attribute_values.h"
#include "storage/index/column_codec.h"
#include "storage/index/text_filter.h"

namespace roentgen::storage {
namespace {

absl::Status Damaged() {
  return absl::DataLossError("index column: not what its directory says");
}

// Columns before the first row column have one value per trace.
bool IsPerTrace(Column column) { return column < Column::kNodeTrace; }

// Compilers make vector code of a maximum, not of an early exit.
bool AllBelow(std::span<const uint32_t> values, uint32_t bound) {
  uint32_t greatest = 0;
  for (uint32_t value : values) greatest = std::max(greatest, value);
  return values.empty() || greatest < bound;
}

size_t BytesOf(const std::vector<uint32_t>& v) { return v.size() * 4; }
size_t BytesOf(const std::vector<int64_t>& v) { return v.size() * 8; }
size_t BytesOf(const PackedDictionary& v) { return v.MemoryBytes(); }

}  // namespace

absl::StatusOr<IndexDirectory> ReadDirectory(const ChunkReader& reader) {
  IndexDirectory directory;
  RTG_RETURN_IF_ERROR(reader.Read(
      Column::kDirectory, Part::kValues, {},
      [&](std::string_view chunk) -> absl::Status {
        RTG_ASSIGN_OR_RETURN(directory, IndexDirectory::Decode(chunk));
        return absl::OkStatus();
      }));
  return directory;
}

absl::Status ChunkColumns::Charge(size_t bytes) {
  bytes_ += bytes;
  if (bytes_ <= bytes_max_) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      "the search needs more than its " + std::to_string(bytes_max_) +
      " bytes of memory to look at one batch of the index");
}

template <typename Value, typename Unpack>
absl::StatusOr<const Value*> ChunkColumns::Load(Unpacked<Value>& loaded,
                                                Column column, Part part,
                                                std::string_view key,
                                                Unpack unpack) {
  const auto [at, fresh] =
      loaded.try_emplace(Key(column, part, std::string(key)));
  if (!fresh) return &at->second;
  Value& value = at->second;
  const absl::Status status =
      reader_.Read(column, part, key, [&](std::string_view bytes) {
        ++chunks_read_;
        packed_bytes_ += bytes.size();
        auto unpacked = unpack(bytes);
        if (!unpacked.ok()) return unpacked.status();
        value = *std::move(unpacked);
        return Charge(BytesOf(value));
      });
  if (status.ok()) return &value;
  loaded.erase(at);
  return status;
}

absl::StatusOr<std::span<const uint32_t>> ChunkColumns::LoadRows(
    const ColumnInfo& info, Part part) {
  const ColumnInfo* from = &info;
  if (part == Part::kRows && info.rows_of) {
    if (*info.rows_of >= directory_.columns().size()) return Damaged();
    from = &directory_.columns()[*info.rows_of];
  }
  RTG_ASSIGN_OR_RETURN(
      const std::vector<uint32_t>* values,
      Load(rows_, from->column, part, from->key, DecodeInts<uint32_t>));
  if (values->size() != info.rows) return Damaged();
  if (part != Part::kRows) return std::span<const uint32_t>(*values);
  if (!AllBelow(*values, traces_)) return Damaged();
  return std::span<const uint32_t>(*values);
}

// What callers index by ordinal or row must be as long as they take it to be,
// whatever a damaged directory says.
absl::StatusOr<const ColumnInfo*> ChunkColumns::InfoOf(
    Column column, std::string_view key) const {
  const ColumnInfo* info = directory_.Find(column, key);
  if (IsPerTrace(column)) {
    const uint32_t rows = info == nullptr ? 0 : info->rows;
    if (rows != traces_) return Damaged();
  } else if (RowsOf(column) != column) {
    const ColumnInfo* rows = directory_.Find(RowsOf(column), {});
    if ((rows == nullptr) != (info == nullptr) ||
        (info != nullptr && info->rows != rows->rows)) {
      return Damaged();
    }
  }
  if (info == nullptr) return info;
  const bool has_rows = !IsPerTrace(column) && RowsOf(column) == column &&
                        column != Column::kSummaryText;
  if (info->Has(Part::kRows) != has_rows ||
      (info->Has(Part::kPrints) && column != Column::kAnnotationString)) {
    return Damaged();
  }
  return info;
}

bool ChunkColumns::MayHoldNumber(Column column, std::string_view key,
                                 int64_t low, int64_t high) {
  const ColumnInfo* info = directory_.Find(column, key);
  return info != nullptr && info->max >= low && info->min <= high;
}

absl::StatusOr<bool> ChunkColumns::MayHoldText(Column column,
                                               std::string_view key,
                                               std::string_view text) {
  const ColumnInfo* info = directory_.Find(column, key);
  if (info == nullptr) return false;
  if (!info->Has(Part::kFilter)) return true;
  bool may = true;
  RTG_RETURN_IF_ERROR(
      reader_.Read(column, Part::kFilter, key, [&](std::string_view filter) {
        ++chunks_read_;
        packed_bytes_ += filter.size();
        may = MayContain(filter, text);
        return absl::OkStatus();
      }));
  return may;
}

absl::StatusOr<const std::vector<int64_t>*> ChunkColumns::LoadDifferences(
    const ColumnInfo& info) {
  const ColumnBase base = BaseOf(info.column);
  if (base.first == Column::kTraceId) return Damaged();
  RTG_ASSIGN_OR_RETURN(const NumberColumn first, Numbers(base.first, {}));
  NumberColumn second;
  if (base.second != Column::kTraceId) {
    RTG_ASSIGN_OR_RETURN(second, Numbers(base.second, {}));
  }
  const auto unpack =
      [&](std::string_view bytes) -> absl::StatusOr<std::vector<int64_t>> {
    RTG_ASSIGN_OR_RETURN(std::vector<int64_t> values,
                         DecodeInts<int64_t>(bytes));
    if (values.size() != first.values.size()) return Damaged();
    for (size_t i = 0; i < values.size(); ++i) {
      values[i] = WrappingSum(values[i], first.values[i]);
      if (!second.values.empty() && second.values[i] > 0) {
        values[i] = WrappingSum(values[i], second.values[i]);
      }
    }
    return values;
  };
  return Load(numbers_, info.column, Part::kDifferences, info.key, unpack);
}

absl::StatusOr<NumberColumn> ChunkColumns::Numbers(Column column,
                                                   std::string_view key) {
  NumberColumn out;
  RTG_ASSIGN_OR_RETURN(const ColumnInfo* info, InfoOf(column, key));
  if (info == nullptr) return out;
  const std::vector<int64_t>* values;
  if (info->Has(Part::kDifferences)) {
    RTG_ASSIGN_OR_RETURN(values, LoadDifferences(*info));
  } else {
    RTG_ASSIGN_OR_RETURN(values, Load(numbers_, column, Part::kValues, key,
                                      DecodeInts<int64_t>));
  }
  if (values->size() != info->rows) return Damaged();
  out.values = *values;
  if (info->Has(Part::kRows)) {
    RTG_ASSIGN_OR_RETURN(out.rows, LoadRows(*info, Part::kRows));
  }
  return out;
}

absl::StatusOr<TextColumn> ChunkColumns::Texts(Column column,
                                               std::string_view key) {
  TextColumn out;
  RTG_ASSIGN_OR_RETURN(const ColumnInfo* info, InfoOf(column, key));
  if (info == nullptr) return out;
  if (info->Has(Part::kRows)) {
    RTG_ASSIGN_OR_RETURN(out.rows, LoadRows(*info, Part::kRows));
  }
  if (info->Has(Part::kPrints)) {
    RTG_ASSIGN_OR_RETURN(out.prints, LoadRows(*info, Part::kPrints));
    return out;
  }
  RTG_ASSIGN_OR_RETURN(out.codes, LoadRows(*info, Part::kValues));
  RTG_ASSIGN_OR_RETURN(
      out.dictionary,
      Load(dictionaries_, column, Part::kDictionary, key, UnpackDictionary));
  if (!AllBelow(out.codes, out.dictionary->size())) return Damaged();
  return out;
}

// A second look into the same dictionary pays for unpacking it.
absl::StatusOr<std::optional<uint32_t>> ChunkColumns::CodeOf(
    const ColumnInfo& info, std::string_view text) {
  if (looked_into_.emplace(info.column, info.key).second) {
    std::optional<uint32_t> code;
    RTG_RETURN_IF_ERROR(reader_.Read(
        info.column, Part::kDictionary, info.key,
        [&](std::string_view bytes) -> absl::Status {
          ++chunks_read_;
          packed_bytes_ += bytes.size();
          RTG_ASSIGN_OR_RETURN(code, FindInDictionary(bytes, text));
          return absl::OkStatus();
        }));
    return code;
  }
  RTG_ASSIGN_OR_RETURN(const PackedDictionary* dictionary,
                       Load(dictionaries_, info.column, Part::kDictionary,
                            info.key, UnpackDictionary));
  return dictionary->Find(text);
}

absl::StatusOr<TextLookup> ChunkColumns::Lookup(Column column,
                                                std::string_view key,
                                                std::string_view text) {
  TextLookup out;
  RTG_ASSIGN_OR_RETURN(const bool may, MayHoldText(column, key, text));
  if (!may) return out;
  const ColumnInfo& info = *directory_.Find(column, key);
  if (info.Has(Part::kPrints)) {
    RTG_ASSIGN_OR_RETURN(out.prints, LoadRows(info, Part::kPrints));
  } else {
    RTG_ASSIGN_OR_RETURN(const std::optional<uint32_t> code,
                         CodeOf(info, text));
    if (!code) return out;
    if (IsPerTrace(column) && info.rows != traces_) return Damaged();
    RTG_ASSIGN_OR_RETURN(out.codes, LoadRows(info, Part::kValues));
    out.code = *code;
  }
  if (info.Has(Part::kRows)) {
    RTG_ASSIGN_OR_RETURN(out.rows, LoadRows(info, Part::kRows));
  }
  return out;
}

absl::StatusOr<std::span<const uint32_t>> ChunkColumns::Rows(
    Column column, std::string_view key) {
  const ColumnInfo* info = directory_.Find(column, key);
  if (info == nullptr) return std::span<const uint32_t>();
  return LoadRows(*info, Part::kRows);
}

absl::StatusOr<std::optional<std::vector<uint32_t>>> ChunkColumns::Slices(
    std::string_view key, std::span<const uint64_t> codes) {
  std::optional<std::vector<uint32_t>> slices;
  const ColumnInfo* info = directory_.Find(Column::kAttributeValue, {});
  if (info == nullptr) return slices;
  if (!info->Has(Part::kFilter)) return Damaged();
  RTG_RETURN_IF_ERROR(reader_.Read(Column::kAttributeValue, Part::kFilter, {},
                                   [&](std::string_view bytes) -> absl::Status {
                                     ++chunks_read_;
                                     packed_bytes_ += bytes.size();
                                     RTG_ASSIGN_OR_RETURN(
                                         slices, FindSlices(bytes, key, codes));
                                     return absl::OkStatus();
                                   }));
  return slices;
}

absl::StatusOr<std::string_view> ChunkColumns::TraceIds() {
  if (trace_ids_.empty()) {
    RTG_RETURN_IF_ERROR(reader_.Read(Column::kTraceId, Part::kValues, {},
                                     [&](std::string_view bytes) {
                                       ++chunks_read_;
                                       packed_bytes_ += bytes.size();
                                       trace_ids_ = bytes;
                                       return Charge(bytes.size());
                                     }));
    if (trace_ids_.size() != size_t{traces_} * 16) return Damaged();
  }
  return std::string_view(trace_ids_);
}

}  // namespace roentgen::storage
