// How many traces a search passes on its way (FindResult::passed), out of what
// the search looks at anyway.
//
// A batch that lies in the range counts by what is known of it without reading.
// Only those with the time of a found trace in their midst are looked at trace
// by trace, and few of them for this alone: of most the search has just read
// the times.
//
// Threads: one thread per search.
#ifndef ROENTGEN_STORAGE_ROCKS_PASSED_TRACES_H_
#define ROENTGEN_STORAGE_ROCKS_PASSED_TRACES_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/call.h"
#include "base/timestamp.h"
#include "storage/index/column_source.h"
#include "storage/rocks/engine_state.h"
#include "storage/rocks/index_scan.h"

namespace roentgen::storage {

class PassedTraces {
 public:
  // `request` counts. All outlive this object.
  PassedTraces(const FindRequest& request, const Call& call);

  // A segment of open traces.
  absl::Status AddOpen(OpenIndex::Segment& segment, Timestamp cutoff);
  // A batch that was looked at; `read`: up to its times.
  absl::Status AddScanned(const std::shared_ptr<const SealedBatch>& batch,
                          const BatchOutline& outline, const IndexScan& scan,
                          ColumnSource& columns, bool read);
  // A batch that the search does not want: by time, because what it found lies
  // before it.
  absl::Status AddSkipped(const std::shared_ptr<const SealedBatch>& batch,
                          const BatchOutline& outline, const IndexScan& scan);

  // After the scan. `result` has all but its `passed` members.
  absl::Status Finish(const IndexScan& scan, FindResult& result);

 private:
  using Keys = std::vector<int64_t>;
  // Traces that count.
  struct Part {
    std::shared_ptr<const SealedBatch> batch;  // Null: open ones.
    int64_t least = std::numeric_limits<int64_t>::max();
    int64_t greatest = std::numeric_limits<int64_t>::min();
    uint64_t traces = 0;
    std::optional<Keys> keys;  // Each one's time, if kept.
  };
  class Slots;

  // All of the batch's living traces count; none of them does.
  bool LiesInRange(const BatchOutline& outline) const;
  bool LiesOutside(const BatchOutline& outline) const;
  absl::StatusOr<Keys> KeysOf(ColumnSource& source, TraceBitmap rows,
                              std::optional<Timestamp> cutoff) const;
  absl::StatusOr<Keys> KeysOf(ColumnSource& source, const SealedBatch& batch,
                              const IndexScan& scan) const;
  // Reads the batch for them.
  absl::StatusOr<Keys> ReadKeys(const SealedBatch& batch,
                                const IndexScan& scan);
  void AddWhole(const std::shared_ptr<const SealedBatch>& batch,
                const BatchOutline& outline);
  void Add(std::shared_ptr<const SealedBatch> batch, Keys keys);

  const FindRequest& request_;
  const Call& call_;
  const bool by_time_;
  const int64_t before_;  // Times from here on were counted by earlier pages.
  std::vector<Part> parts_;
  size_t kept_ = 0;  // Times of sealed traces in `parts_`.
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_ROCKS_PASSED_TRACES_H_
