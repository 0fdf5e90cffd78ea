// Open traces -> the blocks, locators, columns and groups of a sealed batch.
//
// Threads: one thread per builder; nothing is written here.
#ifndef ROENTGEN_STORAGE_ROCKS_BATCH_BUILDER_H_
#define ROENTGEN_STORAGE_ROCKS_BATCH_BUILDER_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/assembly/message_links.h"
#include "storage/assembly/trace.h"
#include "storage/engine/trace_engine.h"
#include "storage/index/group_rows.h"
#include "storage/index/index_columns.h"
#include "storage/index/index_format.h"
#include "storage/record/context_table.h"
#include "storage/record/record_block.h"
#include "storage/rocks/key_layout.h"
#include "storage/rocks/open_table.h"

namespace roentgen::storage {

// Restores documents of open records; parses each block once.
class BlockReader {
 public:
  absl::StatusOr<StoredRecord> Read(const OpenRecord& record);

 private:
  absl::flat_hash_map<const std::string*, std::unique_ptr<RecordBlock>> blocks_;
  ContextTableBuilder contexts_;
};

// A sealed trace's records as open ones again, in a block of their own.
absl::StatusOr<std::vector<OpenRecord>> ToOpenRecords(
    const TraceId& id, const std::vector<StoredRecord>& records);

struct TraceToSeal {
  TraceId id;
  std::vector<OpenRecord> records;
};

struct BuiltBatch {
  BatchHead head;  // `through_commit` is the caller's to set.
  std::vector<std::string> blocks;
  std::string contexts;  // What the blocks share, packed; empty for none.
  std::vector<Locator> locators;  // One per trace; `batch` is not set.
  // What the chunks were packed of, and the groups that are in it.
  IndexColumns columns;
  std::vector<GroupRows> groups;
  std::vector<IndexChunk> chunks;
};

// Edges to a trace from the senders of its messages.
struct ResolvedLinks {
  std::vector<LinkEdge> edges;
  bool missing = false;  // Some sender is not stored.
};
using ResolveLinks = std::function<ResolvedLinks(const Trace&)>;

// `traces` in order of arrival, best; `groups` decide what they belong to.
// Errors: DataLoss when a record does not decode.
absl::StatusOr<BuiltBatch> BuildBatch(const std::vector<TraceToSeal>& traces,
                                      const std::vector<GroupTest>& groups,
                                      const ResolveLinks& resolve_links);

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_ROCKS_BATCH_BUILDER_H_
