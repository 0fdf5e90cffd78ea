#include "query/search/page_token.h"

#include <cstring>

#include "absl/strings/escaping.h"
#include "xxhash.h"

namespace roentgen::query {
namespace {

// Token, before base64:
//   0      version, 1
//   1-8    key of the position, nanoseconds, little-endian
//   9-24   trace id
//   25-32  check sum of bytes 0-24 and the request's hash, keyed
constexpr char kVersion = 1;
constexpr size_t kBodyBytes = 25;
constexpr size_t kTokenBytes = kBodyBytes + 8;

uint64_t CheckSum(const char* body, uint64_t request_hash, uint64_t key) {
  char input[kBodyBytes + 8];
  std::memcpy(input, body, kBodyBytes);
  std::memcpy(input + kBodyBytes, &request_hash, sizeof(request_hash));
  return XXH3_64bits_withSeed(input, sizeof(input), key);
}

}  // namespace

std::string EncodePageToken(const storage::TracePosition& position,
                            uint64_t request_hash, uint64_t key) {
  char bytes[kTokenBytes];
  bytes[0] = kVersion;
  std::memcpy(bytes + 1, &position.key, 8);
  std::memcpy(bytes + 9, position.trace_id.bytes.data(), 16);
  const uint64_t sum = CheckSum(bytes, request_hash, key);
  std::memcpy(bytes + kBodyBytes, &sum, sizeof(sum));
  return absl::WebSafeBase64Escape({bytes, sizeof(bytes)});
}

std::optional<storage::TracePosition> DecodePageToken(std::string_view token,
                                                      uint64_t request_hash,
                                                      uint64_t key) {
  std::string bytes;
  if (!absl::WebSafeBase64Unescape({token.data(), token.size()}, &bytes) ||
      bytes.size() != kTokenBytes || bytes[0] != kVersion) {
    return std::nullopt;
  }
  uint64_t sum = 0;
  std::memcpy(&sum, bytes.data() + kBodyBytes, sizeof(sum));
  if (sum != CheckSum(bytes.data(), request_hash, key)) return std::nullopt;
  storage::TracePosition position;
  std::memcpy(&position.key, bytes.data() + 1, 8);
  std::memcpy(position.trace_id.bytes.data(), bytes.data() + 9, 16);
  return position;
}

}  // namespace roentgen::query
