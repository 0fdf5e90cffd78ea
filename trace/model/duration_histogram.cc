#include "trace/model/duration_histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <utility>
#include <vector>

namespace roentgen::storage {
namespace {

constexpr int kExactBits = 11;
constexpr uint64_t kExactBelow = uint64_t{1} << kExactBits;
// An octave with so many bins takes less as an array.
constexpr size_t kDenseBinsMin = 256;

}  // namespace

// Bins 0 to 2,047 are microseconds; after them each doubling of the value
// has 1,024 bins.
uint32_t DurationHistogram::BinOfUs(uint64_t us) {
  if (us < kExactBelow) return static_cast<uint32_t>(us);
  const int octave = std::bit_width(us) - kExactBits;
  const uint64_t top = us >> octave;  // 1,024 to 2,047.
  return static_cast<uint32_t>(static_cast<uint64_t>(octave) * kBinsPerOctave +
                               top);
}

uint64_t DurationHistogram::LeastOf(uint32_t bin) {
  if (bin < kExactBelow) return bin;
  const uint64_t octave = bin / kBinsPerOctave - 1;
  return (bin - octave * kBinsPerOctave) << octave;
}

int64_t DurationHistogram::MicrosecondsOf(uint32_t bin) {
  const uint64_t least = LeastOf(bin);
  if (bin < kExactBelow) return static_cast<int64_t>(least);
  const uint64_t end = LeastOf(bin + 1);
  uint64_t found = least;
  for (uint64_t unit = 10; unit <= least; unit *= 10) {
    const uint64_t next = (least + unit - 1) / unit * unit;
    if (next >= end) break;
    found = next;
  }
  return static_cast<int64_t>(found);
}

uint32_t DurationHistogram::BinOf(int64_t nanoseconds) {
  constexpr uint64_t kUs = 1'000;
  const auto ns = static_cast<uint64_t>(std::max<int64_t>(nanoseconds, 0));
  return BinOfUs((ns + kUs / 2) / kUs);
}

void DurationHistogram::Add(absl::Duration duration, int64_t count) {
  const int64_t us = absl::ToInt64Microseconds(
      std::max(duration, absl::ZeroDuration()) + absl::Nanoseconds(500));
  AddToBin(BinOfUs(static_cast<uint64_t>(us)), count);
}

void DurationHistogram::AddSparse(uint32_t bin, int64_t count) {
  int64_t& own = bins_[bin];
  own = WrappingSum(own, count);
  if (bins_.size() > sparse_max_) MakeDense();
}

void DurationHistogram::MakeDense() {
  std::vector<size_t> counts(kBins / kBinsPerOctave);
  for (const auto& [bin, n] : bins_) ++counts[bin / kBinsPerOctave];
  const auto is_dense = [&](uint32_t bin) {
    return counts[bin / kBinsPerOctave] >= kDenseBinsMin;
  };
  absl::flat_hash_map<uint32_t, int64_t> rest;
  for (const auto& [bin, n] : bins_) {
    const uint32_t octave = bin / kBinsPerOctave;
    if (!is_dense(bin)) {
      rest[bin] = n;
      continue;
    }
    if (octave >= dense_.size()) dense_.resize(octave + 1);
    dense_[octave].resize(kBinsPerOctave);
    dense_[octave][bin % kBinsPerOctave] = n;
  }
  bins_ = std::move(rest);
  // Looked through again once there are twice as many.
  sparse_max_ = std::max(kSparseBinsMax, 2 * bins_.size());
}

void DurationHistogram::Add(const DurationHistogram& other, int64_t sign) {
  for (const auto& [bin, count] : other.bins_) {
    AddToBin(bin, WrappingProduct(sign, count));
  }
  for (uint32_t octave = 0; octave < other.dense_.size(); ++octave) {
    const std::vector<int64_t>& counts = other.dense_[octave];
    for (uint32_t i = 0; i < counts.size(); ++i) {
      if (counts[i] == 0) continue;
      AddToBin(octave * kBinsPerOctave + i, WrappingProduct(sign, counts[i]));
    }
  }
}

absl::Duration DurationHistogram::Percentile(double share) const {
  if (count_ <= 0) return absl::ZeroDuration();
  const double wanted = std::ceil(share * static_cast<double>(count_));
  int64_t seen = 0;
  int64_t found_us = 0;
  bool found = false;
  ForEach([&](uint32_t bin, int64_t count) {
    if (found) return;
    seen = WrappingSum(seen, count);
    found_us = MicrosecondsOf(bin);
    found = static_cast<double>(seen) >= wanted;
  });
  return absl::Microseconds(found_us);
}

bool DurationHistogram::empty() const {
  bool counts = false;
  ForEach([&](uint32_t, int64_t) { counts = true; });
  return !counts;
}

bool operator==(const DurationHistogram& a, const DurationHistogram& b) {
  if (a.count_ != b.count_) return false;
  using Bins = std::vector<std::pair<uint32_t, int64_t>>;
  const auto bins_of = [](const DurationHistogram& histogram) {
    Bins bins;
    histogram.ForEach(
        [&](uint32_t bin, int64_t count) { bins.emplace_back(bin, count); });
    return bins;
  };
  return bins_of(a) == bins_of(b);
}

}  // namespace roentgen::storage
