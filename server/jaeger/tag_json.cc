#include "server/jaeger/tag_json.h"

#include "base/json_walk.h"

namespace roentgen::server {
namespace {

using Tags = std::vector<std::pair<std::string, std::string>>;
using ondemand::json_type;

bool ReadValue(ondemand::value& value, std::string& out) {
  json_type type;
  if (value.type().get(type)) return false;
  switch (type) {
    case json_type::string: {
      std::string_view text;
      if (value.get_string().get(text)) return false;
      out = text;
      return true;
    }
    case json_type::number:
    case json_type::boolean:
      out = ScalarToken(value);
      return WalkValue(value, 0);
    default:
      return false;
  }
}

}  // namespace

std::optional<Tags> ReadTagJson(std::string_view text) {
  thread_local ondemand::parser parser;
  const simdjson::padded_string padded(text);
  ondemand::document json;
  ondemand::object object;
  if (parser.iterate(padded).get(json) || json.get_object().get(object)) {
    return std::nullopt;
  }
  Tags tags;
  std::string storage;
  for (auto item : object) {
    ondemand::field field;
    std::string_view key;
    if (std::move(item).get(field) || !ReadKey(field, storage, key)) {
      return std::nullopt;
    }
    auto& [name, value] = tags.emplace_back(key, "");
    ondemand::value element = field.value();
    if (!ReadValue(element, value)) return std::nullopt;
  }
  const char* rest = nullptr;
  if (json.current_location().get(rest) != simdjson::OUT_OF_BOUNDS) {
    return std::nullopt;
  }
  return tags;
}

}  // namespace roentgen::server
