#include "base/seeded_hash.h"

#include <array>
#include <cstdint>
#include <random>

// Texts are short: a call of the library costs as much as the hash.
#define XXH_INLINE_ALL
#include "xxhash.h"

namespace roentgen {
namespace {

using Secret = std::array<uint32_t, XXH3_SECRET_SIZE_MIN / sizeof(uint32_t)>;

Secret MakeSecret() {
  std::random_device random;
  Secret secret;
  for (uint32_t& word : secret) word = random();
  return secret;
}

const Secret& ProcessSecret() {
  static const Secret secret = MakeSecret();
  return secret;
}

}  // namespace

size_t SeededHash::operator()(std::string_view text) const {
  return XXH3_64bits_withSecret(text.data(), text.size(),
                                ProcessSecret().data(), sizeof(Secret));
}

}  // namespace roentgen
