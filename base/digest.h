// SHA-256 and what is built on it.
//
//   Hex(Sha256("")) == "e3b0c44298fc1c14..."
//
// Threads: pure.
#ifndef ROENTGEN_BASE_DIGEST_H_
#define ROENTGEN_BASE_DIGEST_H_

#include <array>
#include <string>
#include <string_view>

namespace roentgen {

using Digest = std::array<unsigned char, 32>;

Digest Sha256(std::string_view bytes);
Digest HmacSha256(std::string_view key, std::string_view bytes);

inline std::string_view BytesOf(const Digest& digest) {
  return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}
std::string Hex(const Digest& digest);  // Lower case.

// Takes as long whether they are the same or not.
bool SameSecret(std::string_view a, std::string_view b);

}  // namespace roentgen

#endif  // ROENTGEN_BASE_DIGEST_H_
