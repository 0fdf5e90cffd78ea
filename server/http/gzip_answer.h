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

// If the body of `response` is text or JSON of more than 1 kB: says that it
// depends on what the client takes, and compresses it as fast as gzip can for
// one that takes gzip.
void GzipAnswer(HttpResponse& response, bool takes_gzip);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_HTTP_GZIP_ANSWER_H_
