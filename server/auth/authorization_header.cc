#include "server/auth/authorization_header.h"

#include <algorithm>
#include <set>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "base/hex_digit.h"
#include "base/limits.h"
#include "base/status_macros.h"
#include "server/auth/access.h"

namespace roentgen::server {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";
constexpr size_t kDateChars = 8;
constexpr size_t kSignatureChars = 64;

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) {
    text.remove_prefix(1);
  }
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) {
    text.remove_suffix(1);
  }
  return text;
}

// What stands before `separator`, which goes, too; all when it is not there.
std::string_view TakeUntil(char separator, std::string_view& rest) {
  const size_t at = rest.find(separator);
  const std::string_view out = rest.substr(0, at);
  rest.remove_prefix(at == rest.npos ? rest.size() : at + 1);
  return out;
}

bool IsHeaderNameChar(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return absl::ascii_islower(byte) || absl::ascii_isdigit(byte) ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

// Parts of a credential: a line break would end a line of what is signed.
bool IsScopeChar(char c) {
  return absl::ascii_isgraph(static_cast<unsigned char>(c));
}

bool HasOnly(std::string_view text, bool (*allowed)(char)) {
  return !text.empty() && std::all_of(text.begin(), text.end(), allowed);
}

absl::Status ReadCredential(std::string_view text, AuthorizationView& out) {
  std::string_view rest = text;
  out.key_id = TakeUntil('/', rest);
  out.scope = rest;
  out.date = TakeUntil('/', rest);
  out.region = TakeUntil('/', rest);
  out.service = TakeUntil('/', rest);
  out.terminator = rest;
  const std::string_view parts[] = {out.key_id, out.date, out.region,
                                    out.service, out.terminator};
  const bool complete = std::all_of(
      std::begin(parts), std::end(parts),
      [](std::string_view part) { return HasOnly(part, IsScopeChar); });
  if (complete && out.key_id.size() <= limits::kAccessKeyIdBytesMax &&
      out.date.size() == kDateChars && out.terminator.find('/') == text.npos) {
    return absl::OkStatus();
  }
  return IncompleteSignature(
      "Credential must have exactly 5 slash-delimited elements, e.g. "
      "keyid/date/region/service/term");
}

absl::Status ReadSignedHeaders(std::string_view text, AuthorizationView& out) {
  out.signed_headers_text = text;
  std::set<std::string_view> seen;
  std::string_view rest = text;
  do {
    const std::string_view name = TakeUntil(';', rest);
    if (!HasOnly(name, IsHeaderNameChar) || !seen.insert(name).second ||
        seen.size() > limits::kSignedHeadersMax) {
      return IncompleteSignature(
          "SignedHeaders must be different lower-case names of headers with "
          "semicolons between them");
    }
    out.signed_headers.push_back(name);
  } while (!rest.empty());
  if (text.back() != ';') return absl::OkStatus();
  return IncompleteSignature("SignedHeaders must not end with a semicolon");
}

absl::Status ReadSignature(std::string_view text, AuthorizationView& out) {
  out.signature = text;
  if (text.size() == kSignatureChars && HasOnly(text, IsLowerHexDigit)) {
    return absl::OkStatus();
  }
  return IncompleteSignature("Signature must have 64 hexadecimal digits");
}

}  // namespace

std::optional<std::string_view> BearerToken(std::string_view value) {
  constexpr absl::string_view kBearer = "bearer ";
  if (!absl::StartsWithIgnoreCase({value.data(), value.size()}, kBearer)) {
    return std::nullopt;
  }
  return value.substr(kBearer.size());
}

std::string_view KeyIdIn(std::string_view value) {
  if (const auto token = BearerToken(value)) {
    const size_t colon = token->find(':');
    return colon == token->npos ? std::string_view() : token->substr(0, colon);
  }
  const auto parsed = ParseAuthorization(value);
  return parsed.ok() ? parsed->key_id : std::string_view();
}

absl::StatusOr<AuthorizationView> ParseAuthorization(std::string_view value) {
  std::string_view rest = Trim(value);
  if (TakeUntil(' ', rest) != kAlgorithm) {
    return IncompleteSignature(
        "Authorization header must begin with AWS4-HMAC-SHA256");
  }
  AuthorizationView out;
  struct {
    std::string_view name;
    absl::Status (*read)(std::string_view, AuthorizationView&);
    bool seen = false;
  } parameters[] = {{"Credential", ReadCredential},
                    {"SignedHeaders", ReadSignedHeaders},
                    {"Signature", ReadSignature}};
  while (!rest.empty()) {
    std::string_view text = TakeUntil(',', rest);
    const std::string_view name = Trim(TakeUntil('=', text));
    const auto parameter =
        std::find_if(std::begin(parameters), std::end(parameters),
                     [&](const auto& p) { return p.name == name; });
    if (parameter == std::end(parameters) || parameter->seen) {
      return IncompleteSignature(
          "Authorization header may have Credential, SignedHeaders and "
          "Signature only, each once");
    }
    parameter->seen = true;
    RTG_RETURN_IF_ERROR(parameter->read(Trim(text), out));
  }
  std::string missing;
  for (const auto& parameter : parameters) {
    if (parameter.seen) continue;
    if (!missing.empty()) missing += ' ';
    missing += "Authorization header requires '" + std::string(parameter.name) +
               "' parameter.";
  }
  if (!missing.empty()) return IncompleteSignature(missing);
  return out;
}

}  // namespace roentgen::server
