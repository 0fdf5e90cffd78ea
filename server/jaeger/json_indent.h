// JSON for people: each member on a line of its own.
//
// Threads: pure.
#ifndef ROENTGEN_SERVER_JAEGER_JSON_INDENT_H_
#define ROENTGEN_SERVER_JAEGER_JSON_INDENT_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace roentgen::server {

// `json` is valid and without white space between its tokens.
std::string IndentJson(std::string_view json);
// Its size: many times that of `json`, where that nests.
size_t IndentedSize(std::string_view json);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_JAEGER_JSON_INDENT_H_
