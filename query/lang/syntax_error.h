// What is wrong with an expression, and where.
//
//   error.Message();        // One line, as X-Ray's clients get it.
//   error.Display(text);    // The line in question with marks under it.
//
// Threads: plain data; pure functions.
#ifndef ROENTGEN_QUERY_LANG_SYNTAX_ERROR_H_
#define ROENTGEN_QUERY_LANG_SYNTAX_ERROR_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "query/lang/expression.h"

namespace roentgen::query {

struct SyntaxError {
  // Where the offending text begins, and how many characters it has (zero at
  // the end of the expression).
  SourcePosition position;
  uint32_t length = 0;
  std::string message;  // "Invalid input symbol: 'ma'".
  std::string token;    // As shown: bounded, printable.
  std::string hint;     // May be empty. "did you mean 'max'?".

  // "Error Location: line 1, position 48 : Invalid input symbol: 'ma'", then
  // "; " and the hint where there is one.
  std::string Message() const;

  // Three lines: the part of `text` around the error, marks, the message.
  std::string Display(std::string_view text) const;

  friend bool operator==(const SyntaxError&, const SyntaxError&) = default;
};

// "Invalid input symbol" for `written`, which begins at `position`.
SyntaxError InvalidSymbol(SourcePosition position, std::string_view written,
                          std::string hint);

}  // namespace roentgen::query

#endif  // ROENTGEN_QUERY_LANG_SYNTAX_ERROR_H_
