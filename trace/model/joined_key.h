// Several texts as one, joined by zero bytes: what dictionaries hold. A zero
// byte within a text is escaped, as documents may hold any.
//
// Threads: pure.
#ifndef ROENTGEN_TRACE_MODEL_JOINED_KEY_H_
#define ROENTGEN_TRACE_MODEL_JOINED_KEY_H_

#include <string>
#include <string_view>

namespace roentgen::storage {

// Between two parts the caller puts a zero byte.
void AppendKeyPart(std::string_view part, std::string& key);

// The part that `key` begins with, which is taken off with the zero byte.
// Takes any bytes.
std::string TakeKeyPart(std::string_view& key);

}  // namespace roentgen::storage

#endif  // ROENTGEN_TRACE_MODEL_JOINED_KEY_H_
