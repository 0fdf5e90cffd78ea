#include "query/eval/entity_values.h"

namespace roentgen::query {

bool IsOutcome(const storage::Outcome& outcome, Keyword keyword) {
  const OutcomeFlag flag = FindValue(kOutcomes, keyword);
  return flag != nullptr && flag(outcome);
}

std::optional<double> StatusOf(const storage::EntityView& entity) {
  if (entity.http.status == 0) return std::nullopt;
  return entity.http.status;
}

std::string_view HttpTextOf(const storage::EntityView& entity,
                            Keyword keyword) {
  const EntityText text = FindValue(kHttpTexts, keyword);
  return text == nullptr ? std::string_view() : text(entity);
}

}  // namespace roentgen::query
