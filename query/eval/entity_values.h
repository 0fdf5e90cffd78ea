// Values that segments and calls have in common.
//
// Threads: pure.
#ifndef ROENTGEN_QUERY_EVAL_ENTITY_VALUES_H_
#define ROENTGEN_QUERY_EVAL_ENTITY_VALUES_H_

#include <array>
#include <optional>
#include <string_view>

#include "query/eval/value_table.h"
#include "query/lang/expression.h"
#include "trace/document/segment_document.h"

namespace roentgen::query {

// ok, error, throttle, fault.
using OutcomeFlag = bool (*)(const storage::Outcome&);
inline constexpr auto kOutcomes = std::to_array<ValueRow<OutcomeFlag>>({
    {Keyword::kOk,
     [](const storage::Outcome& o) {
       return !o.error && !o.throttle && !o.fault;
     }},
    {Keyword::kError, [](const storage::Outcome& o) { return o.error; }},
    {Keyword::kThrottle, [](const storage::Outcome& o) { return o.throttle; }},
    {Keyword::kFault, [](const storage::Outcome& o) { return o.fault; }},
});
// False for other keywords.
bool IsOutcome(const storage::Outcome& outcome, Keyword keyword);

// http.status; nothing when there is none.
std::optional<double> StatusOf(const storage::EntityView& entity);

// http.url and the like.
using EntityText = std::string_view (*)(const storage::EntityView&);
inline constexpr auto kHttpTexts = std::to_array<ValueRow<EntityText>>({
    {Keyword::kHttpUrl,
     [](const storage::EntityView& e) { return e.http.url; }},
    {Keyword::kHttpMethod,
     [](const storage::EntityView& e) { return e.http.method; }},
    {Keyword::kHttpUserAgent,
     [](const storage::EntityView& e) { return e.http.user_agent; }},
    {Keyword::kHttpClientIp,
     [](const storage::EntityView& e) { return e.http.client_ip; }},
});
// Empty when there is none, and for other keywords.
std::string_view HttpTextOf(const storage::EntityView& entity, Keyword keyword);

}  // namespace roentgen::query

#endif  // ROENTGEN_QUERY_EVAL_ENTITY_VALUES_H_
