// How a failure looks to a client that speaks AWS: one table.
//
// Every operation returns absl::Status; the HTTP codecs turn it into an AWS
// error here and nowhere else.
//
// Threads: pure.
#ifndef ROENTGEN_SERVER_STATUS_MAPPING_H_
#define ROENTGEN_SERVER_STATUS_MAPPING_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace roentgen::server {

struct AwsError {
  int http_status = 500;
  std::string name;  // "InvalidRequestException", without a namespace.
  std::string message;
  // Sent as Retry-After: the client should come back after this time.
  std::optional<absl::Duration> retry_after;
  std::string resource_name = {};  // The model's ResourceName; empty: none.

  friend bool operator==(const AwsError&, const AwsError&) = default;
};

// What callers may read of it: its message, unless that is private
// (base/private_status.h).
std::string PublicMessage(const absl::Status& status);

// `status` is not OK. The text of a status that has no row of its own is
// logged with `request_id` and not sent: it may name files or keys. That of a
// private one is not sent either, and logged once a second at most.
AwsError ToAwsError(const absl::Status& status, std::string_view request_id);
// For callers whose requests have no id.
inline AwsError ToAwsError(const absl::Status& status) {
  return ToAwsError(status, "");
}

// Of reads: one that needs more than it may use would need it again, so that it
// is the request's fault, and not worth repeating.
AwsError ToAwsReadError(const absl::Status& status,
                        std::string_view request_id);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_STATUS_MAPPING_H_
