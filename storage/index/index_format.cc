#include "storage/index/index_format.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/limits.h"
#include "base/wire.h"

namespace roentgen::storage {
namespace {

auto KeyOf(const ColumnInfo& info) {
  return std::tuple<Column, std::string_view>(info.column, info.key);
}

// More than any batch has: bounds what a damaged chunk makes us allocate.
constexpr uint64_t kColumnsMax = 64 + limits::kIndexedKeysPerBatchMax * 4;

// In the byte of parts.
constexpr uint32_t kRowsElsewhere = 128;

bool ReadRowsOf(ByteReader& in, uint64_t parts, uint64_t place,
                ColumnInfo& info) {
  if ((parts & kRowsElsewhere) == 0) return true;
  uint64_t of;
  if (place == 0 || !in.BoundedVarint(place - 1, of)) return false;
  info.rows_of = static_cast<uint32_t>(of);
  return true;
}

}  // namespace

const ColumnInfo* IndexDirectory::Find(Column column,
                                       std::string_view key) const {
  const std::tuple<Column, std::string_view> wanted(column, key);
  const auto at = std::lower_bound(
      columns_.begin(), columns_.end(), wanted,
      [](const ColumnInfo& info, const auto& k) { return KeyOf(info) < k; });
  return at != columns_.end() && KeyOf(*at) == wanted ? &*at : nullptr;
}

size_t IndexDirectory::MemoryBytes() const {
  size_t bytes = sizeof(*this) + columns_.capacity() * sizeof(ColumnInfo);
  for (const ColumnInfo& info : columns_) {
    if (info.key.size() > sizeof(std::string) / 2) bytes += info.key.size();
  }
  return bytes;
}

std::string IndexDirectory::Encode() const {
  std::string out;
  AppendVarint(columns_.size(), out);
  for (const ColumnInfo& info : columns_) {
    out.push_back(static_cast<char>(info.column));
    AppendBytes(info.key, out);
    AppendVarint(info.parts | (info.rows_of ? kRowsElsewhere : 0), out);
    AppendVarint(info.rows, out);
    if (info.rows_of) AppendVarint(*info.rows_of, out);
    AppendVarint(info.distinct, out);
    AppendZigzag(info.min, out);
    AppendZigzag(info.max, out);
  }
  return out;
}

absl::StatusOr<IndexDirectory> IndexDirectory::Decode(std::string_view chunk) {
  const auto damaged = [] {
    return absl::DataLossError("index directory: damaged");
  };
  ByteReader in(chunk);
  uint64_t count;
  if (!in.BoundedVarint(kColumnsMax, count)) return damaged();
  std::vector<ColumnInfo> columns;
  columns.reserve(count);
  for (uint64_t i = 0; i < count; ++i) {
    ColumnInfo& info = columns.emplace_back();
    uint8_t column;
    std::string_view key;
    uint64_t parts, rows, distinct;
    if (!in.Byte(column) || !in.Bytes(key) || !in.BoundedVarint(255, parts) ||
        !in.BoundedVarint(UINT32_MAX, rows) ||
        !ReadRowsOf(in, parts, i, info) ||
        !in.BoundedVarint(UINT32_MAX, distinct) || !in.Zigzag(info.min) ||
        !in.Zigzag(info.max)) {
      return damaged();
    }
    info.column = static_cast<Column>(column);
    info.key = key;
    info.parts = static_cast<uint32_t>(parts & ~uint64_t{kRowsElsewhere});
    info.rows = static_cast<uint32_t>(rows);
    info.distinct = static_cast<uint32_t>(distinct);
    if (i > 0 && KeyOf(columns[i - 1]) >= KeyOf(info)) return damaged();
  }
  if (!in.done()) return damaged();
  return IndexDirectory(std::move(columns));
}

}  // namespace roentgen::storage
