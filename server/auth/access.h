// Who calls, and what a call needs.
//
//   RTG_RETURN_IF_ERROR(
//       Authorize(principal, Access::kIngest, "PutTraceSegments"));
//
// Threads: plain data, pure functions.
#ifndef ROENTGEN_SERVER_AUTH_ACCESS_H_
#define ROENTGEN_SERVER_AUTH_ACCESS_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "server/config/access_key.h"

namespace roentgen::server {

struct Principal {
  std::string key_id;  // Empty: nobody has said who it is.
  Permissions permissions;
  bool sampling = false;  // Sampling calls, whatever the permissions are.

  friend bool operator==(const Principal&, const Principal&) = default;
};

enum class Access {
  kOpen,        // Anybody.
  kKnown,       // Whoever may do anything at all.
  kIngest,      // PutTraceSegments, PutTelemetryRecords, OTLP, Zipkin.
  kSampling,    // GetSamplingRules, GetSamplingTargets: ingest or read.
  kRead,        // All other Get, List and Batch operations, retrieval, Jaeger.
  kAdminister,  // Every other change.
};

// `operation` is X-Ray's name of the call. AccessDeniedException; for whoever
// has not said who it is, MissingAuthenticationTokenException.
absl::Status Authorize(const Principal& principal, Access access,
                       std::string_view operation);

// The failures of authentication, with the names that X-Ray clients know. All
// are 403.
absl::Status MissingAuthenticationToken();
absl::Status IncompleteSignature(std::string_view message);
absl::Status InvalidSignature(std::string_view message);
absl::Status UnrecognizedClient();
absl::Status ExpiredToken();

// Whether a status of this folder says that the caller is not known, and not
// that it may not: gRPC's UNAUTHENTICATED against PERMISSION_DENIED.
bool IsUnknownCaller(const absl::Status& status);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_AUTH_ACCESS_H_
