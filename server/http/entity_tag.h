// Entity tags: the names of what was sent, by which a client asks whether it
// has changed (RFC 9110, 8.8.3 and 13.1.2).
//
// Threads: pure.
#ifndef ROENTGEN_SERVER_HTTP_ENTITY_TAG_H_
#define ROENTGEN_SERVER_HTTP_ENTITY_TAG_H_

#include <string_view>

#include "server/http/http_message.h"

namespace roentgen::server {

// Whether a client has what `tag` names, quotes included. All its fields
// If-None-Match count as one list; "*" is whatever there is. What follows a
// fault in the list is not looked at.
bool HasEntity(const HttpHeaders& headers, std::string_view tag);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_HTTP_ENTITY_TAG_H_
