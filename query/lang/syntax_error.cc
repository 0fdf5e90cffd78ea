#include "query/lang/syntax_error.h"

#include <algorithm>

#include "base/limits.h"
#include "query/lang/characters.h"

namespace roentgen::query {
namespace {

// Characters of the line shown before the error, and in all.
constexpr size_t kBeforeMax = 60;
constexpr size_t kShownMax = 100;

std::string_view LineOf(std::string_view text, uint32_t line) {
  for (; line > 1; --line) {
    text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
  }
  return text.substr(0, text.find('\n'));
}

// Drops `count` characters from the front.
std::string_view Skip(std::string_view text, size_t count) {
  while (count > 0 && !text.empty()) {
    text.remove_prefix(std::max<size_t>(CharacterLength(text), 1));
    --count;
  }
  return text;
}

}  // namespace

std::string SyntaxError::Message() const {
  std::string out = "Error Location: line " + std::to_string(position.line) +
                    ", position " + std::to_string(position.column) + " : " +
                    message;
  if (!hint.empty()) out += "; " + hint;
  return out;
}

std::string SyntaxError::Display(std::string_view text) const {
  std::string line;
  // One column per character, whatever it is.
  for (char c : LineOf(text, position.line)) line += IsBlank(c) ? ' ' : c;
  const size_t before = position.column - 1;
  const size_t cut = before > kBeforeMax ? before - kBeforeMax : 0;
  const std::string prefix = cut > 0 ? "..." : "";
  std::string shown = prefix + Printable(Skip(line, cut), kShownMax);
  const size_t marks = std::clamp<size_t>(length, 1, kShownMax - kBeforeMax);
  return shown + "\n" + std::string(prefix.size() + before - cut, ' ') +
         std::string(marks, '^') + "\n" + Message() + "\n";
}

SyntaxError InvalidSymbol(SourcePosition position, std::string_view written,
                          std::string hint) {
  std::string shown = Printable(written, limits::kFilterTokenCharsShown);
  return {.position = position,
          .length = static_cast<uint32_t>(CountCharacters(written)),
          .message = "Invalid input symbol: '" + shown + "'",
          .token = shown,
          .hint = std::move(hint)};
}

}  // namespace roentgen::query
