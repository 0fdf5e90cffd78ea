#include "base/json_walk.h"

#include "base/decimal_time.h"

namespace roentgen {
namespace {

bool WalkArray(ondemand::value value, int depth) {
  ondemand::array array;
  if (value.get_array().get(array)) return false;
  for (auto element : array) {
    ondemand::value child;
    if (std::move(element).get(child) || !WalkValue(child, depth)) return false;
  }
  return true;
}

bool WalkObject(ondemand::value value, int depth) {
  ondemand::object object;
  if (value.get_object().get(object)) return false;
  std::string storage;
  for (auto member : object) {
    ondemand::field field;
    std::string_view key;
    if (std::move(member).get(field) || !ReadKey(field, storage, key) ||
        !WalkValue(field.value(), depth)) {
      return false;
    }
  }
  return true;
}

// Numbers and literals need not be consumed: the iterator passes over what
// was left. A string it would take for a key if a colon follows.
bool IsScalar(ondemand::value& value, ondemand::json_type type) {
  if (type == ondemand::json_type::string) {
    return ConsumeString(value, ReadStringToken(value));
  }
  const std::string_view token = ScalarToken(value);
  if (type == ondemand::json_type::number) return IsJsonNumber(token);
  return token == "true" || token == "false" || token == "null";
}

}  // namespace

bool ConsumeString(ondemand::value& value, const StringToken& token) {
  if (!token.valid) return false;
  if (!token.escaped) {
    ondemand::raw_json_string ignored;
    return !value.get_raw_json_string().get(ignored);
  }
  std::string_view unescaped;  // Unescaping is what checks escapes.
  return !value.get_string().get(unescaped);
}

StringToken ReadStringToken(ondemand::value& value) {
  const std::string_view token = ScalarToken(value);
  if (token.size() < 2 || token.front() != '"' || token.back() != '"') {
    return {};
  }
  const std::string_view content = token.substr(1, token.size() - 2);
  return {.valid = true,
          .escaped = content.find('\\') != std::string_view::npos,
          .content = content};
}

bool WalkValue(ondemand::value value, int depth) {
  if (depth <= 0) return false;
  ondemand::json_type type;
  if (value.type().get(type)) return false;
  switch (type) {
    case ondemand::json_type::array:
      return WalkArray(value, depth - 1);
    case ondemand::json_type::object:
      return WalkObject(value, depth - 1);
    default:
      return IsScalar(value, type);
  }
}

bool ReadKey(ondemand::field& field, std::string& storage,
             std::string_view& key) {
  const char* begin = field.key().raw();
  const char* p = begin;
  while (*p != '"' && *p != '\\') ++p;  // The document ends in zero bytes.
  if (*p == '"') {
    key = std::string_view(begin, static_cast<size_t>(p - begin));
    return true;
  }
  std::string_view unescaped;
  if (field.unescaped_key().get(unescaped)) return false;
  storage.assign(unescaped);
  key = storage;
  return true;
}

}  // namespace roentgen
