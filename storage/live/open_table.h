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

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/container/node_hash_map.h"
#include "base/limits.h"
#include "storage/engine/trace_engine.h"
#include "storage/record/context_table.h"
#include "trace/assembly/record_resolution.h"
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
  RecordFacts facts;
};

// The times of a trace as its records come in.
class TimesTracker {
 public:
  // `record` comes after all `earlier` ones.
  void Add(const OpenRecord& record, const std::vector<OpenRecord>& earlier);
  // `records` are all that were added.
  TraceTimes Get(const std::vector<OpenRecord>& records) const;

 private:
  bool SeenBefore(const RecordFacts& facts,
                  const std::vector<OpenRecord>& earlier);

  // Valid unless `stale_`.
  TraceTimes times_;
  bool empty_ = true;
  bool stale_ = false;
  // Two versions of an entity met: only resolving the whole trace tells.
  bool ambiguous_ = false;
  uint64_t last_commit_ = 0;
  // All entity ids, once there are too many to look through.
  absl::flat_hash_set<EntityId> ids_;
  size_t entities_ = 0;
};

struct OpenTrace {
  std::vector<OpenRecord> records;  // By ascending sequence.
  TimesTracker times;
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

  // Takes no more records.
  bool IsFull() const {
    return records.size() >= limits::kTraceRecordsMax ||
           bytes >= limits::kTraceBytesMax;
  }
};

// A sealed trace's records as open ones.
struct ReopenedTrace {
  std::vector<OpenRecord> records;
  std::vector<ContextPrint> contexts;  // Each distinct one.
};

// What changed since an index of the table was brought up to date.
struct OpenChanges {
  // Traces that are new or have new records: where those are. `facts` of the
  // records are left out.
  std::vector<std::pair<TraceId, std::vector<OpenRecord>>> changed;
  // Traces that are open no more.
  std::vector<TraceId> gone;
};

class OpenTable {
 public:
  using Traces = absl::flat_hash_map<TraceId, OpenTrace>;

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
  // Memory that the open records keep, about.
  size_t bytes() const { return bytes_; }

 private:
  static size_t BytesOf(const OpenRecord& record);
  static void CountContext(const ContextPrint& context, OpenTrace& trace);
  // A block counts once, however many open records are in it.
  void CountBlock(const std::shared_ptr<const std::string>& block, int change);
  void CountCommit(uint64_t commit, int change);
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
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_LIVE_OPEN_TABLE_H_
