// The keywords: one row says all the language knows of one.
//
// To add a keyword: a row in keyword_table.cc, its value in query/eval, a line
// in docs/query_language.md. tests/query/eval/keyword_values_test.cc fails when
// the second is forgotten.
//
// Threads: pure.
#ifndef ROENTGEN_QUERY_LANG_KEYWORD_TABLE_H_
#define ROENTGEN_QUERY_LANG_KEYWORD_TABLE_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "query/lang/expression.h"
#include "storage/engine/trace_predicate.h"

namespace roentgen::query {

// What stands around a test, and so what it is asked of.
enum class Scope : uint8_t {
  kTrace,
  kService,
  kEdge,
  kCauseService,
  kCauseEntity,
  kResponseTimeEntity,  // Entities of response time causes.
  kCauseException,
};

enum class ValueType : uint8_t { kBoolean, kNumber, kString };

// What an index knows of a keyword; nothing: only documents tell.
using IndexedAs = std::variant<std::monostate, storage::TraceProperty,
                               storage::NumberField, storage::TextField>;

struct KeywordRow {
  std::string_view name;  // Lower case.
  Keyword keyword;
  ValueType type;
  uint32_t scopes;  // Bits by Scope.
  IndexedAs indexed_as = {};

  bool IsAllowedIn(Scope scope) const {
    return (scopes >> static_cast<uint32_t>(scope) & 1) != 0;
  }
};

std::span<const KeywordRow> KeywordRows();

const KeywordRow& RowOf(Keyword keyword);
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
