#include "query/eval/trace_subject.h"

#include <algorithm>
#include <string>
#include <variant>
#include <vector>

#include "query/eval/comparison.h"

namespace roentgen::query {
namespace {

using storage::AnnotationEntry;
using storage::AnnotationValue;
using storage::AnnotationView;

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

}  // namespace

bool TraceSubject::HasOutcome() const {
  return trace_.root && !trace_.entity(*trace_.root).in_progress;
}

bool TraceSubject::Flag(Keyword keyword) const {
  const storage::TraceSummary& s = summary_;
  switch (keyword) {
    case Keyword::kOk:
      return HasOutcome() && !s.has_error && !s.has_throttle && !s.has_fault;
    case Keyword::kError:
      return HasOutcome() && s.has_error;
    case Keyword::kThrottle:
      return HasOutcome() && s.has_throttle;
    case Keyword::kFault:
      return HasOutcome() && s.has_fault;
    case Keyword::kPartial:
      return s.is_partial;
    case Keyword::kInferred:
      return !trace_.inferred.empty();
    default:
      return false;
  }
}

std::optional<double> TraceSubject::Number(Keyword keyword) const {
  switch (keyword) {
    case Keyword::kResponseTime:
      return Seconds(summary_.response_time);
    case Keyword::kDuration:
      return Seconds(summary_.duration);
    case Keyword::kHttpStatus:
      if (summary_.http.status == 0) return std::nullopt;
      return summary_.http.status;
    default:
      return std::nullopt;
  }
}

bool TraceSubject::AnyText(Keyword keyword, TextTest is) const {
  switch (keyword) {
    case Keyword::kHttpUrl:
      return IsOne(summary_.http.url, is);
    case Keyword::kHttpMethod:
      return IsOne(summary_.http.method, is);
    case Keyword::kHttpUserAgent:
      return IsOne(summary_.http.user_agent, is);
    case Keyword::kHttpClientIp:
      return IsOne(summary_.http.client_ip, is);
    case Keyword::kUser:
      return std::any_of(
          summary_.users.begin(), summary_.users.end(),
          [&](const storage::TraceUser& u) { return IsOne(u.name, is); });
    case Keyword::kAvailabilityZone:
      return IsAny(summary_.availability_zones, is);
    case Keyword::kInstanceId:
      return IsAny(summary_.instance_ids, is);
    case Keyword::kResourceArn:
      return IsAny(summary_.resource_arns, is);
    default:
      return false;
  }
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
