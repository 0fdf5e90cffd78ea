// How often each duration occurred, for counts and percentiles.
//
// Log-linear over whole milliseconds: exact below 2,048 ms, and eleven
// significant bits above, an error of at most 1 in 1,024. Sparse while small.
// Two of them add up without loss.
//
// Threads: plain data.
#ifndef ROENTGEN_STORAGE_MODEL_DURATION_HISTOGRAM_H_
#define ROENTGEN_STORAGE_MODEL_DURATION_HISTOGRAM_H_

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"

namespace roentgen::storage {

class DurationHistogram {
 public:
  // Negative durations count as zero; halves of a millisecond go up.
  void Add(absl::Duration duration, uint64_t count = 1);
  void Add(const DurationHistogram& other);
  // The same in two steps, for a duration that is added to many.
  static uint32_t BinOf(int64_t nanoseconds);
  void AddToBin(uint32_t bin, uint64_t count = 1) {
    if (bin < dense_.size()) {
      dense_[bin] += count;
    } else {
      AddSparse(bin, count);
    }
    count_ += count;
  }

  uint64_t count() const { return count_; }

  // The least recorded duration that `share` (0 to 1) of all do not exceed;
  // zero when there are none.
  absl::Duration Percentile(double share) const;

  size_t MemoryBytes() const {
    // A slot, and its byte of the table's own.
    return sizeof(*this) +
           bins_.capacity() * (sizeof(std::pair<uint32_t, uint64_t>) + 1) +
           dense_.capacity() * sizeof(uint64_t);
  }

 private:
  static uint32_t BinOfMs(uint64_t ms);
  static uint64_t LeastOf(uint32_t bin);
  void AddSparse(uint32_t bin, uint64_t count);

  absl::flat_hash_map<uint32_t, uint64_t> bins_;
  // The lowest bins, once there are many; they are not in `bins_` then.
  std::vector<uint64_t> dense_;
  uint64_t count_ = 0;
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_MODEL_DURATION_HISTOGRAM_H_
