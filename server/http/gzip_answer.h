// Answers in gzip, to those who ask for it.
//
// Threads: pure.
#ifndef ROENTGEN_SERVER_HTTP_GZIP_ANSWER_H_
#define ROENTGEN_SERVER_HTTP_GZIP_ANSWER_H_

#include <string_view>

#include "server/http/http_message.h"

namespace roentgen::server {

// Whether an Accept-Encoding takes gzip (RFC 9110, 12.5.3).
bool TakesGzip(std::string_view accept_encoding);

// Compresses the body of `response` as fast as gzip can, if it is text or JSON
// of more than 1 kB, and says so in its headers.
void GzipAnswer(HttpResponse& response);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_HTTP_GZIP_ANSWER_H_
