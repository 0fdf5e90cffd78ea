#include "query/eval/cause_match.h"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

namespace roentgen::query {
namespace {

using storage::RootCause;
using storage::RootCauseEntity;
using storage::RootCauseException;
using storage::RootCauseService;

// Whether `wanted` is absent or what is there; answers write "" where there is
// nothing.
template <typename T>
bool IsEqual(const std::optional<T>& wanted, const T& value) {
  return !wanted || *wanted == value;
}

// Taking the first value that fits each pattern never spoils a later one.
template <typename Pattern, typename Value, typename Fits>
bool HoldsInOrder(const std::vector<Pattern>& patterns,
                  const std::vector<Value>& values, Fits fits) {
  auto wanted = patterns.begin();
  for (const Value& value : values) {
    if (wanted == patterns.end()) break;
    if (fits(*wanted, value)) ++wanted;
  }
  return wanted == patterns.end();
}

bool FitsException(const ExceptionPattern& pattern,
                   const RootCauseException& exception) {
  return IsEqual(pattern.name, exception.name) &&
         IsEqual(pattern.message, exception.message);
}

bool FitsEntity(const EntityPattern& pattern, const RootCauseEntity& entity) {
  const bool covered =
      !pattern.coverage ||
      (entity.coverage && *entity.coverage == *pattern.coverage);
  return IsEqual(pattern.name, entity.name) && covered &&
         IsEqual(pattern.remote, entity.remote) &&
         HoldsInOrder(pattern.exceptions, entity.exceptions, FitsException);
}

bool FitsService(const ServicePattern& pattern,
                 const RootCauseService& service) {
  // A service is shown with one name, in Name and in Names.
  const bool named =
      pattern.names.empty() ||
      (pattern.names.size() == 1 && pattern.names[0] == service.service.name);
  return named && IsEqual(pattern.name, service.service.name) &&
         IsEqual(pattern.type, service.service.type) &&
         IsEqual(pattern.account_id, service.service.account_id) &&
         IsEqual(pattern.inferred, service.inferred) &&
         HoldsInOrder(pattern.entity_path, service.entity_path, FitsEntity);
}

}  // namespace

bool Matches(const CausePattern& pattern, const RootCause& cause) {
  return IsEqual(pattern.client_impacting, cause.client_impacting) &&
         HoldsInOrder(pattern.services, cause.services, FitsService);
}

bool Matches(const CauseJsonTest& test, const storage::TraceSummary& summary) {
  return std::all_of(
      test.patterns.begin(), test.patterns.end(),
      [&](const CausePattern& pattern) {
        const auto any = [&](const std::vector<RootCause>& causes) {
          return std::any_of(
              causes.begin(), causes.end(),
              [&](const RootCause& cause) { return Matches(pattern, cause); });
        };
        return any(summary.response_time_root_causes) ||
               any(summary.fault_root_causes) || any(summary.error_root_causes);
      });
}

}  // namespace roentgen::query
