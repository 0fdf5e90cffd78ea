// Expression text -> tokens.
//
//   Lexer lexer("duration >= 3");
//   for (Token t = lexer.Next(); t.kind != TokenKind::kEnd; t = lexer.Next())
//
// A token that is none comes as kInvalid or kUnfinished, with a hint; reading
// on is allowed and always ends.
//
// Threads: thread-compatible.
#ifndef ROENTGEN_QUERY_LANG_LEXER_H_
#define ROENTGEN_QUERY_LANG_LEXER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "query/lang/expression.h"
#include "trace/model/exact_number.h"

namespace roentgen::query {

enum class TokenKind : uint8_t {
  kEnd,
  kWord,    // Letters, digits, "_" and ".": keywords, AND, true.
  kString,  // In double quotes; `string` is its value.
  kNumber,
  kSymbol,      // Operators and brackets; "#[" is one.
  kInvalid,     // No token of the language.
  kUnfinished,  // The text ended inside of it.
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  std::string_view text;  // As written; points into the expression.
  SourcePosition position;
  std::string string;
  storage::ExactNumber number = 0.0;
  std::string hint;
};

class Lexer {
 public:
  // `text` outlives the lexer and its tokens.
  explicit Lexer(std::string_view text) : text_(text) {}

  Token Next();

  // After "[" of an annotation: its key as a kWord, or as a kString when it
  // is in quotes. Whatever else stands there comes as by Next.
  Token NextKey();

 private:
  std::string_view rest() const { return text_.substr(offset_); }
  void SkipBlanks();
  // The token of the next `length` bytes.
  Token Take(TokenKind kind, size_t length);
  Token Invalid(size_t length, std::string hint);
  Token NextWord();
  Token NextNumber();
  Token NextString();
  Token NextSymbol();

  const std::string_view text_;
  size_t offset_ = 0;
  SourcePosition position_;
};

}  // namespace roentgen::query

#endif  // ROENTGEN_QUERY_LANG_LEXER_H_
