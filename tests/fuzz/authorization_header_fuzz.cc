// Any Authorization header: what is taken says the same when it is written out
// again, and nothing of it could end a line of the text that is signed.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "server/auth/authorization_header.h"

namespace {

using roentgen::server::AuthorizationView;

std::string Written(const AuthorizationView& header) {
  std::string names;
  for (const std::string_view name : header.signed_headers) {
    if (!names.empty()) names += ';';
    names += name;
  }
  std::string out = "AWS4-HMAC-SHA256 Signature=";
  out += header.signature;
  out += ",Credential=";
  for (const std::string_view part : {header.key_id, header.date, header.region,
                                      header.service, header.terminator}) {
    out += part;
    out += '/';
  }
  out.pop_back();
  return out + ",SignedHeaders=" + names;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string value(reinterpret_cast<const char*>(data), size);
  const auto parsed = roentgen::server::ParseAuthorization(value);
  if (!parsed.ok()) return 0;
  const std::string written = Written(*parsed);
  if (written.find_first_of("\r\n") != written.npos) std::abort();
  const auto again = roentgen::server::ParseAuthorization(written);
  if (!again.ok() || Written(*again) != written ||
      again->scope != parsed->scope ||
      again->signed_headers_text != parsed->signed_headers_text) {
    std::abort();
  }
  return 0;
}
