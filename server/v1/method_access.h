// What a method of roentgen.v1 needs.
//
// Threads: pure.
#ifndef ROENTGEN_SERVER_V1_METHOD_ACCESS_H_
#define ROENTGEN_SERVER_V1_METHOD_ACCESS_H_

#include <string_view>

#include "server/auth/access.h"

namespace roentgen::server {

// By its name without the service.
Access AccessOfV1Method(std::string_view method);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_V1_METHOD_ACCESS_H_
