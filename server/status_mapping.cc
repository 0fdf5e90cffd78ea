#include "server/status_mapping.h"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <utility>

#include "base/log.h"
#include "base/private_status.h"
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
    // What this server's store does not do.
    {absl::StatusCode::kUnimplemented, 501, "UnsupportedOperationException", 0},
    // Nobody reads it but the metrics; as other servers write it.
    {absl::StatusCode::kCancelled, 499, "RequestCancelled", 0},
};

// One disk that fails lets every request fail.
bool IsTimeForALine() {
  static std::atomic<int64_t> next = 0;
  const int64_t now = std::chrono::steady_clock::now().time_since_epoch() /
                      std::chrono::seconds(1);
  int64_t due = next.load();
  return now >= due && next.compare_exchange_strong(due, now + 1);
}

}  // namespace

std::string PublicMessage(const absl::Status& status) {
  if (!IsPrivate(status)) return std::string(status.message());
  return "The store has trouble with its disk just now; the server's log says "
         "which.";
}

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
    if (IsPrivate(status) && IsTimeForALine()) {
      LogWarn("request failed",
              {{"request_id", request_id}, {"status", status.ToString()}});
    }
    AwsError error{.http_status = row.http_status,
                   .name = row.name,
                   .message = PublicMessage(status),
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
