// Failures that have a name of their own in X-Ray's model.
//
//   return AwsStatus({.http_status = 400,
//                     .name = "RuleLimitExceededException",
//                     .message = "..."});
//
// A plain absl::Status is enough for all others: status_mapping.h gives
// InvalidArgument the name InvalidRequestException, and so on.
//
// Threads: pure.
#ifndef ROENTGEN_SERVER_AWS_STATUS_H_
#define ROENTGEN_SERVER_AWS_STATUS_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace roentgen::server {

struct AwsFault {
  int http_status = 400;
  std::string name;  // "TooManyTagsException", without a namespace.
  std::string message;
  std::string resource_name = {};  // The model's ResourceName; empty: none.

  friend bool operator==(const AwsFault&, const AwsFault&) = default;
};

// Its code fits the HTTP status: InvalidArgument, PermissionDenied (403),
// NotFound (404), ResourceExhausted (413, 429).
absl::Status AwsStatus(const AwsFault& fault);

// ResourceNotFoundException: "Resource <name> not found".
absl::Status ResourceNotFound(std::string_view resource_name);

// What AwsStatus was made of; nothing for other statuses.
std::optional<AwsFault> AwsFaultOf(const absl::Status& status);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_AWS_STATUS_H_
