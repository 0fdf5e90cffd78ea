// Answers in gzip, to those who ask for it.
//
// Threads: pure.
#ifndef ROENTGEN_SERVER_HTTP_GZIP_ANSWER_H_
#define ROENTGEN_SERVER_HTTP_GZIP_ANSWER_H_

#include <optional>
#include <string>
#include <string_view>

#include "server/http/http_message.h"

namespace roentgen::server {

// `bytes` in gzip at zlib's `level`. Nothing where that is not smaller, for
// less than what fits a packet anyway, or when zlib has no memory.
std::optional<std::string> GzipIfSmaller(std::string_view bytes, int level);

// If the body of `response` is text or JSON of more than 1 kB, and not packed
// yet: says that it depends on what the client takes, and compresses it as fast
// as gzip can where `use_gzip`.
void GzipAnswer(HttpResponse& response, bool use_gzip);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_HTTP_GZIP_ANSWER_H_
