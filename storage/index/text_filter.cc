#include "storage/index/text_filter.h"

#include <algorithm>

#include "xxhash.h"

namespace roentgen::storage {
namespace {

constexpr size_t kBitsPerText = 12;
constexpr int kProbes = 6;

size_t ProbeBit(uint64_t hash, int probe, size_t bits) {
  const uint64_t step = (hash >> 32) | 1;
  return (hash + static_cast<uint64_t>(probe) * step) % bits;
}

}  // namespace

std::string MakeTextFilter(const std::vector<std::string_view>& texts) {
  const size_t bits = std::max<size_t>(64, texts.size() * kBitsPerText);
  std::string filter((bits + 7) / 8, '\0');
  for (std::string_view text : texts) {
    const uint64_t hash = XXH3_64bits(text.data(), text.size());
    for (int probe = 0; probe < kProbes; ++probe) {
      const size_t bit = ProbeBit(hash, probe, filter.size() * 8);
      filter[bit / 8] = static_cast<char>(filter[bit / 8] | 1 << (bit % 8));
    }
  }
  return filter;
}

bool MayContain(std::string_view filter, std::string_view text) {
  if (filter.empty()) return true;
  const uint64_t hash = XXH3_64bits(text.data(), text.size());
  for (int probe = 0; probe < kProbes; ++probe) {
    const size_t bit = ProbeBit(hash, probe, filter.size() * 8);
    if ((filter[bit / 8] >> (bit % 8) & 1) == 0) return false;
  }
  return true;
}

uint32_t PrintOf(std::string_view text) {
  return static_cast<uint32_t>(XXH3_64bits(text.data(), text.size()));
}

}  // namespace roentgen::storage
