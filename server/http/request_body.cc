#include "server/http/request_body.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "base/limits.h"
#include "server/http/inflate.h"

namespace roentgen::server {
namespace {

// Room for what is still to come, in sizes of what has arrived.
constexpr size_t kGrowth = 8;
// Left free at the end, so that a JSON parser can pad without copying.
constexpr size_t kSpareBytes = 64;

// What the body was packed with, besides "identity". Nothing when that is not
// known, or more than one thing.
struct Packing {
  std::optional<ContentCoding> coding;
  std::string name;
};

std::optional<Packing> PackingOf(const HttpHeaders& headers) {
  Packing out;
  for (const auto& [name, value] : headers.fields()) {
    if (!absl::EqualsIgnoreCase(name, "Content-Encoding")) continue;
    for (const absl::string_view part : absl::StrSplit(value, ',')) {
      std::string coding =
          absl::AsciiStrToLower(absl::StripAsciiWhitespace(part));
      if (coding.empty() || coding == "identity") continue;
      const std::optional<ContentCoding> known = FindContentCoding(coding);
      if (!known || out.coding) return std::nullopt;
      out = {.coding = known, .name = std::move(coding)};
    }
  }
  return out;
}

AwsError Undecodable(const absl::Status& status, const std::string& coding,
                     const BodyLimit& limit) {
  switch (status.code()) {
    case absl::StatusCode::kOutOfRange:
      return BodyTooLarge(limit);
    case absl::StatusCode::kResourceExhausted:
      return OutOfRequestMemory();
    default:
      return AwsError{.http_status = 400,
                      .name = "MalformedHttpRequestException",
                      .message = "The " + coding + " body is damaged.",
                      .retry_after = std::nullopt};
  }
}

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
      std::min(length_, std::max(limits::kBodyBytesFirst, size_ * kGrowth));
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

bool DecodeSmallBody(HttpRequest& request, size_t bytes_max) {
  const std::optional<Packing> packing = PackingOf(request.headers);
  if (!packing || request.body.size() > bytes_max) return false;
  if (!packing->coding) return true;
  absl::StatusOr<std::string> body =
      Inflate(*packing->coding, request.body, bytes_max, request.lease);
  if (body.ok()) request.body = *std::move(body);
  request.lease.ShrinkTo(request.body.capacity());
  return body.ok();
}

std::optional<AwsError> DecodeBody(HttpRequest& request,
                                   const BodyLimit& limit) {
  const std::optional<Packing> packing = PackingOf(request.headers);
  if (!packing) {
    return AwsError{.http_status = 415,
                    .name = "UnsupportedMediaTypeException",
                    .message =
                        "The content encodings known are gzip, deflate "
                        "and zstd, one at a time.",
                    .retry_after = std::nullopt};
  }
  if (!packing->coding) return {};
  absl::StatusOr<std::string> body =
      Inflate(*packing->coding, request.body, limit.bytes, request.lease);
  if (!body.ok()) {
    request.body.clear();
    return Undecodable(body.status(), packing->name, limit);
  }
  request.body = *std::move(body);
  request.lease.ShrinkTo(request.body.capacity());
  return {};
}

}  // namespace roentgen::server
