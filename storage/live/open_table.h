// The newest traces, in memory: all that is acknowledged and not sealed.
//
// A trace lives here or in one sealed place, never in both. Records keep
// their compressed request block alive; what searches need is kept unpacked.
//
// Threads: thread-compatible; the engine guards it with one shared lock.
#ifndef ROENTGEN_STORAGE_LIVE_OPEN_TABLE_H_
#define ROENTGEN_STORAGE_LIVE_OPEN_TABLE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/node_hash_map.h"
#include "absl/status/statusor.h"
#include "base/limits.h"
#include "base/timestamp.h"
#include "storage/live/sealed_batch.h"
#include "storage/record/context_table.h"
#include "trace/model/ids.h"
#include "trace/model/record.h"

namespace roentgen::storage {

struct OpenRecord {
  RecordSequence sequence;
  Timestamp received;
  // The record block (record_block.h) that holds the document, and its place.
  std::shared_ptr<const std::string> block;
  uint32_t index = 0;
  // False for records of a reopened trace, which are sealed elsewhere.
  bool in_log = true;
  uint32_t document_bytes = 0;
  EntityId own_id;  // The document's own entity.
};

class BlockReader;

// Records of an open trace that stay where they are sealed: they are before all
// others of it.
//
// Threads: thread-safe.
class EarlierRecords {
 public:
  virtual ~EarlierRecords() = default;

  virtual const std::vector<Piece>& pieces() const = 0;
  // All records, to be assembled by `reader`, which has their blocks then;
  // without what only packing them needs. Errors: DataLoss when they do not
  // read.
  virtual absl::StatusOr<std::vector<OpenRecord>> Read(
      BlockReader& reader) const = 0;

  size_t records() const {
    size_t records = 0;
    for (const Piece& piece : pieces()) records += piece.records;
    return records;
  }
};

// The records of an open trace.
struct OpenPart {
  std::vector<OpenRecord> records;  // By ascending sequence.
  // Null: those are all.
  std::shared_ptr<const EarlierRecords> earlier = nullptr;
};

struct OpenTrace : OpenPart {
  // Where its older records are sealed; they are superseded by its next seal.
  bool was_sealed = false;
  // Of its documents, and of their contexts, equal ones once.
  size_t bytes = 0;
  ContextHashes contexts;
  // Arrival of the first record since it was opened or reopened.
  std::optional<Timestamp> opened;
  // To be told by the next TakeChanges.
  bool changed = false;
  // Some TakeChanges told of it.
  bool told = false;
  // Arrival of the newest record.
  Timestamp last_received;

  // With those that stay where they are.
  size_t TotalRecords() const {
    return records.size() + (earlier == nullptr ? 0 : earlier->records());
  }
  // Takes no more records.
  bool IsFull() const {
    return TotalRecords() >= limits::kTraceRecordsMax ||
           bytes >= limits::kTraceBytesMax;
  }
};

// A sealed trace's records as open ones; or where they stay, and their bytes.
struct ReopenedTrace {
  std::vector<OpenRecord> records;
  std::vector<ContextPrint> contexts;  // Each distinct one.
  std::shared_ptr<const EarlierRecords> earlier = nullptr;
  size_t earlier_bytes = 0;
  std::vector<uint64_t> earlier_contexts;  // Those that are counted there.
};

// What changed since an index of the table was brought up to date.
struct OpenChanges {
  // Traces that are new or have new records: all their records.
  std::vector<std::pair<TraceId, OpenPart>> changed;
  // Traces that are open no more.
  std::vector<TraceId> gone;
};

class OpenTable {
 public:
  // Nodes: when the table grows it moves pointers, and what is free of it is
  // small.
  using Traces = absl::node_hash_map<TraceId, OpenTrace>;

  const OpenTrace* Find(const TraceId& id) const;
  const Traces& traces() const { return traces_; }

  // Adds a record to its trace, which is made when it is not open; the trace,
  // until something else is added or taken.
  const OpenTrace& Append(const TraceId& id, OpenRecord record,
                          const ContextPrint& context = {});

  // Opens a trace with the records of its sealed place.
  void Reopen(const TraceId& id, ReopenedTrace reopened);

  void Erase(const TraceId& id);

  // All changes since the last call.
  OpenChanges TakeChanges();

  // The oldest commit that some open record is of; nothing when none is open.
  // Records of reopened traces that are sealed elsewhere do not count.
  std::optional<uint64_t> OldestCommit() const;

  size_t records() const { return records_; }
  // Memory that the open traces keep, about.
  size_t bytes() const { return bytes_; }
  // Of records that were sealed before, unpacked.
  size_t reopened_bytes() const { return reopened_bytes_; }

 private:
  static void CountContext(const ContextPrint& context, OpenTrace& trace);
  // A block counts once, however many open records are in it.
  void CountBlock(const std::shared_ptr<const std::string>& block, int change);
  void CountCommit(uint64_t commit, int change);
  // The open trace of that id, made when there is none.
  OpenTrace& Opened(const TraceId& id);
  void Add(OpenTrace& trace, OpenRecord record);
  void MarkChanged(const TraceId& id, OpenTrace& trace);

  Traces traces_;
  // What TakeChanges has to tell; also traces that are open no more.
  std::vector<TraceId> changed_;
  std::vector<TraceId> gone_;
  // Open records per commit that is in the log, and per block. Records that are
  // counted one after the other are mostly of one commit and one block, whose
  // counts are at hand; null when they are not known.
  std::map<uint64_t, size_t> commits_;
  absl::node_hash_map<const std::string*, size_t> blocks_;
  std::pair<uint64_t, size_t*> last_commit_{0, nullptr};
  std::pair<const std::string*, size_t*> last_block_{nullptr, nullptr};
  size_t records_ = 0;
  size_t bytes_ = 0;
  size_t reopened_bytes_ = 0;
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_LIVE_OPEN_TABLE_H_
