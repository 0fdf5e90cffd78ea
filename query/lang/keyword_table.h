// The words of the language, from their rows: names, what may stand where, and
// hints for words that are none.
//
// Threads: pure.
#ifndef ROENTGEN_QUERY_LANG_KEYWORD_TABLE_H_
#define ROENTGEN_QUERY_LANG_KEYWORD_TABLE_H_

#include <string>
#include <string_view>
#include <vector>

#include "query/lang/expression.h"
#include "query/lang/keyword_rows.h"

namespace roentgen::query {

// By name, in any case. Null when there is none.
const KeywordRow* FindKeyword(std::string_view name);

bool AllowsAnnotations(Scope scope);
bool AllowsOperator(ValueType type, Operator op);

// The scope between the braces of a root cause test.
Scope ScopeOf(const CauseTest& test);

// As written: ">=", "CONTAINS"; empty for kExists.
std::string_view OperatorText(Operator op);

// "rootcause.fault.entity".
std::string CauseTestName(CauseKind kind, CauseElement element);
// response time causes have no exceptions.
bool IsCauseTest(CauseKind kind, CauseElement element);

// All that a test may begin with in `scope`.
std::vector<std::string> NamesIn(Scope scope);

// A hint for a word that is none: "did you mean 'duration'?", or what is known
// in `scope`.
std::string HintFor(std::string_view word, Scope scope);

}  // namespace roentgen::query

#endif  // ROENTGEN_QUERY_LANG_KEYWORD_TABLE_H_
