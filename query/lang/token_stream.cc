#include "query/lang/token_stream.h"

#include <utility>

#include "base/limits.h"
#include "query/lang/characters.h"

namespace roentgen::query {

bool TokenStream::At(std::string_view symbol) const {
  return token_.kind == TokenKind::kSymbol && token_.text == symbol;
}

bool TokenStream::AtWord(std::string_view word) const {
  return token_.kind == TokenKind::kWord && EqualsIgnoreCase(token_.text, word);
}

Token TokenStream::Take() { return std::exchange(token_, lexer_.Next()); }

void TokenStream::TakeBeforeKey() { token_ = lexer_.NextKey(); }

bool TokenStream::Accept(std::string_view symbol) {
  if (!At(symbol)) return false;
  Take();
  return true;
}

bool TokenStream::Expect(std::string_view symbol) {
  if (Accept(symbol)) return true;
  return FailHere("expected '" + std::string(symbol) + "'");
}

bool TokenStream::CountTerm() {
  if (++terms_ <= limits::kFilterTermsMax) return true;
  return Fail({.position = token_.position,
               .length = 0,
               .message = "Expression has too many terms",
               .token = {},
               .hint = "at most " + std::to_string(limits::kFilterTermsMax)});
}

bool TokenStream::Fail(SyntaxError error) {
  if (!error_) error_ = std::move(error);
  return false;
}

bool TokenStream::FailHere(std::string hint) {
  if (!token_.hint.empty()) hint = token_.hint;
  if (token_.kind == TokenKind::kEnd || token_.kind == TokenKind::kUnfinished) {
    return Fail({.position = token_.position,
                 .length = 0,
                 .message = "Unexpected end of expression",
                 .token = {},
                 .hint = std::move(hint)});
  }
  return Fail(InvalidSymbol(token_.position, token_.text, std::move(hint)));
}

}  // namespace roentgen::query
