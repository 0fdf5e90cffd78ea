// The text of a request that signature version 4 signs: the same for all ways
// in which clients and proxies may write a request.
//
// Threads: pure.
#ifndef ROENTGEN_SERVER_AUTH_CANONICAL_REQUEST_H_
#define ROENTGEN_SERVER_AUTH_CANONICAL_REQUEST_H_

#include <optional>
#include <string>
#include <string_view>

#include "server/auth/authorization_header.h"
#include "server/auth/signed_request.h"

namespace roentgen::server {

// All values of a header, trimmed, runs of blanks made one, with commas between
// them; nothing when the request has no such header. `name` in lower case.
std::optional<std::string> HeaderValue(const SignedRequestView& request,
                                       std::string_view name);

// Without "." and ".." and doubled slashes; then encoded, once more.
std::string CanonicalPath(std::string_view path);

// Sorted, all but letters, digits and - . _ ~ percent-encoded.
std::string CanonicalQuery(std::string_view query);

// Nothing when a signed header is not there.
std::optional<std::string> CanonicalRequest(
    const SignedRequestView& request, const AuthorizationView& authorization,
    std::string_view body_hash);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_AUTH_CANONICAL_REQUEST_H_
