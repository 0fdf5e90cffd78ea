// A store with segments of one day, written through the engine.
//
// Threads: see each class.
#ifndef ROENTGEN_BENCH_SEARCH_STORE_FILL_H_
#define ROENTGEN_BENCH_SEARCH_STORE_FILL_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/timestamp.h"
#include "storage/engine/trace_engine.h"
#include "storage/rocks/rocks_engine.h"

namespace roentgen::bench {

// The day that is filled: midnight to midnight UTC.
inline constexpr int64_t kDayBeginSeconds = 1'700'006'400;
inline constexpr int64_t kDaySeconds = 86'400;
inline constexpr Timestamp kDayBegin{kDayBeginSeconds * 1'000'000'000};
inline constexpr Timestamp kDayEnd{(kDayBeginSeconds + kDaySeconds) *
                                   1'000'000'000};

// Runs with the system's clock, but began just after the day.
// Threads: thread-safe.
class AfterDayClock final : public Clock {
 public:
  AfterDayClock() : ahead_(kDayEnd - SystemClock().Now() + absl::Minutes(1)) {}
  Timestamp Now() const override { return SystemClock().Now() + ahead_; }
  absl::Duration Elapsed() const override { return SystemClock().Elapsed(); }

 private:
  const absl::Duration ahead_;
};

// Records of generated documents, parsed. Threads: one.
class RecordMaker {
 public:
  explicit RecordMaker(uint64_t seed);
  ~RecordMaker();
  // Those of one trace that starts at `start_us`.
  void AddTrace(int64_t start_us, std::vector<storage::NewRecord>& records);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

// `clock` outlives the engine.
absl::StatusOr<std::unique_ptr<storage::RocksEngine>> OpenStore(
    const std::string& dir, const Clock& clock);

// Writes `records`, again and again while the engine pushes back.
absl::Status WritePatiently(storage::TraceEngine& engine,
                            const std::vector<storage::NewRecord>& records);

// Fills the day, or `days` up to its end, evenly with about `segments`, seals
// them and prints what it cost.
absl::Status FillStore(const std::string& dir, uint64_t segments, int days);

}  // namespace roentgen::bench

#endif  // ROENTGEN_BENCH_SEARCH_STORE_FILL_H_
