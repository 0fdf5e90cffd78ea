#include "query/eval/edge_subject.h"

#include <array>
#include <optional>

#include "query/eval/comparison.h"
#include "query/eval/entity_values.h"
#include "query/eval/value_table.h"

namespace roentgen::query {
namespace {

using storage::EdgeObservation;
using storage::EntityView;

// Of the call and the entity that stands for it.
using NumberOf = std::optional<double> (*)(const EdgeObservation&,
                                           const EntityView&);
constexpr NumberOf kTime = [](const EdgeObservation& seen,
                              const EntityView&) -> std::optional<double> {
  return ShownSeconds(seen.duration);
};
constexpr auto kNumbers = std::to_array<ValueRow<NumberOf>>({
    {Keyword::kDuration, kTime},
    {Keyword::kResponseTime, kTime},
    {Keyword::kHttpStatus,
     [](const EdgeObservation&, const EntityView& entity) {
       return StatusOf(entity);
     }},
});
static_assert(AreAllOf(ValueType::kBoolean, Scope::kEdge, kOutcomes));
static_assert(AreAllOf(ValueType::kNumber, Scope::kEdge, kNumbers));
static_assert(AreAllOf(ValueType::kString, Scope::kEdge, kHttpTexts));

}  // namespace

bool EdgeSubject::Flag(Keyword keyword) const {
  return IsOutcome(seen_.outcome, keyword);
}

std::optional<double> EdgeSubject::Number(Keyword keyword) const {
  const NumberOf number = FindValue(kNumbers, keyword);
  if (number == nullptr) return std::nullopt;
  return number(seen_, trace_.entity(seen_.entity));
}

bool EdgeSubject::AnyText(Keyword keyword, TextTest is) const {
  const std::string_view text =
      HttpTextOf(trace_.entity(seen_.entity), keyword);
  return !text.empty() && is(text);
}

bool EdgeSubject::AnyAnnotation(std::string_view key,
                                AnnotationValueTest is) const {
  return annotations_.Any(seen_.entity, key, is);
}

}  // namespace roentgen::query
