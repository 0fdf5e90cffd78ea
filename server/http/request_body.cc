#include "server/http/request_body.h"

#include <algorithm>
#include <cstring>

#include "server/http/inflate.h"

namespace roentgen::server {
namespace {

// Room given before any byte has arrived.
constexpr size_t kFirstBytes = 128 * 1024;
// Left free at the end, so that a JSON parser can pad without copying.
constexpr size_t kSpareBytes = 64;

}  // namespace

AwsError BodyTooLarge(const BodyLimit& limit) {
  return {.http_status = 413,
          .name = "RequestEntityTooLargeException",
          .message = "The request's body has more than " +
                     std::to_string(limit.bytes) + " bytes, the limit of " +
                     std::string(limit.setting) + ".",
          .retry_after = std::nullopt};
}

AwsError OutOfRequestMemory() {
  return {.http_status = 429,
          .name = "ThrottledException",
          .message = "The server holds as many requests as it may.",
          .retry_after = absl::Seconds(1)};
}

bool SizedBody::MakeRoom(MemoryLease& lease) {
  if (missing() == 0 || size_ < bytes_.size()) return true;
  const size_t room =
      std::min(length_, std::max(kFirstBytes, bytes_.size() * 2));
  if (!lease.GrowOrOverdraw(room)) return false;
  bytes_.reserve(room + kSpareBytes);
  bytes_.resize(room);
  return true;
}

bool SizedBody::Append(std::string_view bytes, MemoryLease& lease) {
  while (!bytes.empty()) {
    if (!MakeRoom(lease)) return false;
    const std::span<char> room = Prepare();
    const size_t n = std::min(room.size(), bytes.size());
    std::memcpy(room.data(), bytes.data(), n);
    Commit(n);
    bytes.remove_prefix(n);
  }
  return true;
}

std::optional<AwsError> DecodeBody(HttpRequest& request,
                                   const BodyLimit& limit) {
  const auto encoding = request.headers.Find("Content-Encoding");
  if (!encoding || encoding->empty() || *encoding == "identity") return {};
  const std::optional<ContentCoding> coding = FindContentCoding(*encoding);
  if (!coding) {
    return AwsError{.http_status = 415,
                    .name = "UnsupportedMediaTypeException",
                    .message =
                        "The content encodings known are gzip, deflate "
                        "and zstd.",
                    .retry_after = std::nullopt};
  }
  absl::StatusOr<std::string> body =
      Inflate(*coding, request.body, limit.bytes, request.lease);
  if (body.ok()) {
    request.body = *std::move(body);
    request.lease.ShrinkTo(request.body.capacity());
    return {};
  }
  request.body.clear();
  switch (body.status().code()) {
    case absl::StatusCode::kOutOfRange:
      return BodyTooLarge(limit);
    case absl::StatusCode::kResourceExhausted:
      return OutOfRequestMemory();
    default:
      return AwsError{
          .http_status = 400,
          .name = "MalformedHttpRequestException",
          .message = "The " + std::string(*encoding) + " body is damaged.",
          .retry_after = std::nullopt};
  }
}

}  // namespace roentgen::server
