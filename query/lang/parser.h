// Expression text -> tree, by recursive descent.
//
//   std::variant<Expression, SyntaxError> parsed = Parse("ok AND !partial");
//
// The shape only: whether a keyword has its place and its operator is Check's
// question (checker.h). ParseFilter (filter.h) is both.
//
// Of the tree: AND within AND and OR within OR are one node; true and false in
// quotes are booleans where the keyword is one.
//
// Threads: pure.
#ifndef ROENTGEN_QUERY_LANG_PARSER_H_
#define ROENTGEN_QUERY_LANG_PARSER_H_

#include <string_view>
#include <variant>

#include "query/lang/expression.h"
#include "query/lang/syntax_error.h"

namespace roentgen::query {

std::variant<Expression, SyntaxError> Parse(std::string_view text);

}  // namespace roentgen::query

#endif  // ROENTGEN_QUERY_LANG_PARSER_H_
