// Reads one JSON object, member by member, and checks all of it.
//
//   ReadJsonObject(request.body, request.lease,
//                  [&](std::string_view key, ondemand::value& value) {
//                    if (key == "Name") return ReadJsonString(value, name);
//                    return SkipJson(value);
//                  });
//
// The Read functions leave `out` empty for null, and take the last of
// duplicate members. Include only from .cc files: simdjson.h is heavy.
//
// Threads: thread-safe; each thread keeps a parser of its own.
#ifndef ROENTGEN_SERVER_HTTP_JSON_BODY_H_
#define ROENTGEN_SERVER_HTTP_JSON_BODY_H_

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/memory_budget.h"
#include "base/timestamp.h"
#include "simdjson.h"

namespace roentgen::server {

namespace ondemand = simdjson::ondemand;

enum class JsonRead {
  kOk,
  kNotJson,    // The text breaks JSON's grammar.
  kWrongType,  // Legal JSON of another type than the member has.
  kNoRoom,     // No memory to mend a body; only ReadJsonObject says so.
};

using OnMember = std::function<JsonRead(std::string_view, ondemand::value&)>;

// All members of the body's object. kWrongType also when the body is another
// value than an object. An empty body is an empty object. `body`, which `lease`
// counts, is mended where it has to be (base/json_mend.h), and may be
// reallocated; text from it holds until the next call on this thread.
JsonRead ReadJsonObject(std::string& body, MemoryLease& lease,
                        const OnMember& on_member);
// The same for an object inside a body.
JsonRead ReadJsonMembers(ondemand::value& value, const OnMember& on_member);

JsonRead SkipJson(ondemand::value& value);
JsonRead ReadJsonString(ondemand::value& value,
                        std::optional<std::string_view>& out);
JsonRead ReadJsonStrings(ondemand::value& value,
                         std::optional<std::vector<std::string_view>>& out);
// Calls `on_element` for each element of an array.
using OnElement = std::function<JsonRead(ondemand::value&)>;
JsonRead ReadJsonElements(ondemand::value& value, const OnElement& on_element);
JsonRead ReadJsonBool(ondemand::value& value, std::optional<bool>& out);
JsonRead ReadJsonDouble(ondemand::value& value, std::optional<double>& out);

// A time as it was written, and what it means; no `time` when out of range.
struct JsonTime {
  std::string text;
  std::optional<Timestamp> time;
};
// Epoch seconds as a number, or ISO 8601 as a string.
JsonRead ReadJsonTime(ondemand::value& value, std::optional<JsonTime>& out);
// What a sender's clock said: a number in any unit, or a text. No `time` when
// it makes none.
JsonRead ReadJsonSenderTime(ondemand::value& value,
                            std::optional<JsonTime>& out);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_HTTP_JSON_BODY_H_
