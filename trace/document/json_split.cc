#include "trace/document/json_split.h"

#include <algorithm>

#include "absl/container/flat_hash_map.h"
#include "simdjson.h"

namespace roentgen::storage {
namespace {

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

size_t SkipSpace(std::string_view s, size_t i) {
  while (i < s.size() && IsSpace(s[i])) ++i;
  return i;
}

// Index after the string token that starts at `i`.
size_t SkipString(std::string_view s, size_t i) {
  for (++i; i < s.size(); ++i) {
    if (s[i] == '\\') {
      ++i;
    } else if (s[i] == '"') {
      return i + 1;
    }
  }
  return s.size();
}

// Index after the value that starts at `i`.
size_t SkipValue(std::string_view s, size_t i) {
  size_t depth = 0;
  while (i < s.size()) {
    const char c = s[i];
    if (c == '"') {
      i = SkipString(s, i);
      if (depth == 0) return i;
      continue;
    }
    if (c == '{' || c == '[') {
      ++depth;
    } else if (c == '}' || c == ']') {
      if (depth == 0) return i;
      if (--depth == 0) return i + 1;
    } else if (depth == 0 && (c == ',' || IsSpace(c))) {
      return i;
    }
    ++i;
  }
  return s.size();
}

// Start of the next item of a list whose last item ended at `i`.
size_t NextItem(std::string_view s, size_t i) {
  i = SkipSpace(s, i);
  if (i < s.size() && s[i] == ',') i = SkipSpace(s, i + 1);
  return i;
}

}  // namespace

std::string UnescapeJson(std::string_view token) {
  if (token.find('\\') == token.npos) {
    return token.size() < 2 ? std::string()
                            : std::string(token.substr(1, token.size() - 2));
  }
  simdjson::dom::parser parser;
  std::string_view text;
  if (parser.parse(token.data(), token.size()).get_string().get(text)) {
    return {};
  }
  return std::string(text);
}

std::vector<JsonMember> SplitObject(std::string_view s) {
  std::vector<JsonMember> members;
  absl::flat_hash_map<std::string, size_t> index;
  for (size_t i = SkipSpace(s, 1); i < s.size() && s[i] == '"';) {
    const size_t key_end = SkipString(s, i);
    JsonMember member{
        .key_token = s.substr(i, key_end - i), .key = {}, .value = {}};
    member.key = UnescapeJson(member.key_token);
    i = SkipSpace(s, key_end);
    i = SkipSpace(s, i + 1);  // The colon.
    const size_t begin = std::min(i, s.size());
    i = SkipValue(s, begin);
    member.value = s.substr(begin, i - begin);
    const auto [at, fresh] = index.try_emplace(member.key, members.size());
    if (fresh) {
      members.push_back(std::move(member));
    } else {
      members[at->second] = std::move(member);
    }
    i = NextItem(s, i);
  }
  return members;
}

std::vector<std::string_view> SplitArray(std::string_view s) {
  std::vector<std::string_view> elements;
  for (size_t i = SkipSpace(s, 1); i < s.size() && s[i] != ']';) {
    const size_t end = SkipValue(s, i);
    if (end == i) break;
    elements.push_back(s.substr(i, end - i));
    i = NextItem(s, end);
  }
  return elements;
}

}  // namespace roentgen::storage
