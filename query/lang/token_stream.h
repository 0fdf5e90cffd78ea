// Tokens one by one, with the first error met: what recursive descent needs.
//
// The parsing functions return false once something is wrong; the error says
// what. After that the stream is of no use.
//
// Threads: thread-compatible.
#ifndef ROENTGEN_QUERY_LANG_TOKEN_STREAM_H_
#define ROENTGEN_QUERY_LANG_TOKEN_STREAM_H_

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "query/lang/lexer.h"
#include "query/lang/syntax_error.h"

namespace roentgen::query {

class TokenStream {
 public:
  // `text` outlives the stream.
  explicit TokenStream(std::string_view text)
      : lexer_(text), token_(lexer_.Next()) {}

  const Token& peek() const { return token_; }
  bool At(std::string_view symbol) const;
  // In any case.
  bool AtWord(std::string_view word) const;

  Token Take();
  // For the "[" of an annotation: what follows is a key.
  void TakeBeforeKey();
  // Takes the symbol if it is next.
  bool Accept(std::string_view symbol);
  // Takes the symbol, or fails.
  bool Expect(std::string_view symbol);
  // Counts what bounds the cost of an expression; fails at the limit.
  bool CountTerm();

  // Always false. Of several errors the first one stays.
  bool Fail(SyntaxError error);
  // The next token should not be there. The lexer's hint goes first.
  bool FailHere(std::string hint = {});

  const std::optional<SyntaxError>& error() const { return error_; }

 private:
  Lexer lexer_;
  Token token_;
  size_t terms_ = 0;
  std::optional<SyntaxError> error_;
};

}  // namespace roentgen::query

#endif  // ROENTGEN_QUERY_LANG_TOKEN_STREAM_H_
