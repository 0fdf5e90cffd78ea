#include "base/content_hash.h"

// For the state of a hash whose bytes come in parts.
#define XXH_STATIC_LINKING_ONLY
#include <xxhash.h>

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/string_view.h"
#include "base/hex_digit.h"

namespace roentgen {

struct ContentHash::State {
  XXH3_state_t xxh3;
};

ContentHash::ContentHash() : state_(std::make_unique<State>()) {
  XXH3_128bits_reset(&state_->xxh3);
}
ContentHash::~ContentHash() = default;
ContentHash::ContentHash(ContentHash&&) noexcept = default;
ContentHash& ContentHash::operator=(ContentHash&&) noexcept = default;

void ContentHash::Add(std::string_view bytes) {
  XXH3_128bits_update(&state_->xxh3, bytes.data(), bytes.size());
}

std::string ContentHash::Hex() const {
  XXH128_canonical_t bytes;
  XXH128_canonicalFromHash(&bytes, XXH3_128bits_digest(&state_->xxh3));
  return absl::BytesToHexString(absl::string_view(
      reinterpret_cast<const char*>(bytes.digest), sizeof(bytes.digest)));
}

std::string ContentHash::HexOf(std::string_view bytes) {
  ContentHash hash;
  hash.Add(bytes);
  return hash.Hex();
}

bool IsContentHash(std::string_view text) {
  return text.size() == ContentHash::kHexDigits &&
         std::all_of(text.begin(), text.end(), IsLowerHexDigit);
}

}  // namespace roentgen
