// Any signed request: whoever does not know the secret is refused, and what is
// signed has no line that the sender made up.
//
// Input, a line each: method, path, query, headers as "name:value" until an
// empty line, then the body.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/timestamp.h"
#include "server/auth/authorization_header.h"
#include "server/auth/canonical_request.h"
#include "server/auth/key_ring.h"
#include "server/auth/signed_request.h"
#include "server/auth/sigv4.h"

namespace roentgen::server {
namespace {

std::string_view TakeLine(std::string_view& text) {
  const size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == text.npos ? text.size() : end + 1);
  return line;
}

size_t Lines(std::string_view text) {
  return static_cast<size_t>(std::count(text.begin(), text.end(), '\n'));
}

const KeyRing& Keys() {
  static const KeyRing keys =
      *KeyRing::Make({{.id = "AKID",
                       .secret = "a-secret-that-is-in-no-corpus",
                       .session_token = std::nullopt,
                       .permissions = {.ingest = true}}});
  return keys;
}

void FuzzOne(std::string_view text) {
  SignedRequestView request;
  request.method = TakeLine(text);
  request.path = TakeLine(text);
  request.query = TakeLine(text);
  std::vector<std::pair<std::string_view, std::string_view>> headers;
  while (!text.empty()) {
    const std::string_view line = TakeLine(text);
    if (line.empty()) break;
    const size_t colon = std::min(line.find(':'), line.size());
    headers.emplace_back(line.substr(0, colon),
                         line.substr(std::min(colon + 1, line.size())));
  }
  request.headers = headers;
  request.body = text;
  const Timestamp now = Timestamp::FromSeconds(1'769'860'800);
  if (VerifySigV4(request, Keys(), now).ok()) std::abort();

  const std::string path = CanonicalPath(request.path);
  if (path.empty() || path.front() != '/' || Lines(path) > 0) std::abort();
  const std::string query = CanonicalQuery(request.query);
  if (CanonicalQuery(query) != query || Lines(query) > 0) std::abort();
  const auto value = HeaderValue(request, "authorization");
  if (!value) return;
  const auto authorization = ParseAuthorization(*value);
  if (!authorization.ok()) return;
  const auto canonical = CanonicalRequest(request, *authorization, "hash");
  // Method, path, query, each header, an empty line, their names, the hash.
  if (canonical &&
      Lines(*canonical) != 5 + authorization->signed_headers.size()) {
    std::abort();
  }
}

}  // namespace
}  // namespace roentgen::server

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  roentgen::server::FuzzOne(
      std::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}
