// A tree as indented lines, for goldens: shows the shape that the printer
// hides.
#ifndef ROENTGEN_TESTS_QUERY_LANG_TREE_TEXT_H_
#define ROENTGEN_TESTS_QUERY_LANG_TREE_TEXT_H_

#include <string>

#include "query/lang/expression.h"

namespace roentgen::query {

std::string TreeText(const Expression& expression);

}  // namespace roentgen::query

#endif  // ROENTGEN_TESTS_QUERY_LANG_TREE_TEXT_H_
