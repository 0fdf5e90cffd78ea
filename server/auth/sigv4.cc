#include "server/auth/sigv4.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "base/digest.h"
#include "base/status_macros.h"
#include "server/auth/authorization_header.h"
#include "server/auth/canonical_request.h"

namespace roentgen::server {
namespace {

constexpr char kIsoFormat[] = "%E4Y%m%dT%H%M%SZ";
constexpr char kHttpDateFormat[] = "%a, %d %b %E4Y %H:%M:%S GMT";
constexpr std::string_view kService = "xray";
constexpr std::string_view kTerminator = "aws4_request";
constexpr absl::Duration kSkewMax = absl::Minutes(15);

std::string IsoText(absl::Time time) {
  return absl::FormatTime(kIsoFormat, time, absl::UTCTimeZone());
}

// Nothing but the form that is written, so that no two texts mean one time.
std::optional<absl::Time> ParseExactly(const char* format,
                                       const std::string& text) {
  absl::Time time;
  if (!absl::ParseTime(format, text, absl::UTCTimeZone(), &time, nullptr) ||
      absl::FormatTime(format, time, absl::UTCTimeZone()) != text) {
    return std::nullopt;
  }
  return time;
}

absl::StatusOr<absl::Time> TimeOf(const SignedRequestView& request) {
  std::optional<absl::Time> time;
  if (const auto amz_date = HeaderValue(request, "x-amz-date")) {
    time = ParseExactly(kIsoFormat, *amz_date);
  } else if (const auto date = HeaderValue(request, "date")) {
    time = ParseExactly(kIsoFormat, *date);
    if (!time) time = ParseExactly(kHttpDateFormat, *date);
  } else {
    return IncompleteSignature(
        "Authorization header requires existence of either a 'X-Amz-Date' or "
        "a 'Date' header.");
  }
  if (time) return *time;
  return IncompleteSignature(
      "Date must be in ISO-8601 'basic format': YYYYMMDD'T'HHMMSS'Z'");
}

absl::Status CheckTime(absl::Time time, absl::Time now) {
  const std::string about = " (" + IsoText(now);
  if (time < now - kSkewMax) {
    return InvalidSignature("Signature expired: " + IsoText(time) +
                            " is now earlier than " + IsoText(now - kSkewMax) +
                            about + " - 15 min.)");
  }
  if (time > now + kSkewMax) {
    return InvalidSignature("Signature not yet current: " + IsoText(time) +
                            " is still later than " + IsoText(now + kSkewMax) +
                            about + " + 15 min.)");
  }
  return absl::OkStatus();
}

absl::Status CheckScope(const AuthorizationView& authorization,
                        std::string_view iso_time) {
  if (authorization.terminator != kTerminator) {
    return InvalidSignature(
        "Credential should be scoped with a valid terminator: 'aws4_request'");
  }
  if (authorization.service != kService) {
    return InvalidSignature(
        "Credential should be scoped to correct service: 'xray'.");
  }
  if (authorization.date != iso_time.substr(0, authorization.date.size())) {
    return InvalidSignature(
        "Date in Credential scope does not match YYYYMMDD from ISO-8601 "
        "version of date from HTTP");
  }
  const auto& names = authorization.signed_headers;
  if (std::find(names.begin(), names.end(), "host") == names.end()) {
    return InvalidSignature(
        "'Host' must be a 'SignedHeader' in the AWS Authorization.");
  }
  return absl::OkStatus();
}

std::string SignatureOf(const AuthorizationView& authorization,
                        std::string_view secret, const std::string& iso_time,
                        const std::string& canonical_request) {
  Digest key = HmacSha256("AWS4" + std::string(secret), authorization.date);
  for (const std::string_view part :
       {authorization.region, authorization.service,
        authorization.terminator}) {
    key = HmacSha256(BytesOf(key), part);
  }
  const std::string text = "AWS4-HMAC-SHA256\n" + iso_time + '\n' +
                           std::string(authorization.scope) + '\n' +
                           Hex(Sha256(canonical_request));
  return Hex(HmacSha256(BytesOf(key), text));
}

// The token that the key has, and none when it has none.
bool HasToken(const SignedRequestView& request, const AccessKey& key) {
  const auto token = HeaderValue(request, "x-amz-security-token");
  return token.has_value() == key.session_token.has_value() &&
         SameSecret(token.value_or(""), key.session_token.value_or(""));
}

}  // namespace

absl::StatusOr<Principal> VerifySigV4(const SignedRequestView& request,
                                      const KeyRing& keys, Timestamp now) {
  const auto header = HeaderValue(request, "authorization");
  if (!header) return MissingAuthenticationToken();
  RTG_ASSIGN_OR_RETURN(const AuthorizationView authorization,
                       ParseAuthorization(*header));
  RTG_ASSIGN_OR_RETURN(const absl::Time time, TimeOf(request));
  const std::string iso_time = IsoText(time);
  RTG_RETURN_IF_ERROR(CheckScope(authorization, iso_time));
  RTG_RETURN_IF_ERROR(CheckTime(time, now.ToTime()));

  const std::string body_hash = Hex(Sha256(request.body));
  const auto claimed_hash = HeaderValue(request, "x-amz-content-sha256");
  if (claimed_hash && *claimed_hash != body_hash) {
    return InvalidSignature(
        "x-amz-content-sha256 must be the SHA-256 of the body");
  }
  const auto canonical = CanonicalRequest(request, authorization, body_hash);
  if (!canonical) {
    return InvalidSignature("A header of SignedHeaders is not in the request");
  }
  static const AccessKey kNoKey;
  const AccessKey* const known = keys.Find(authorization.key_id);
  const AccessKey& key = known != nullptr ? *known : kNoKey;
  const bool has_token = HasToken(request, key);
  const bool has_signature =
      SameSecret(SignatureOf(authorization, key.secret, iso_time, *canonical),
                 authorization.signature);
  if (known == nullptr || !has_token) return UnrecognizedClient();
  if (!has_signature) {
    return InvalidSignature(
        "The request signature we calculated does not match the signature you "
        "provided. Check your AWS Secret Access Key and signing method.");
  }
  if (HasExpired(key, now.ToTime())) return ExpiredToken();
  return Principal{.key_id = key.id, .permissions = key.permissions};
}

}  // namespace roentgen::server
