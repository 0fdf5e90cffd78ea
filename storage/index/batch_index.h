// Index columns -> the chunks of a sealed batch.
//
// Threads: pure.
#ifndef ROENTGEN_STORAGE_INDEX_BATCH_INDEX_H_
#define ROENTGEN_STORAGE_INDEX_BATCH_INDEX_H_

#include <vector>

#include "storage/index/index_columns.h"
#include "storage/index/index_format.h"

namespace roentgen::storage {

// All chunks, the directory among them. The traces were added in order of
// their ids.
std::vector<IndexChunk> PackColumns(const IndexColumns& columns);

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_INDEX_BATCH_INDEX_H_
