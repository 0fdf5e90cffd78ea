// Whether two indexes of the same traces say the same of each.
//
// Threads: pure but for the sources.
#ifndef ROENTGEN_STORAGE_ROCKS_COLUMN_COMPARE_H_
#define ROENTGEN_STORAGE_ROCKS_COLUMN_COMPARE_H_

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/index/chunk_columns.h"
#include "storage/index/index_format.h"

namespace roentgen::storage {

// An index that lies in chunks. All outlive this object.
struct ChunkedIndex {
  const ChunkReader& chunks;
  const IndexDirectory& directory;
  uint32_t traces = 0;
};

// "column 50 (key)".
std::string NameOfColumn(Column column, const std::string& key);

// Rows of the two that are of the same trace.
using RowPairs = std::vector<std::pair<uint32_t, uint32_t>>;

// By place in `rows`: names of the columns that differ there. Left aside is
// what depends on what was stored when the first was made: links, and groups.
// Columns that do not read are told to `damaged`, and left aside.
std::map<size_t, std::vector<std::string>> CompareColumns(
    const ChunkedIndex& stored, const ChunkedIndex& rebuilt,
    const RowPairs& rows,
    absl::FunctionRef<void(const std::string& column, const absl::Status&)>
        damaged);

// Calls `damaged` with each column of the index that does not read.
void ReadColumns(
    const ChunkedIndex& index,
    absl::FunctionRef<void(const std::string& column, const absl::Status&)>
        damaged);

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_ROCKS_COLUMN_COMPARE_H_
