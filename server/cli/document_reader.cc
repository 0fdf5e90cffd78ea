#include "server/cli/document_reader.h"

#include <algorithm>

#include "trace/document/json_split.h"

namespace roentgen::server {
namespace {

constexpr std::string_view kSpace = " \t\r\n";

// Length of the JSON value that `text` starts with: to the matching bracket,
// else to the end of the line.
size_t ValueLength(std::string_view text) {
  size_t depth = 0;
  bool in_string = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') {
        ++i;
      } else if (c == '"') {
        in_string = false;
        if (depth == 0) return i + 1;
      }
    } else if (c == '"') {
      in_string = true;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if (c == '}' || c == ']') {
      if (depth <= 1) return i + 1;
      --depth;
    } else if (c == '\n' && depth == 0) {
      return i;
    }
  }
  return text.size();
}

void AddValue(std::string_view value, std::vector<std::string>& out);

void AddElements(std::string_view array, std::vector<std::string>& out) {
  for (std::string_view element : storage::SplitArray(array)) {
    // An array inside an array is not a form of ours: the server refuses it.
    if (element.starts_with('[')) {
      out.emplace_back(element);
    } else {
      AddValue(element, out);
    }
  }
}

void AddValue(std::string_view value, std::vector<std::string>& out) {
  if (value.starts_with('[')) {
    AddElements(value, out);
    return;
  }
  if (value.starts_with('"')) {
    out.push_back(storage::UnescapeJson(value));
    return;
  }
  if (value.starts_with('{') &&
      value.find("\"TraceSegmentDocuments\"") != value.npos) {
    for (const storage::JsonMember& member : storage::SplitObject(value)) {
      if (member.key == "TraceSegmentDocuments" &&
          member.value.starts_with('[')) {
        AddElements(member.value, out);
        return;
      }
    }
  }
  out.emplace_back(value);
}

}  // namespace

std::vector<std::string> FindDocuments(std::string_view text) {
  std::vector<std::string> out;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  for (;;) {
    const size_t begin = text.find_first_not_of(kSpace);
    if (begin == text.npos) return out;
    text.remove_prefix(begin);
    std::string_view value = text.substr(0, ValueLength(text));
    text.remove_prefix(value.size());
    value.remove_suffix(value.size() - (value.find_last_not_of(kSpace) + 1));
    AddValue(value, out);
  }
}

}  // namespace roentgen::server
