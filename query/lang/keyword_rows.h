// The keywords: one row says all the language knows of one.
//
// To add a keyword: a row here, its value in query/eval, a line in
// docs/query_language.md. Without the second it does not compile
// (query/eval/value_table.h).
//
// Threads: constant.
#ifndef ROENTGEN_QUERY_LANG_KEYWORD_ROWS_H_
#define ROENTGEN_QUERY_LANG_KEYWORD_ROWS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <variant>

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

// Where an index has the values that the parts of a trace have.
enum class IndexedParts : uint8_t {
  kNowhere,
  kNodes,          // Its rows of nodes have them.
  kNodesAndEdges,  // Its rows of edges as well.
  kTogether,       // The trace has those of all its parts, not which has which.
};

struct KeywordRow {
  std::string_view name;  // Lower case.
  Keyword keyword;
  ValueType type;
  uint32_t scopes;  // Bits by Scope.
  IndexedAs indexed_as = {};
  IndexedParts parts = IndexedParts::kNowhere;

  constexpr bool IsAllowedIn(Scope scope) const {
    return (scopes >> static_cast<uint32_t>(scope) & 1) != 0;
  }
};

namespace keyword_rows {

constexpr uint32_t In(Scope scope) {
  return uint32_t{1} << static_cast<uint32_t>(scope);
}

inline constexpr uint32_t kTrace = In(Scope::kTrace);
inline constexpr uint32_t kService = In(Scope::kService);
inline constexpr uint32_t kEdge = In(Scope::kEdge);
inline constexpr uint32_t kCauseService = In(Scope::kCauseService);
inline constexpr uint32_t kTimedEntity = In(Scope::kResponseTimeEntity);
inline constexpr uint32_t kCauseEntity = In(Scope::kCauseEntity) | kTimedEntity;
inline constexpr uint32_t kCauseException = In(Scope::kCauseException);

inline constexpr uint32_t kSeen = kTrace | kService | kEdge;
inline constexpr uint32_t kHost = kTrace | kService;
inline constexpr uint32_t kNode = kService | kCauseService;
inline constexpr uint32_t kCause =
    kCauseService | kCauseEntity | kCauseException;

inline constexpr auto kBoolean = ValueType::kBoolean;
inline constexpr auto kNumber = ValueType::kNumber;
inline constexpr auto kString = ValueType::kString;

inline constexpr auto kNodes = IndexedParts::kNodes;
inline constexpr auto kRows = IndexedParts::kNodesAndEdges;
inline constexpr auto kTogether = IndexedParts::kTogether;

using P = storage::TraceProperty;
using N = storage::NumberField;
using T = storage::TextField;
using K = Keyword;

inline constexpr std::array kTable = std::to_array<KeywordRow>({
    {"ok", K::kOk, kBoolean, kSeen, P::kOk, kRows},
    {"error", K::kError, kBoolean, kSeen, P::kError, kRows},
    {"throttle", K::kThrottle, kBoolean, kSeen, P::kThrottle, kRows},
    {"fault", K::kFault, kBoolean, kSeen, P::kFault, kRows},
    {"partial", K::kPartial, kBoolean, kTrace, P::kPartial},
    {"inferred", K::kInferred, kBoolean, kTrace | kNode, P::kInferred, kNodes},
    {"first", K::kFirst, kBoolean, kCause},
    {"last", K::kLast, kBoolean, kCause},
    {"remote", K::kRemote, kBoolean, kCauseEntity},
    {"root", K::kRoot, kBoolean, kService, P::kRoot, kNodes},
    {"responsetime", K::kResponseTime, kNumber, kSeen, N::kResponseTime, kRows},
    {"duration", K::kDuration, kNumber, kSeen, N::kDuration, kRows},
    {"http.status", K::kHttpStatus, kNumber, kSeen, N::kHttpStatus, kRows},
    {"index", K::kIndex, kNumber, kCause},
    {"coverage", K::kCoverage, kNumber, kTimedEntity},
    {"http.url", K::kHttpUrl, kString, kSeen, T::kHttpUrl},
    {"http.method", K::kHttpMethod, kString, kSeen, T::kHttpMethod},
    {"http.useragent", K::kHttpUserAgent, kString, kSeen, T::kHttpUserAgent},
    {"http.clientip", K::kHttpClientIp, kString, kSeen, T::kHttpClientIp},
    {"user", K::kUser, kString, kHost, T::kUser, kTogether},
    {"name", K::kName, kString, kService | kCause, T::kName, kNodes},
    {"type", K::kType, kString, kNode, T::kType, kNodes},
    {"message", K::kMessage, kString, kCauseException},
    {"availabilityzone", K::kAvailabilityZone, kString, kHost,
     T::kAvailabilityZone, kTogether},
    {"instance.id", K::kInstanceId, kString, kHost, T::kInstanceId, kTogether},
    {"resource.arn", K::kResourceArn, kString, kHost, T::kResourceArn,
     kTogether},
    {"account.id", K::kAccountId, kString, kNode, T::kAccountId, kNodes},
});

// In the order of Keyword; what parts have is said of what is indexed only.
constexpr bool IsWhole() {
  for (size_t i = 0; i < kTable.size(); ++i) {
    if (kTable[i].keyword != static_cast<Keyword>(i)) return false;
    const bool indexed = kTable[i].indexed_as.index() != 0;
    if (!indexed && kTable[i].parts != IndexedParts::kNowhere) return false;
  }
  return true;
}
static_assert(IsWhole());

}  // namespace keyword_rows

constexpr std::span<const KeywordRow> KeywordRows() {
  return keyword_rows::kTable;
}

constexpr const KeywordRow& RowOf(Keyword keyword) {
  return keyword_rows::kTable[static_cast<size_t>(keyword)];
}

}  // namespace roentgen::query

#endif  // ROENTGEN_QUERY_LANG_KEYWORD_ROWS_H_
