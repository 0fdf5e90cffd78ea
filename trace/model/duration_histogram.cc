#include "trace/model/duration_histogram.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <vector>

namespace roentgen::storage {
namespace {

constexpr int kExactBits = 11;
constexpr uint64_t kExactBelow = uint64_t{1} << kExactBits;
constexpr uint64_t kBinsPerOctave = kExactBelow / 2;
// More bins than this, and the exact ones are kept in an array.
constexpr size_t kSparseBinsMax = 192;

}  // namespace

// Bins 0 to 2,047 are milliseconds; after them each doubling of the value
// has 1,024 bins.
uint32_t DurationHistogram::BinOfMs(uint64_t ms) {
  if (ms < kExactBelow) return static_cast<uint32_t>(ms);
  const int octave = std::bit_width(ms) - kExactBits;
  const uint64_t top = ms >> octave;  // 1,024 to 2,047.
  return static_cast<uint32_t>(static_cast<uint64_t>(octave) * kBinsPerOctave +
                               top);
}

int64_t DurationHistogram::LeastMsOf(uint32_t bin) {
  if (bin < kExactBelow) return bin;
  const uint64_t octave = bin / kBinsPerOctave - 1;
  return static_cast<int64_t>((bin - octave * kBinsPerOctave) << octave);
}

uint32_t DurationHistogram::BinOf(int64_t nanoseconds) {
  constexpr uint64_t kMs = 1'000'000;
  const auto ns = static_cast<uint64_t>(std::max<int64_t>(nanoseconds, 0));
  return BinOfMs((ns + kMs / 2) / kMs);
}

void DurationHistogram::Add(absl::Duration duration, int64_t count) {
  const int64_t ms = absl::ToInt64Milliseconds(
      std::max(duration, absl::ZeroDuration()) + absl::Microseconds(500));
  AddToBin(BinOfMs(static_cast<uint64_t>(ms)), count);
}

void DurationHistogram::AddSparse(uint32_t bin, int64_t count) {
  int64_t& own = bins_[bin];
  own = WrappingSum(own, count);
  if (!dense_.empty() || bins_.size() <= kSparseBinsMax) return;
  dense_.resize(kExactBelow);
  absl::flat_hash_map<uint32_t, int64_t> rest;
  for (const auto& [old, n] : bins_)
    (old < kExactBelow ? dense_[old] : rest[old]) = n;
  bins_ = std::move(rest);
}

void DurationHistogram::Add(const DurationHistogram& other, int64_t sign) {
  for (const auto& [bin, count] : other.bins_) {
    AddToBin(bin, WrappingProduct(sign, count));
  }
  for (uint32_t bin = 0; bin < other.dense_.size(); ++bin) {
    if (other.dense_[bin] == 0) continue;
    AddToBin(bin, WrappingProduct(sign, other.dense_[bin]));
  }
}

absl::Duration DurationHistogram::Percentile(double share) const {
  if (count_ <= 0) return absl::ZeroDuration();
  const double wanted = std::ceil(share * static_cast<double>(count_));
  int64_t seen = 0;
  int64_t found_ms = 0;
  bool found = false;
  ForEach([&](uint32_t bin, int64_t count) {
    if (found) return;
    seen = WrappingSum(seen, count);
    found_ms = LeastMsOf(bin);
    found = static_cast<double>(seen) >= wanted;
  });
  return absl::Milliseconds(found_ms);
}

bool DurationHistogram::empty() const {
  const auto is_zero = [](const auto& bin) { return bin.second == 0; };
  return std::all_of(bins_.begin(), bins_.end(), is_zero) &&
         std::all_of(dense_.begin(), dense_.end(),
                     [](int64_t count) { return count == 0; });
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
