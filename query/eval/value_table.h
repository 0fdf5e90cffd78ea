// The values that subjects have, as tables with a row for each keyword:
//
//   constexpr std::array kNumbers = std::to_array<ValueRow<NumberOf>>({
//       {Keyword::kDuration, [](const TraceSummary& s) { ... }}, ...});
//   static_assert(AreAllOf(ValueType::kNumber, Scope::kTrace, kNumbers));
//
// A keyword that has no row where it may stand does not compile.
//
// Threads: pure.
#ifndef ROENTGEN_QUERY_EVAL_VALUE_TABLE_H_
#define ROENTGEN_QUERY_EVAL_VALUE_TABLE_H_

#include <cstddef>

#include "query/lang/expression.h"
#include "query/lang/keyword_rows.h"

namespace roentgen::query {

// `Value` is a function that takes the value from where it is.
template <typename Value>
struct ValueRow {
  Keyword keyword;
  Value value;
};

// The keyword's function; null when there is none in `rows`.
template <typename Rows>
constexpr auto FindValue(const Rows& rows, Keyword keyword)
    -> decltype(rows.front().value) {
  for (const auto& row : rows) {
    if (row.keyword == keyword) return row.value;
  }
  return nullptr;
}

// Whether the tables together have one row for each keyword of this type that
// may stand in `scope`, and no other.
template <typename... Rows>
constexpr bool AreAllOf(ValueType type, Scope scope, const Rows&... rows) {
  size_t keywords = 0;
  for (const KeywordRow& row : KeywordRows()) {
    if (row.type != type || !row.IsAllowedIn(scope)) continue;
    ++keywords;
    const size_t found =
        (size_t{FindValue(rows, row.keyword) != nullptr} + ...);
    if (found != 1) return false;
  }
  return keywords == (rows.size() + ...);
}

}  // namespace roentgen::query

#endif  // ROENTGEN_QUERY_EVAL_VALUE_TABLE_H_
