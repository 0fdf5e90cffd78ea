#include "server/status_mapping.h"

#include <utility>

#include "base/log.h"
#include "server/aws_status.h"

namespace roentgen::server {
namespace {

struct Row {
  absl::StatusCode code;
  int http_status;
  const char* name;
  int retry_after_seconds;  // 0: no hint.
};

constexpr Row kRows[] = {
    {absl::StatusCode::kInvalidArgument, 400, "InvalidRequestException", 0},
    {absl::StatusCode::kNotFound, 404, "ResourceNotFoundException", 0},
    {absl::StatusCode::kResourceExhausted, 429, "ThrottledException", 1},
    {absl::StatusCode::kUnavailable, 503, "ServiceUnavailable", 1},
    {absl::StatusCode::kDeadlineExceeded, 503, "ServiceUnavailable", 1},
    // Nobody reads it but the metrics; as other servers write it.
    {absl::StatusCode::kCancelled, 499, "RequestCancelled", 0},
};

}  // namespace

AwsError ToAwsError(const absl::Status& status, std::string_view request_id) {
  if (auto fault = AwsFaultOf(status)) {
    return {.http_status = fault->http_status,
            .name = std::move(fault->name),
            .message = std::move(fault->message),
            .retry_after = std::nullopt,
            .resource_name = std::move(fault->resource_name)};
  }
  for (const Row& row : kRows) {
    if (row.code != status.code()) continue;
    AwsError error{.http_status = row.http_status,
                   .name = row.name,
                   .message = std::string(status.message()),
                   .retry_after = std::nullopt};
    if (row.retry_after_seconds > 0) {
      error.retry_after = absl::Seconds(row.retry_after_seconds);
    }
    return error;
  }
  LogError("request failed",
           {{"request_id", request_id}, {"status", status.ToString()}});
  return {.http_status = 500,
          .name = "InternalFailure",
          .message = "The request failed inside the server; its log says why.",
          .retry_after = std::nullopt};
}

AwsError ToAwsReadError(const absl::Status& status,
                        std::string_view request_id) {
  if (!absl::IsResourceExhausted(status)) return ToAwsError(status, request_id);
  return ToAwsError(absl::InvalidArgumentError(status.message()), request_id);
}

}  // namespace roentgen::server
