// For whom a proxy asks, by what it says in headers.
//
// Threads: pure.
#ifndef ROENTGEN_SERVER_HTTP_FORWARDED_H_
#define ROENTGEN_SERVER_HTTP_FORWARDED_H_

#include <functional>
#include <optional>
#include <string>

#include "server/http/http_message.h"

namespace roentgen::server {

// Of Forwarded (RFC 7239), or else of X-Forwarded-For: the last address that is
// none of a trusted proxy, since each proxy adds whom it got the request from
// and whatever stands before may be made up. Nothing: they name none.
std::optional<std::string> ForwardedFor(
    const HttpHeaders& headers,
    const std::function<bool(const std::string& address)>& is_trusted);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_HTTP_FORWARDED_H_
