#include "base/secret_hash.h"

#include <cstdint>
#include <cstdlib>
#include <optional>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "base/digest.h"
#include "openssl/evp.h"

namespace roentgen {
namespace {

constexpr int kCost = 14;  // Of base two.
constexpr int kCostMin = 10;
constexpr int kCostMax = 16;
constexpr uint64_t kBlock = 8;
constexpr uint64_t kLanes = 1;
constexpr size_t kHashBytes = 32;
constexpr size_t kSaltBytesMin = 8;
constexpr size_t kSaltBytesMax = 64;

struct SecretHash {
  int cost = kCost;
  std::string salt;
  std::string bytes;
};

std::string Scrypt(std::string_view secret, std::string_view salt, int cost) {
  std::string out(kHashBytes, '\0');
  const uint64_t n = uint64_t{1} << cost;
  // What it works in, and a little more.
  const uint64_t bytes_max = 128 * kBlock * (n + kLanes + 2);
  if (EVP_PBE_scrypt(secret.data(), secret.size(),
                     reinterpret_cast<const unsigned char*>(salt.data()),
                     salt.size(), n, kBlock, kLanes, bytes_max,
                     reinterpret_cast<unsigned char*>(out.data()),
                     out.size()) != 1) {
    std::abort();  // No memory: nobody gets in.
  }
  return out;
}

std::string Base64(std::string_view bytes) {
  std::string out =
      absl::Base64Escape(absl::string_view(bytes.data(), bytes.size()));
  while (!out.empty() && out.back() == '=') out.pop_back();
  return out;
}

std::optional<SecretHash> Parse(std::string_view text) {
  const std::vector<std::string> parts =
      absl::StrSplit(absl::string_view(text.data(), text.size()), '$');
  if (parts.size() != 5 || !parts[0].empty() || parts[1] != "scrypt") {
    return std::nullopt;
  }
  SecretHash hash;
  const std::vector<std::string> costs = absl::StrSplit(parts[2], ',');
  if (costs.size() != 3 || costs[0].substr(0, 3) != "ln=" ||
      !absl::SimpleAtoi(costs[0].substr(3), &hash.cost) ||
      hash.cost < kCostMin || hash.cost > kCostMax || costs[1] != "r=8" ||
      costs[2] != "p=1" || !absl::Base64Unescape(parts[3], &hash.salt) ||
      !absl::Base64Unescape(parts[4], &hash.bytes) ||
      hash.salt.size() < kSaltBytesMin || hash.salt.size() > kSaltBytesMax ||
      hash.bytes.size() != kHashBytes) {
    return std::nullopt;
  }
  return hash;
}

}  // namespace

std::string HashSecret(std::string_view secret, std::string_view salt) {
  return "$scrypt$ln=" + std::to_string(kCost) + ",r=8,p=1$" + Base64(salt) +
         '$' + Base64(Scrypt(secret, salt, kCost));
}

bool IsSecretHash(std::string_view hash) { return Parse(hash).has_value(); }

bool FitsSecretHash(std::string_view secret, std::string_view hash) {
  const std::optional<SecretHash> parsed = Parse(hash);
  return parsed &&
         SameSecret(Scrypt(secret, parsed->salt, parsed->cost), parsed->bytes);
}

}  // namespace roentgen
