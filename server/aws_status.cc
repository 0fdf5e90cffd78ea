#include "server/aws_status.h"

#include <utility>

#include "absl/strings/cord.h"

namespace roentgen::server {
namespace {

constexpr char kPayloadUrl[] = "roentgen/aws-fault";

absl::StatusCode CodeOf(int http_status) {
  switch (http_status) {
    case 403:
      return absl::StatusCode::kPermissionDenied;
    case 404:
      return absl::StatusCode::kNotFound;
    case 413:
    case 429:
      return absl::StatusCode::kResourceExhausted;
    default:
      return absl::StatusCode::kInvalidArgument;
  }
}

}  // namespace

absl::Status AwsStatus(const AwsFault& fault) {
  absl::Status status(CodeOf(fault.http_status), fault.message);
  // HTTP status, name and resource, a line each: the message is the status's.
  status.SetPayload(kPayloadUrl,
                    absl::Cord(std::to_string(fault.http_status) + '\n' +
                               fault.name + '\n' + fault.resource_name));
  return status;
}

absl::Status ResourceNotFound(std::string_view resource_name) {
  return AwsStatus(
      {.http_status = 404,
       .name = "ResourceNotFoundException",
       .message = "Resource " + std::string(resource_name) + " not found",
       .resource_name = std::string(resource_name)});
}

std::optional<AwsFault> AwsFaultOf(const absl::Status& status) {
  const auto payload = status.GetPayload(kPayloadUrl);
  if (!payload) return std::nullopt;
  const std::string text(*payload);
  const size_t first = text.find('\n');
  const size_t second = text.find('\n', first + 1);
  return AwsFault{.http_status = std::stoi(text.substr(0, first)),
                  .name = text.substr(first + 1, second - first - 1),
                  .message = std::string(status.message()),
                  .resource_name = text.substr(second + 1)};
}

}  // namespace roentgen::server
