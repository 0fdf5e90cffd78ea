#include "query/eval/trace_subject.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "query/eval/comparison.h"
#include "query/eval/value_table.h"

namespace roentgen::query {
namespace {

using storage::AnnotationEntry;
using storage::AnnotationValue;
using storage::AnnotationView;
using storage::Trace;
using storage::TraceSummary;

bool IsOne(std::string_view text, TextTest is) {
  return !text.empty() && is(text);
}

bool IsAny(const std::vector<std::string>& texts, TextTest is) {
  return std::any_of(texts.begin(), texts.end(),
                     [&](const std::string& t) { return IsOne(t, is); });
}

AnnotationView ViewOf(const AnnotationValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) {
    return std::string_view(*text);
  }
  if (const auto* number = std::get_if<storage::ExactNumber>(&value)) {
    return *number;
  }
  return std::get<bool>(value);
}

std::optional<double> Seconds(const std::optional<absl::Duration>& duration) {
  if (!duration) return std::nullopt;
  return ShownSeconds(*duration);
}

// There is a root segment, and it has ended.
bool HasOutcome(const Trace& trace) {
  return trace.root && !trace.entity(*trace.root).in_progress;
}

using FlagOf = bool (*)(const Trace&, const TraceSummary&);
constexpr auto kFlags = std::to_array<ValueRow<FlagOf>>({
    {Keyword::kOk,
     [](const Trace& t, const TraceSummary& s) {
       return HasOutcome(t) && !s.has_error && !s.has_throttle && !s.has_fault;
     }},
    {Keyword::kError,
     [](const Trace& t, const TraceSummary& s) {
       return HasOutcome(t) && s.has_error;
     }},
    {Keyword::kThrottle,
     [](const Trace& t, const TraceSummary& s) {
       return HasOutcome(t) && s.has_throttle;
     }},
    {Keyword::kFault,
     [](const Trace& t, const TraceSummary& s) {
       return HasOutcome(t) && s.has_fault;
     }},
    {Keyword::kPartial,
     [](const Trace&, const TraceSummary& s) { return s.is_partial; }},
    {Keyword::kInferred,
     [](const Trace& t, const TraceSummary&) { return !t.inferred.empty(); }},
});
static_assert(AreAllOf(ValueType::kBoolean, Scope::kTrace, kFlags));

using NumberOf = std::optional<double> (*)(const TraceSummary&);
constexpr auto kNumbers = std::to_array<ValueRow<NumberOf>>({
    {Keyword::kResponseTime,
     [](const TraceSummary& s) { return Seconds(s.response_time); }},
    {Keyword::kDuration,
     [](const TraceSummary& s) { return Seconds(s.duration); }},
    {Keyword::kHttpStatus,
     [](const TraceSummary& s) -> std::optional<double> {
       if (s.http.status == 0) return std::nullopt;
       return s.http.status;
     }},
});
static_assert(AreAllOf(ValueType::kNumber, Scope::kTrace, kNumbers));

using AnyTextOf = bool (*)(const TraceSummary&, TextTest);
constexpr auto kTexts = std::to_array<ValueRow<AnyTextOf>>({
    {Keyword::kHttpUrl,
     [](const TraceSummary& s, TextTest is) { return IsOne(s.http.url, is); }},
    {Keyword::kHttpMethod,
     [](const TraceSummary& s, TextTest is) {
       return IsOne(s.http.method, is);
     }},
    {Keyword::kHttpUserAgent,
     [](const TraceSummary& s, TextTest is) {
       return IsOne(s.http.user_agent, is);
     }},
    {Keyword::kHttpClientIp,
     [](const TraceSummary& s, TextTest is) {
       return IsOne(s.http.client_ip, is);
     }},
    {Keyword::kUser,
     [](const TraceSummary& s, TextTest is) {
       return std::any_of(
           s.users.begin(), s.users.end(),
           [&](const storage::TraceUser& u) { return IsOne(u.name, is); });
     }},
    {Keyword::kAvailabilityZone,
     [](const TraceSummary& s, TextTest is) {
       return IsAny(s.availability_zones, is);
     }},
    {Keyword::kInstanceId,
     [](const TraceSummary& s, TextTest is) {
       return IsAny(s.instance_ids, is);
     }},
    {Keyword::kResourceArn,
     [](const TraceSummary& s, TextTest is) {
       return IsAny(s.resource_arns, is);
     }},
});
static_assert(AreAllOf(ValueType::kString, Scope::kTrace, kTexts));

}  // namespace

bool TraceSubject::Flag(Keyword keyword) const {
  const FlagOf flag = FindValue(kFlags, keyword);
  return flag != nullptr && flag(trace_, summary_);
}

std::optional<double> TraceSubject::Number(Keyword keyword) const {
  const NumberOf number = FindValue(kNumbers, keyword);
  return number == nullptr ? std::nullopt : number(summary_);
}

bool TraceSubject::AnyText(Keyword keyword, TextTest is) const {
  const AnyTextOf any = FindValue(kTexts, keyword);
  return any != nullptr && any(summary_, is);
}

bool TraceSubject::AnyAnnotation(std::string_view key,
                                 AnnotationValueTest is) const {
  const auto found = summary_.annotations.find(std::string(key));
  if (found == summary_.annotations.end()) return false;
  return std::any_of(
      found->second.begin(), found->second.end(),
      [&](const AnnotationEntry& entry) { return is(ViewOf(entry.value)); });
}

}  // namespace roentgen::query
