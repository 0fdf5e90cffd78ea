// The head of an HTTP response as bytes.
//
// Threads: MakeRequestId is thread-safe; FormatResponseHead is pure but for a
// cache of the date text per thread.
#ifndef ROENTGEN_SERVER_HTTP_RESPONSE_HEAD_H_
#define ROENTGEN_SERVER_HTTP_RESPONSE_HEAD_H_

#include <string>
#include <string_view>

#include "base/timestamp.h"
#include "server/http/http_message.h"

namespace roentgen::server {

enum class KeepAlive { kNo, kYes };

// How the client sees where the body ends.
enum class BodyEnd {
  kLength,     // Content-Length.
  kLastChunk,  // Transfer-Encoding: chunked.
  kClose       // With the connection.
};

struct ResponseContext {
  std::string_view request_id;
  Timestamp now;
  KeepAlive keep_alive = KeepAlive::kYes;
  BodyEnd body_end = BodyEnd::kLength;
};

// Status line, headers, and the empty line; Content-Length from the body.
// 204 and 304 have no body, not even an empty one.
std::string FormatResponseHead(const HttpResponse& response,
                               const ResponseContext& context);

// A random UUID (version 4).
std::string MakeRequestId();

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_HTTP_RESPONSE_HEAD_H_
