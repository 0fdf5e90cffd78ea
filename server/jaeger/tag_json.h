// A JSON object of tags.
//
// Threads: thread-safe; each thread keeps a parser of its own.
#ifndef ROENTGEN_SERVER_JAEGER_TAG_JSON_H_
#define ROENTGEN_SERVER_JAEGER_TAG_JSON_H_

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace roentgen::server {

// Keys and values; numbers and booleans as they are written. Nothing when
// `text` is no such object.
std::optional<std::vector<std::pair<std::string, std::string>>> ReadTagJson(
    std::string_view text);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_JAEGER_TAG_JSON_H_
