// A request as far as its signature covers it.
//
// Threads: plain data.
#ifndef ROENTGEN_SERVER_AUTH_SIGNED_REQUEST_H_
#define ROENTGEN_SERVER_AUTH_SIGNED_REQUEST_H_

#include <span>
#include <string_view>
#include <utility>

namespace roentgen::server {

// Borrows everything, exactly as it was sent.
struct SignedRequestView {
  std::string_view method;
  std::string_view path;   // Percent-encoded, without the query.
  std::string_view query;  // Without the question mark.
  // Names in any case; a name may stand there several times.
  std::span<const std::pair<std::string_view, std::string_view>> headers;
  std::string_view body;  // Before a Content-Encoding is undone.
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_AUTH_SIGNED_REQUEST_H_
