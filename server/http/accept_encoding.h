// Which content codings a client takes (RFC 9110, 12.5.3).
//
// Threads: pure.
#ifndef ROENTGEN_SERVER_HTTP_ACCEPT_ENCODING_H_
#define ROENTGEN_SERVER_HTTP_ACCEPT_ENCODING_H_

#include <string_view>

#include "server/http/http_message.h"

namespace roentgen::server {

// How much a client likes `coding` (lower case, "identity" among them), in
// thousandths; 0: it refuses it. All fields Accept-Encoding count as one list.
// A client that names no coding takes identity alone: most such programs
// cannot inflate. Identity that is not named is liked least, not refused. An
// item that breaks the grammar is left out.
int WeightOfCoding(const HttpHeaders& headers, std::string_view coding);

// Whether an answer goes out in gzip where both forms can be had.
bool PrefersGzip(const HttpHeaders& headers);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_HTTP_ACCEPT_ENCODING_H_
