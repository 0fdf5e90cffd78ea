// The Authorization header of signature version 4:
//
//   AWS4-HMAC-SHA256 Credential=AKID/20260131/eu-west-1/xray/aws4_request,
//   SignedHeaders=host;x-amz-date, Signature=0123...
//
// Threads: pure.
#ifndef ROENTGEN_SERVER_AUTH_AUTHORIZATION_HEADER_H_
#define ROENTGEN_SERVER_AUTH_AUTHORIZATION_HEADER_H_

#include <optional>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace roentgen::server {

// Borrows from the header's value.
struct AuthorizationView {
  std::string_view key_id;
  std::string_view date;  // yyyymmdd
  std::string_view region;
  std::string_view service;
  std::string_view terminator;
  std::string_view scope;  // The four, as they stand there.
  std::string_view signed_headers_text;
  std::vector<std::string_view> signed_headers;  // Lower case, all different.
  std::string_view signature;                    // 64 hex digits, lower case.
};

// What follows "Bearer ", in whatever case; nothing: another scheme.
std::optional<std::string_view> BearerToken(std::string_view value);

// The key that the header names, whatever else is in it; empty: none.
std::string_view KeyIdIn(std::string_view value);

// IncompleteSignatureException when it is not of this form, or of another
// algorithm. What the parts mean is not looked at.
absl::StatusOr<AuthorizationView> ParseAuthorization(std::string_view value);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_AUTH_AUTHORIZATION_HEADER_H_
