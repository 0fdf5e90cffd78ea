// Strict walking of simdjson's on-demand values.
//
// On-demand parsing checks only what is read. These functions read everything
// they pass over, so that a document which is not JSON is never accepted.
// Include only from .cc files: simdjson.h is heavy.
//
// Threads: pure over the values they are given.
#ifndef ROENTGEN_BASE_JSON_WALK_H_
#define ROENTGEN_BASE_JSON_WALK_H_

#include <string>
#include <string_view>

#include "simdjson.h"

namespace roentgen {

namespace ondemand = simdjson::ondemand;

// The text of a scalar without trailing white space.
inline std::string_view ScalarToken(ondemand::value& value) {
  std::string_view token = value.raw_json_token();
  const size_t end = token.find_last_not_of(" \t\r\n");
  return token.substr(0, end == token.npos ? 0 : end + 1);
}

// Checks the value with everything below it. `depth` is how many more levels
// may open. Consumes the value.
bool WalkValue(ondemand::value value, int depth);

// Key of `field`. Points into the document when it has no escapes, else into
// `storage`.
bool ReadKey(ondemand::field& field, std::string& storage,
             std::string_view& key);

// A string token (with its quotes): whether all escapes are legal, and
// whether there are any.
struct StringToken {
  bool valid = false;
  bool escaped = false;
  std::string_view content;  // Between the quotes, not unescaped.
};
StringToken ReadStringToken(ondemand::value& value);

// Moves past the string that `token` was read from. False when its escapes
// are illegal. The value must not be looked at afterwards.
bool ConsumeString(ondemand::value& value, const StringToken& token);

}  // namespace roentgen

#endif  // ROENTGEN_BASE_JSON_WALK_H_
