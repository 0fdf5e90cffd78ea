#include "query/eval/edge_subject.h"

#include "query/eval/comparison.h"
#include "query/eval/entity_values.h"

namespace roentgen::query {

bool EdgeSubject::Flag(Keyword keyword) const {
  return IsOutcome(seen_.outcome, keyword);
}

std::optional<double> EdgeSubject::Number(Keyword keyword) const {
  switch (keyword) {
    case Keyword::kDuration:
    case Keyword::kResponseTime:
      return ShownSeconds(seen_.duration);
    case Keyword::kHttpStatus:
      return StatusOf(trace_.entity(seen_.entity));
    default:
      return std::nullopt;
  }
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
