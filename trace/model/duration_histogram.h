// How often each duration occurred, for counts and percentiles.
//
// Log-linear over whole microseconds. Error: halves of a microsecond are
// rounded up; then values below 2,048 us are exact, and larger ones keep their
// eleven highest bits: they are off by less than 1 in 1,024. A bin is read as
// the roundest number in it, so that whole milliseconds below 1,024 ms, and
// round numbers above, are read as they were written.
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

  // Negative durations count as zero; halves of a microsecond go up.
  void Add(absl::Duration duration, int64_t count = 1);
  // `sign` -1 takes away what was added.
  void Add(const DurationHistogram& other, int64_t sign = 1);
  // The same in two steps, for a duration that is added to many.
  static uint32_t BinOf(int64_t nanoseconds);
  void AddToBin(uint32_t bin, int64_t count = 1) {
    const uint32_t octave = bin / kBinsPerOctave;
    if (octave < dense_.size() && !dense_[octave].empty()) {
      int64_t& own = dense_[octave][bin % kBinsPerOctave];
      own = WrappingSum(own, count);
    } else {
      AddSparse(bin, count);
    }
    count_ = WrappingSum(count_, count);
  }

  int64_t count() const { return count_; }
  // What a bin is read as: of its values, in microseconds, the one that the
  // greatest power of ten divides. Ascending.
  static int64_t MicrosecondsOf(uint32_t bin);

  // fn(bin, count) by ascending bin; bins that count nothing are left out.
  template <typename Fn>
  void ForEach(Fn fn) const {
    std::vector<std::pair<uint32_t, int64_t>> sorted(bins_.begin(),
                                                     bins_.end());
    std::sort(sorted.begin(), sorted.end());
    auto sparse = sorted.begin();
    const auto visit_sparse = [&](uint32_t end) {
      for (; sparse != sorted.end() && sparse->first < end; ++sparse) {
        if (sparse->second != 0) fn(sparse->first, sparse->second);
      }
    };
    for (uint32_t octave = 0; octave < dense_.size(); ++octave) {
      const uint32_t first = octave * kBinsPerOctave;
      visit_sparse(first);
      for (uint32_t i = 0; i < dense_[octave].size(); ++i) {
        if (dense_[octave][i] != 0) fn(first + i, dense_[octave][i]);
      }
    }
    visit_sparse(kBins);
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
    size_t bytes =
        sizeof(*this) +
        // A slot, and its byte of the table's own.
        bins_.capacity() * (sizeof(std::pair<uint32_t, int64_t>) + 1) +
        dense_.capacity() * sizeof(dense_[0]);
    for (const auto& octave : dense_) {
      bytes += octave.capacity() * sizeof(int64_t);
    }
    return bytes;
  }

 private:
  static constexpr uint32_t kBinsPerOctave = 1'024;
  // So many bins are looked through for octaves that have many of them.
  static constexpr size_t kSparseBinsMax = 192;

  static uint32_t BinOfUs(uint64_t us);
  static uint64_t LeastOf(uint32_t bin);
  void AddSparse(uint32_t bin, int64_t count);
  void MakeDense();

  absl::flat_hash_map<uint32_t, int64_t> bins_;
  // Of octaves of which many bins count: all their bins, which are not in
  // `bins_` then. Of others nothing.
  std::vector<std::vector<int64_t>> dense_;
  size_t sparse_max_ = kSparseBinsMax;
  int64_t count_ = 0;
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_TRACE_MODEL_DURATION_HISTOGRAM_H_
