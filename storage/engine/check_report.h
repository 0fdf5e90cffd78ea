// What a check of a whole store found.
//
// Threads: plain data.
#ifndef ROENTGEN_STORAGE_ENGINE_CHECK_REPORT_H_
#define ROENTGEN_STORAGE_ENGINE_CHECK_REPORT_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/call.h"
#include "storage/engine/trace_engine.h"
#include "trace/model/ids.h"

namespace roentgen::storage {

// What is not as it should be.
enum class FindingKind {
  kStore,       // It does not open, or keys do not read.
  kMarks,       // Numbers would be used again.
  kLog,         // A commit is missing, damaged, or out of order.
  kHead,        // Of a batch: it is damaged, or does not fit the batch.
  kLocator,     // A trace is not found, or elsewhere than it is.
  kDeadMark,    // A row counts that must not, or the reverse.
  kBlock,       // Records, or what they share, are missing or damaged.
  kRecord,      // A record does not read, or is out of order.
  kColumn,      // The index is damaged, or says other than the records do.
  kOperations,  // The names of operations lack some.
  kRollUp,      // The service map's figures are not those of the traces.
};
std::string_view NameOf(FindingKind kind);

struct Finding {
  FindingKind kind = FindingKind::kStore;
  std::optional<uint32_t> bucket = {};
  std::optional<uint32_t> batch = {};
  std::optional<TraceId> trace = {};
  std::string text;  // With the file, where the disk says which.
};

struct CheckReport {
  // The first ones, as far as CheckOptions::findings_max goes.
  std::vector<Finding> findings;
  std::map<FindingKind, uint64_t> counts;  // Of all.
  // What was looked at; of traces and records those that count.
  uint64_t buckets = 0;
  uint64_t batches = 0;
  uint64_t traces = 0;
  uint64_t records = 0;
  uint64_t roll_ups = 0;
  uint64_t commits = 0;
  // Things that could not be compared, and why; no findings.
  std::vector<std::string> notes;

  uint64_t found() const {
    uint64_t all = 0;
    for (const auto& [kind, count] : counts) all += count;
    return all;
  }
};

struct CheckOptions {
  size_t findings_max = 100;
  // After each batch; an error ends the check. May be empty.
  std::function<absl::Status(const CheckReport&)> progress;
};

// A store whose files can be looked at while it goes on: what an engine is
// besides.
class CheckedStore {
 public:
  virtual ~CheckedStore() = default;

  // The files of an engine; null: it has none.
  static CheckedStore* Of(TraceEngine& engine) {
    return dynamic_cast<CheckedStore*>(&engine);
  }

  // Errors: those of the call and of `options.progress`; Unavailable when the
  // disk does not read, or the store is closed or has to be opened again, which
  // waits for this. Thread-safe.
  virtual absl::StatusOr<CheckReport> Check(const CheckOptions& options,
                                            const Call& call) = 0;
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_ENGINE_CHECK_REPORT_H_
