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

// Instead of a text: its size.
class Counter {
 public:
  Counter& append(size_t count, char) {
    size_ += count;
    return *this;
  }
  Counter& operator+=(std::string_view text) {
    size_ += text.size();
    return *this;
  }
  Counter& operator+=(char) {
    ++size_;
    return *this;
  }
  size_t size() const { return size_; }

 private:
  size_t size_ = 0;
};

template <typename Out>
void Indent(std::string_view json, Out& out) {
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
}

}  // namespace

std::string IndentJson(std::string_view json) {
  std::string out;
  out.reserve(IndentedSize(json));
  Indent(json, out);
  return out;
}

size_t IndentedSize(std::string_view json) {
  Counter size;
  Indent(json, size);
  return size.size();
}

}  // namespace roentgen::server
