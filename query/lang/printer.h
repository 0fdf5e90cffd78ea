// Tree -> canonical text: keywords in lower case, operators in upper case, AND
// written out, parentheses only where they change the meaning.
//
// Of every tree that Parse returns: Parse(Print(tree)) is that tree.
//
// Threads: pure.
#ifndef ROENTGEN_QUERY_LANG_PRINTER_H_
#define ROENTGEN_QUERY_LANG_PRINTER_H_

#include <string>

#include "query/lang/expression.h"

namespace roentgen::query {

// A ConstantNode, which has no text, prints as "true" or "false".
std::string Print(const Expression& expression);

}  // namespace roentgen::query

#endif  // ROENTGEN_QUERY_LANG_PRINTER_H_
