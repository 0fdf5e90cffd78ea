#include "query/eval/entity_values.h"

namespace roentgen::query {

bool IsOutcome(const storage::Outcome& outcome, Keyword keyword) {
  switch (keyword) {
    case Keyword::kOk:
      return !outcome.error && !outcome.throttle && !outcome.fault;
    case Keyword::kError:
      return outcome.error;
    case Keyword::kThrottle:
      return outcome.throttle;
    case Keyword::kFault:
      return outcome.fault;
    default:
      return false;
  }
}

std::optional<double> StatusOf(const storage::EntityView& entity) {
  if (entity.http.status == 0) return std::nullopt;
  return entity.http.status;
}

std::string_view HttpTextOf(const storage::EntityView& entity,
                            Keyword keyword) {
  switch (keyword) {
    case Keyword::kHttpUrl:
      return entity.http.url;
    case Keyword::kHttpMethod:
      return entity.http.method;
    case Keyword::kHttpUserAgent:
      return entity.http.user_agent;
    case Keyword::kHttpClientIp:
      return entity.http.client_ip;
    default:
      return {};
  }
}

}  // namespace roentgen::query
