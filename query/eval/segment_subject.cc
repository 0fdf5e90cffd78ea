#include "query/eval/segment_subject.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "query/eval/comparison.h"
#include "query/eval/entity_values.h"
#include "query/eval/value_table.h"

namespace roentgen::query {
namespace {

using storage::EntityView;
using storage::NodeObservation;

// Whether `is` holds for `segment` or a node inside it.
bool AnyInside(const storage::Trace& trace, uint32_t segment,
               absl::FunctionRef<bool(uint32_t)> is) {
  std::vector<uint32_t> pending = {segment};
  while (!pending.empty()) {
    const uint32_t node = pending.back();
    pending.pop_back();
    if (is(node)) return true;
    const auto& inside = trace.nodes[node].children;
    pending.insert(pending.end(), inside.begin(), inside.end());
  }
  return false;
}

using FlagOf = bool (*)(const NodeObservation&);
constexpr auto kFlags = std::to_array<ValueRow<FlagOf>>({
    {Keyword::kRoot, [](const NodeObservation& seen) { return seen.root; }},
    {Keyword::kInferred,
     [](const NodeObservation& seen) { return seen.inferred; }},
});
static_assert(AreAllOf(ValueType::kBoolean, Scope::kService, kFlags,
                       kOutcomes));

using NumberOf = std::optional<double> (*)(const NodeObservation&,
                                           const EntityView&);
constexpr NumberOf kTime = [](const NodeObservation& seen,
                              const EntityView&) -> std::optional<double> {
  if (seen.in_progress) return std::nullopt;
  return ShownSeconds(seen.duration);
};
constexpr auto kNumbers = std::to_array<ValueRow<NumberOf>>({
    {Keyword::kDuration, kTime},
    {Keyword::kResponseTime, kTime},
    {Keyword::kHttpStatus,
     [](const NodeObservation&, const EntityView& entity) {
       return StatusOf(entity);
     }},
});
static_assert(AreAllOf(ValueType::kNumber, Scope::kService, kNumbers));

// Of the node.
using NodeText = std::string_view (*)(const storage::ServiceId&);
constexpr auto kNodeTexts = std::to_array<ValueRow<NodeText>>({
    {Keyword::kName,
     [](const storage::ServiceId& s) -> std::string_view { return s.name; }},
    {Keyword::kType,
     [](const storage::ServiceId& s) -> std::string_view { return s.type; }},
    {Keyword::kAccountId,
     [](const storage::ServiceId& s) -> std::string_view {
       return s.account_id;
     }},
});
// Of the parts of a segment, each its own.
constexpr auto kPartTexts = std::to_array<ValueRow<EntityText>>({
    {Keyword::kUser,
     [](const EntityView& e) -> std::string_view { return e.user; }},
    {Keyword::kAvailabilityZone,
     [](const EntityView& e) -> std::string_view {
       return e.aws.availability_zone;
     }},
    {Keyword::kInstanceId,
     [](const EntityView& e) -> std::string_view { return e.aws.instance_id; }},
    {Keyword::kResourceArn,
     [](const EntityView& e) -> std::string_view { return e.resource_arn; }},
});
static_assert(AreAllOf(ValueType::kString, Scope::kService, kNodeTexts,
                       kPartTexts, kHttpTexts));

bool IsOne(std::string_view text, TextTest is) {
  return !text.empty() && is(text);
}

}  // namespace

bool SegmentSubject::Flag(Keyword keyword) const {
  if (const FlagOf flag = FindValue(kFlags, keyword)) return flag(seen_);
  return !seen_.in_progress && IsOutcome(seen_.outcome, keyword);
}

std::optional<double> SegmentSubject::Number(Keyword keyword) const {
  const NumberOf number = FindValue(kNumbers, keyword);
  if (number == nullptr) return std::nullopt;
  return number(seen_, trace_.entity(seen_.entity));
}

bool SegmentSubject::AnyText(Keyword keyword, TextTest is) const {
  if (const NodeText text = FindValue(kNodeTexts, keyword)) {
    return IsOne(text(service_), is);
  }
  if (const EntityText text = FindValue(kPartTexts, keyword)) {
    return !seen_.inferred &&
           AnyInside(trace_, seen_.entity, [&](uint32_t node) {
             return IsOne(text(trace_.entity(node)), is);
           });
  }
  return IsOne(HttpTextOf(trace_.entity(seen_.entity), keyword), is);
}

bool SegmentSubject::AnyAnnotation(std::string_view key,
                                   AnnotationValueTest is) const {
  return !seen_.inferred && AnyInside(trace_, seen_.entity, [&](uint32_t node) {
    return annotations_.Any(node, key, is);
  });
}

}  // namespace roentgen::query
