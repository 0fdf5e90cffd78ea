// The columns of a sealed batch, unpacked as they are asked for.
//
// Threads: one thread at a time.
#ifndef ROENTGEN_STORAGE_INDEX_CHUNK_COLUMNS_H_
#define ROENTGEN_STORAGE_INDEX_CHUNK_COLUMNS_H_

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/index/column_source.h"
#include "storage/index/index_format.h"

namespace roentgen::storage {

// Where chunks are kept.
class ChunkReader {
 public:
  virtual ~ChunkReader() = default;

  // Calls `use` with the chunk's bytes, which live for that call.
  // Errors: DataLoss when there is no such chunk; those of `use`.
  virtual absl::Status Read(
      Column column, Part part, std::string_view key,
      const std::function<absl::Status(std::string_view)>& use) const = 0;
};

// Errors: those of the reader; DataLoss.
absl::StatusOr<IndexDirectory> ReadDirectory(const ChunkReader& reader);

class ChunkColumns final : public ColumnSource {
 public:
  // All outlive this object. `bytes_max` bounds what is unpacked at a time.
  ChunkColumns(const ChunkReader& reader, const IndexDirectory& directory,
               uint32_t traces, size_t bytes_max)
      : reader_(reader),
        directory_(directory),
        traces_(traces),
        bytes_max_(bytes_max) {}

  uint32_t traces() const override { return traces_; }
  bool MayHoldNumber(Column column, std::string_view key, int64_t low,
                     int64_t high) override;
  absl::StatusOr<NumberColumn> Numbers(Column column,
                                       std::string_view key) override;
  absl::StatusOr<TextColumn> Texts(Column column,
                                   std::string_view key) override;
  absl::StatusOr<TextLookup> Lookup(Column column, std::string_view key,
                                    std::string_view text) override;
  absl::StatusOr<std::span<const uint32_t>> Rows(Column column,
                                                 std::string_view key) override;

  absl::StatusOr<std::optional<std::vector<uint32_t>>> Slices(
      std::string_view key, std::span<const uint64_t> codes) override;

  // False only when no trace has the text.
  absl::StatusOr<bool> MayHoldText(Column column, std::string_view key,
                                   std::string_view text);

  // 16 bytes a trace.
  absl::StatusOr<std::string_view> TraceIds();

  uint64_t chunks_read() const { return chunks_read_; }
  uint64_t packed_bytes() const { return packed_bytes_; }

 private:
  using Key = std::tuple<Column, Part, std::string>;
  template <typename Value>
  using Unpacked = std::map<Key, Value>;

  template <typename Value, typename Unpack>
  absl::StatusOr<const Value*> Load(Unpacked<Value>& loaded, Column column,
                                    Part part, std::string_view key,
                                    Unpack unpack);
  absl::StatusOr<const ColumnInfo*> InfoOf(Column column,
                                           std::string_view key) const;
  absl::StatusOr<std::span<const uint32_t>> LoadRows(const ColumnInfo& info,
                                                     Part part);
  absl::StatusOr<const std::vector<int64_t>*> LoadDifferences(
      const ColumnInfo& info);
  absl::StatusOr<std::optional<uint32_t>> CodeOf(const ColumnInfo& info,
                                                 std::string_view text);
  absl::Status Charge(size_t bytes);

  const ChunkReader& reader_;
  const IndexDirectory& directory_;
  const uint32_t traces_;
  const size_t bytes_max_;
  size_t bytes_ = 0;
  uint64_t chunks_read_ = 0;
  uint64_t packed_bytes_ = 0;
  Unpacked<std::vector<uint32_t>> rows_;
  Unpacked<std::vector<int64_t>> numbers_;
  Unpacked<PackedDictionary> dictionaries_;
  // Dictionaries that were looked into without unpacking them.
  std::set<std::pair<Column, std::string>> looked_into_;
  std::string trace_ids_;
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_INDEX_CHUNK_COLUMNS_H_
