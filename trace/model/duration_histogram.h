// How often each duration occurred, for counts and percentiles.
//
// Log-linear over whole milliseconds. Error: halves of a millisecond are
// rounded up; then values below 2,048 ms are exact, and larger ones keep their
// eleven highest bits, which makes them smaller by at most 1 in 1,024.
//
// Counts are signed, so that what was added can be taken away again. Two
// histograms add up without loss; sums wrap around. Sparse while small.
//
// Threads: plain data.
#ifndef ROENTGEN_TRACE_MODEL_DURATION_HISTOGRAM_H_
#define ROENTGEN_TRACE_MODEL_DURATION_HISTOGRAM_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "base/wrapping.h"

namespace roentgen::storage {

class DurationHistogram {
 public:
  // Bins are numbered 0 to kBins - 1, by ascending values.
  static constexpr uint32_t kBins = 55'296;

  // Negative durations count as zero; halves of a millisecond go up.
  void Add(absl::Duration duration, int64_t count = 1);
  // `sign` -1 takes away what was added.
  void Add(const DurationHistogram& other, int64_t sign = 1);
  // The same in two steps, for a duration that is added to many.
  static uint32_t BinOf(int64_t nanoseconds);
  void AddToBin(uint32_t bin, int64_t count = 1) {
    if (bin < dense_.size()) {
      dense_[bin] = WrappingSum(dense_[bin], count);
    } else {
      AddSparse(bin, count);
    }
    count_ = WrappingSum(count_, count);
  }

  int64_t count() const { return count_; }
  // The least value of a bin, in ms.
  static int64_t LeastMsOf(uint32_t bin);

  // fn(bin, count) by ascending bin; bins that count nothing are left out.
  template <typename Fn>
  void ForEach(Fn fn) const {
    if (!dense_.empty()) {
      for (uint32_t bin = 0; bin < dense_.size(); ++bin) {
        if (dense_[bin] != 0) fn(bin, dense_[bin]);
      }
    }
    if (bins_.empty()) return;
    std::vector<std::pair<uint32_t, int64_t>> sorted(bins_.begin(),
                                                     bins_.end());
    std::sort(sorted.begin(), sorted.end());
    for (const auto& [bin, count] : sorted) {
      if (count != 0) fn(bin, count);
    }
  }

  // The least recorded duration that `share` (0 to 1) of all do not exceed;
  // zero when there are none. For histograms of a whole: no negative counts.
  absl::Duration Percentile(double share) const;

  // Whether no bin counts anything.
  bool empty() const;

  // By what they count, however it is kept.
  friend bool operator==(const DurationHistogram& a,
                         const DurationHistogram& b);

  size_t MemoryBytes() const {
    // A slot, and its byte of the table's own.
    return sizeof(*this) +
           bins_.capacity() * (sizeof(std::pair<uint32_t, int64_t>) + 1) +
           dense_.capacity() * sizeof(int64_t);
  }

 private:
  static uint32_t BinOfMs(uint64_t ms);
  void AddSparse(uint32_t bin, int64_t count);

  absl::flat_hash_map<uint32_t, int64_t> bins_;
  // The lowest bins, once there are many; they are not in `bins_` then.
  std::vector<int64_t> dense_;
  int64_t count_ = 0;
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_TRACE_MODEL_DURATION_HISTOGRAM_H_
