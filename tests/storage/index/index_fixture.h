// Generated traces, their index in memory, and the same index packed.
#ifndef ROENTGEN_TESTS_STORAGE_INDEX_INDEX_FIXTURE_H_
#define ROENTGEN_TESTS_STORAGE_INDEX_INDEX_FIXTURE_H_

#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "storage/index/chunk_columns.h"
#include "storage/index/index_columns.h"
#include "storage/index/index_format.h"
#include "trace/assembly/trace.h"

namespace roentgen::testing_support {

// Chunks in a map.
class MapChunks final : public storage::ChunkReader {
 public:
  explicit MapChunks(std::vector<storage::IndexChunk> chunks);

  absl::Status Read(
      storage::Column column, storage::Part part, std::string_view key,
      const std::function<absl::Status(std::string_view)>& use) const override;

  bool Has(storage::Column column, storage::Part part,
           const std::string& key) const {
    return chunks_.contains({column, part, key});
  }
  size_t bytes() const;

 private:
  std::map<std::tuple<storage::Column, storage::Part, std::string>, std::string>
      chunks_;
};

class IndexFixture {
 public:
  // Traces of the generator of bench/, from `seed`.
  IndexFixture(int traces, uint64_t seed);
  // Traces of these documents; one line of documents each.
  explicit IndexFixture(const std::vector<std::vector<std::string>>& traces);
  // Of any records.
  explicit IndexFixture(const std::vector<storage::TraceRecords>& traces);

  const std::vector<storage::Trace>& traces() const { return traces_; }
  storage::IndexColumns& columns() { return columns_; }
  storage::ChunkColumns Packed() const {
    return {*chunks_, directory_, static_cast<uint32_t>(traces_.size()),
            size_t{1} << 30};
  }
  const MapChunks& chunks() const { return *chunks_; }
  const storage::IndexDirectory& directory() const { return directory_; }

 private:
  void Add(std::vector<std::string> documents);
  void Add(const storage::TraceRecords& records);
  void Pack();

  std::vector<storage::Trace> traces_;
  storage::IndexColumns columns_{storage::IndexColumns::Summaries::kTold};
  std::unique_ptr<MapChunks> chunks_;
  storage::IndexDirectory directory_;
};

}  // namespace roentgen::testing_support

#endif  // ROENTGEN_TESTS_STORAGE_INDEX_INDEX_FIXTURE_H_
