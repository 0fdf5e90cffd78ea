#include "query/lang/lexer.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>

#include "absl/strings/charconv.h"
#include "absl/strings/numbers.h"
#include "query/lang/characters.h"
#include "query/lang/string_literal.h"

namespace roentgen::query {
namespace {

// Longer ones before those they begin with.
constexpr std::array<std::string_view, 16> kSymbols = {
    "!=", "<=", ">=", "#[", "=", "<", ">", "!",
    "(",  ")",  "{",  "}",  "[", "]", ",", ":"};

// What other languages write, and what this one does.
struct ForeignSymbol {
  std::string_view text;
  std::string_view hint;
};
constexpr std::array<ForeignSymbol, 7> kForeignSymbols = {{
    {"==", "did you mean '='?"},
    {"=~", "did you mean 'CONTAINS'?"},
    {"<>", "did you mean '!='?"},
    {"&&", "did you mean 'AND'?"},
    {"||", "did you mean 'OR'?"},
    {"'", "strings stand in double quotes"},
    {"#", "'#' is followed by '[' at once"},
}};

size_t CountDigits(std::string_view text) {
  const auto end = std::find_if_not(text.begin(), text.end(), IsDigit);
  return static_cast<size_t>(end - text.begin());
}

// A number by JSON's grammar; one side of the point may be missing.
bool IsNumber(std::string_view text) {
  if (text[0] == '-') text.remove_prefix(1);
  const size_t whole = CountDigits(text);
  if (whole > 1 && text[0] == '0') return false;
  text.remove_prefix(whole);
  size_t fraction = 0;
  if (!text.empty() && text[0] == '.') {
    fraction = CountDigits(text.substr(1));
    text.remove_prefix(1 + fraction);
  }
  if (whole + fraction == 0) return false;
  if (text.empty()) return true;
  if (ToLower(text[0]) != 'e') return false;
  text.remove_prefix(1);
  if (!text.empty() && (text[0] == '+' || text[0] == '-')) {
    text.remove_prefix(1);
  }
  return !text.empty() && CountDigits(text) == text.size();
}

// Nothing when no double is that large.
std::optional<storage::ExactNumber> ValueOf(std::string_view number) {
  int64_t integer = 0;
  if (absl::SimpleAtoi({number.data(), number.size()}, &integer)) {
    return integer;
  }
  double value = 0;
  const auto result =
      absl::from_chars(number.data(), number.data() + number.size(), value);
  const bool too_small = std::abs(value) < 1;
  if (result.ec != std::errc() && !too_small) return std::nullopt;
  return value == 0 ? 0.0 : value;  // There is no negative zero.
}

// How far what begins like a number goes: "5abc" is no number and a word.
size_t NumberLength(std::string_view text) {
  size_t length = 1;
  for (; length < text.size(); ++length) {
    const char c = text[length];
    const bool sign =
        (c == '+' || c == '-') && ToLower(text[length - 1]) == 'e';
    if (!IsWordCharacter(c) && c != '.' && !sign) break;
  }
  return length;
}

std::string_view HintFor(StringLiteral::Fault fault) {
  switch (fault) {
    case StringLiteral::Fault::kBadEscape:
      return "escapes are those of JSON";
    case StringLiteral::Fault::kControlCharacter:
      return "control characters are escaped in strings";
    case StringLiteral::Fault::kNotUtf8:
    case StringLiteral::Fault::kUnclosed:  // Has a message of its own.
    case StringLiteral::Fault::kNone:
      break;
  }
  return "the text is not UTF-8";
}

}  // namespace

void Lexer::SkipBlanks() {
  while (!rest().empty() && IsBlank(rest()[0])) {
    if (rest()[0] == '\n') {
      ++position_.line;
      position_.column = 1;
    } else {
      ++position_.column;
    }
    ++offset_;
  }
}

Token Lexer::Take(TokenKind kind, size_t length) {
  Token token;
  token.kind = kind;
  token.text = rest().substr(0, length);
  token.position = position_;
  // No token goes over the end of a line.
  position_.column += static_cast<uint32_t>(CountCharacters(token.text));
  offset_ += token.text.size();
  return token;
}

Token Lexer::Invalid(size_t length, std::string hint) {
  Token token = Take(TokenKind::kInvalid, length);
  token.hint = std::move(hint);
  return token;
}

Token Lexer::Next() {
  SkipBlanks();
  if (rest().empty()) return Take(TokenKind::kEnd, 0);
  const char c = rest()[0];
  const char next = rest().size() > 1 ? rest()[1] : '\0';
  if (IsLetter(c) || c == '_') return NextWord();
  if (IsDigit(c) ||
      ((c == '-' || c == '.') && (IsDigit(next) || next == '.'))) {
    return NextNumber();
  }
  if (c == '"') return NextString();
  return NextSymbol();
}

Token Lexer::NextKey() {
  SkipBlanks();
  size_t length = 0;
  while (length < rest().size()) {
    const std::string_view at = rest().substr(length);
    if (at[0] == ']' || at[0] == '"' || IsBlank(at[0])) break;
    const size_t character = CharacterLength(at);
    if (character == 0 || static_cast<uint8_t>(at[0]) < 0x20) break;
    length += character;
  }
  return length == 0 ? Next() : Take(TokenKind::kWord, length);
}

Token Lexer::NextWord() {
  const auto end = std::find_if_not(rest().begin(), rest().end(), [](char c) {
    return IsWordCharacter(c) || c == '.';
  });
  return Take(TokenKind::kWord, static_cast<size_t>(end - rest().begin()));
}

Token Lexer::NextNumber() {
  const size_t length = NumberLength(rest());
  const std::string_view text = rest().substr(0, length);
  if (!IsNumber(text)) return Invalid(length, "numbers are those of JSON");
  const std::optional<storage::ExactNumber> value = ValueOf(text);
  if (!value) return Invalid(length, "the number is too large");
  Token token = Take(TokenKind::kNumber, length);
  token.number = *value;
  return token;
}

Token Lexer::NextString() {
  StringLiteral literal = ReadStringLiteral(rest());
  if (literal.fault == StringLiteral::Fault::kNone) {
    Token token = Take(TokenKind::kString, literal.length);
    token.string = std::move(literal.value);
    return token;
  }
  const SourcePosition begin = position_;
  Take(TokenKind::kString, literal.length);
  if (literal.fault != StringLiteral::Fault::kUnclosed) {
    return Invalid(literal.fault_length, std::string(HintFor(literal.fault)));
  }
  Token token = Take(TokenKind::kUnfinished, 0);
  token.hint = "the string that begins at line " + std::to_string(begin.line) +
               ", position " + std::to_string(begin.column) + " is not closed";
  return token;
}

Token Lexer::NextSymbol() {
  const auto begins = [&](std::string_view symbol) {
    return rest().substr(0, symbol.size()) == symbol;
  };
  // "#[" is ours, "#" alone is not.
  for (const ForeignSymbol& symbol : kForeignSymbols) {
    if (begins(symbol.text) && !begins("#[")) {
      return Invalid(symbol.text.size(), std::string(symbol.hint));
    }
  }
  for (std::string_view symbol : kSymbols) {
    if (begins(symbol)) return Take(TokenKind::kSymbol, symbol.size());
  }
  const size_t character = CharacterLength(rest());
  if (character == 0) return Invalid(1, "the text is not UTF-8");
  size_t length = character;
  // Letters beyond ASCII belong together.
  while (character > 1 && length < rest().size()) {
    const size_t more = CharacterLength(rest().substr(length));
    if (more < 2) break;
    length += more;
  }
  return Invalid(length, {});
}

}  // namespace roentgen::query
