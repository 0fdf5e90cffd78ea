#include "server/jaeger/json_indent.h"

namespace roentgen::server {
namespace {

constexpr size_t kIndent = 4;

// The end of the string that begins at `at`.
size_t EndOfString(std::string_view json, size_t at) {
  for (++at; at < json.size() && json[at] != '"'; ++at) {
    if (json[at] == '\\') ++at;
  }
  return at + 1;
}

}  // namespace

std::string IndentJson(std::string_view json) {
  std::string out;
  size_t depth = 0;
  const auto new_line = [&] {
    out.append(1, '\n').append(depth * kIndent, ' ');
  };
  for (size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    switch (c) {
      case '"': {
        const size_t end = EndOfString(json, i);
        out += json.substr(i, end - i);
        i = end - 1;
        break;
      }
      case '{':
      case '[':
        out += c;
        if (i + 1 < json.size() && (json[i + 1] == '}' || json[i + 1] == ']')) {
          out += json[++i];
          break;
        }
        ++depth;
        new_line();
        break;
      case '}':
      case ']':
        --depth;
        new_line();
        out += c;
        break;
      case ',':
        out += c;
        new_line();
        break;
      case ':':
        out += ": ";
        break;
      default:
        out += c;
    }
  }
  return out;
}

}  // namespace roentgen::server
