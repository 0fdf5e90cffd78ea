// JSON string literals.
//
// Threads: pure.
#ifndef ROENTGEN_BASE_JSON_TEXT_H_
#define ROENTGEN_BASE_JSON_TEXT_H_

#include <string>
#include <string_view>

namespace roentgen {

// Appends `text` with quotes. `text` is UTF-8; the result is valid JSON for
// any bytes that are.
void AppendJsonString(std::string_view text, std::string& out);

}  // namespace roentgen

#endif  // ROENTGEN_BASE_JSON_TEXT_H_
