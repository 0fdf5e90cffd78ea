// Whether a text is JSON (RFC 8259), without recursion: however deep it nests,
// it costs a bit per level.
//
// For texts that are passed over; those that are read are walked
// (base/json_walk.h).
//
// Threads: pure.
#ifndef ROENTGEN_BASE_JSON_CHECK_H_
#define ROENTGEN_BASE_JSON_CHECK_H_

#include <cstddef>
#include <string_view>

namespace roentgen {

struct JsonCheck {
  bool valid = false;
  // How many objects and arrays stand within one another, at most.
  size_t levels = 0;
};

// One value, with white space around it. That strings are UTF-8 is not
// looked at, nor whether escaped surrogates come in pairs.
JsonCheck CheckJson(std::string_view text);

}  // namespace roentgen

#endif  // ROENTGEN_BASE_JSON_CHECK_H_
