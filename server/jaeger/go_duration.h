// Durations as Go writes them: "1h2m3.5s", "250ms", "100us", "0".
//
// Threads: pure.
#ifndef ROENTGEN_SERVER_JAEGER_GO_DURATION_H_
#define ROENTGEN_SERVER_JAEGER_GO_DURATION_H_

#include <cstdint>
#include <optional>
#include <string_view>

namespace roentgen::server {

// Nanoseconds; digits below one are cut off. Nothing for other texts and for
// what does not fit in 64 bits.
std::optional<int64_t> ParseGoDuration(std::string_view text);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_JAEGER_GO_DURATION_H_
