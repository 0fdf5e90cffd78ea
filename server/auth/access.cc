#include "server/auth/access.h"

#include <optional>

#include "server/aws_status.h"

namespace roentgen::server {
namespace {

constexpr int kForbidden = 403;
constexpr char kAccessDenied[] = "AccessDeniedException";

absl::Status Forbidden(std::string name, std::string message) {
  return AwsStatus({.http_status = kForbidden,
                    .name = std::move(name),
                    .message = std::move(message)});
}

bool MayDo(const Principal& principal, Access access) {
  const Permissions& may = principal.permissions;
  switch (access) {
    case Access::kOpen:
      return true;
    case Access::kKnown:
      return may.ingest || may.read || may.administer;
    case Access::kIngest:
      return may.ingest;
    case Access::kSampling:
      return principal.sampling || may.ingest || may.read;
    case Access::kRead:
      return may.read;
    case Access::kAdminister:
      return may.administer;
  }
  return false;
}

}  // namespace

absl::Status Authorize(const Principal& principal, Access access,
                       std::string_view operation) {
  if (MayDo(principal, access)) return absl::OkStatus();
  if (principal.key_id.empty()) return MissingAuthenticationToken();
  return Forbidden(kAccessDenied, "User: " + principal.key_id +
                                      " is not authorized to perform: xray:" +
                                      std::string(operation));
}

absl::Status MissingAuthenticationToken() {
  return Forbidden("MissingAuthenticationTokenException",
                   "Missing Authentication Token");
}

absl::Status IncompleteSignature(std::string_view message) {
  return Forbidden("IncompleteSignatureException", std::string(message));
}

absl::Status InvalidSignature(std::string_view message) {
  return Forbidden("InvalidSignatureException", std::string(message));
}

absl::Status UnrecognizedClient() {
  return Forbidden("UnrecognizedClientException",
                   "The security token included in the request is invalid.");
}

absl::Status ExpiredToken() {
  return Forbidden("ExpiredTokenException",
                   "The security token included in the request is expired");
}

bool IsUnknownCaller(const absl::Status& status) {
  const std::optional<AwsFault> fault = AwsFaultOf(status);
  return fault && fault->http_status == kForbidden &&
         fault->name != kAccessDenied;
}

}  // namespace roentgen::server
