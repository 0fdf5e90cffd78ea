// AWS signature version 4, as a header, for the service "xray" of any region.
//
//   auto principal = VerifySigV4(request, keys, clock.Now());
//
// The time is X-Amz-Date, or Date without it, at most 15 minutes off. A
// x-amz-content-sha256 must be that of the body: unsigned bodies are refused.
// Every request costs one signature, also when its key is not known.
//
// Threads: pure.
#ifndef ROENTGEN_SERVER_AUTH_SIGV4_H_
#define ROENTGEN_SERVER_AUTH_SIGV4_H_

#include "absl/status/statusor.h"
#include "base/timestamp.h"
#include "server/auth/access.h"
#include "server/auth/key_ring.h"
#include "server/auth/signed_request.h"

namespace roentgen::server {

// The failures of access.h: MissingAuthenticationToken without the header,
// IncompleteSignature when it is malformed, UnrecognizedClient for unknown keys
// and wrong session tokens, InvalidSignature for all else.
absl::StatusOr<Principal> VerifySigV4(const SignedRequestView& request,
                                      const KeyRing& keys, Timestamp now);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_AUTH_SIGV4_H_
