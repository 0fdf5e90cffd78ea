#include "query/eval/segment_subject.h"

#include <cstdint>
#include <vector>

#include "absl/functional/function_ref.h"
#include "query/eval/comparison.h"
#include "query/eval/entity_values.h"

namespace roentgen::query {
namespace {

using storage::EntityView;

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

// Values that the parts of a segment have, each its own.
std::string_view PartText(const EntityView& entity, Keyword keyword) {
  switch (keyword) {
    case Keyword::kUser:
      return entity.user;
    case Keyword::kAvailabilityZone:
      return entity.aws.availability_zone;
    case Keyword::kInstanceId:
      return entity.aws.instance_id;
    case Keyword::kResourceArn:
      return entity.resource_arn;
    default:
      return {};
  }
}

bool IsOne(std::string_view text, TextTest is) {
  return !text.empty() && is(text);
}

}  // namespace

bool SegmentSubject::Flag(Keyword keyword) const {
  if (keyword == Keyword::kRoot) return seen_.root;
  if (keyword == Keyword::kInferred) return seen_.inferred;
  return !seen_.in_progress && IsOutcome(seen_.outcome, keyword);
}

std::optional<double> SegmentSubject::Number(Keyword keyword) const {
  if (keyword == Keyword::kHttpStatus) {
    return StatusOf(trace_.entity(seen_.entity));
  }
  const bool timed =
      keyword == Keyword::kDuration || keyword == Keyword::kResponseTime;
  if (!timed || seen_.in_progress) return std::nullopt;
  return ShownSeconds(seen_.duration);
}

bool SegmentSubject::AnyText(Keyword keyword, TextTest is) const {
  switch (keyword) {
    case Keyword::kName:
      return IsOne(service_.name, is);
    case Keyword::kType:
      return IsOne(service_.type, is);
    case Keyword::kAccountId:
      return IsOne(service_.account_id, is);
    case Keyword::kUser:
    case Keyword::kAvailabilityZone:
    case Keyword::kInstanceId:
    case Keyword::kResourceArn:
      return !seen_.inferred &&
             AnyInside(trace_, seen_.entity, [&](uint32_t node) {
               return IsOne(PartText(trace_.entity(node), keyword), is);
             });
    default:
      return IsOne(HttpTextOf(trace_.entity(seen_.entity), keyword), is);
  }
}

bool SegmentSubject::AnyAnnotation(std::string_view key,
                                   AnnotationValueTest is) const {
  return !seen_.inferred && AnyInside(trace_, seen_.entity, [&](uint32_t node) {
    return annotations_.Any(node, key, is);
  });
}

}  // namespace roentgen::query
