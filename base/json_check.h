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
#include <string>
#include <string_view>

namespace roentgen {

struct JsonCheck {
  bool valid = false;
  // How many objects and arrays stand within one another, at most.
  size_t levels = 0;
  // Where it is no longer JSON: a byte of the text, or its size when it ends
  // too soon. Of texts that are not valid.
  size_t fault = 0;
};

// One value, with white space around it. That strings are UTF-8 is not
// looked at, nor whether escaped surrogates come in pairs.
JsonCheck CheckJson(std::string_view text);

// Where a text is no JSON and what stands there, for people:
// `at byte 17 stands "x}"`, `it ends too soon, after 20 bytes`. Empty when it
// is JSON.
std::string JsonFault(std::string_view text);

}  // namespace roentgen

#endif  // ROENTGEN_BASE_JSON_CHECK_H_
