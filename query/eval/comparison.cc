#include "query/eval/comparison.h"

#include <string>
#include <variant>

#include "query/lang/characters.h"

namespace roentgen::query {

bool MeetsFlag(bool value, const Comparison& comparison) {
  if (comparison.op == Operator::kExists) return value;
  const bool* literal = std::get_if<bool>(&comparison.literal);
  if (literal == nullptr) return false;
  if (comparison.op == Operator::kEqual) return value == *literal;
  return comparison.op == Operator::kNotEqual && value != *literal;
}

bool MeetsNumber(const storage::ExactNumber& value,
                 const Comparison& comparison) {
  if (comparison.op == Operator::kExists) return true;
  const auto* literal = std::get_if<storage::ExactNumber>(&comparison.literal);
  if (literal == nullptr) return false;
  switch (comparison.op) {
    case Operator::kEqual:
      return value == *literal;
    case Operator::kNotEqual:
      return value != *literal;
    case Operator::kLess:
      return value < *literal;
    case Operator::kLessEqual:
      return value <= *literal;
    case Operator::kGreater:
      return value > *literal;
    case Operator::kGreaterEqual:
      return value >= *literal;
    case Operator::kExists:
    case Operator::kContains:
    case Operator::kBeginsWith:
    case Operator::kEndsWith:
      break;
  }
  return false;
}

bool MeetsText(std::string_view value, const Comparison& comparison) {
  if (comparison.op == Operator::kExists) return true;
  const auto* literal = std::get_if<std::string>(&comparison.literal);
  if (literal == nullptr) return false;
  switch (comparison.op) {
    case Operator::kEqual:
      return value == *literal;
    case Operator::kNotEqual:
      return value != *literal;
    case Operator::kContains:
      return value.find(*literal) != std::string_view::npos;
    case Operator::kBeginsWith:
      return value.starts_with(*literal);
    case Operator::kEndsWith:
      return value.ends_with(*literal);
    case Operator::kExists:
    case Operator::kLess:
    case Operator::kLessEqual:
    case Operator::kGreater:
    case Operator::kGreaterEqual:
      break;
  }
  return false;
}

bool MeetsAnnotation(const storage::AnnotationView& value,
                     const Comparison& comparison) {
  if (const auto* text = std::get_if<std::string_view>(&value)) {
    return MeetsText(*text, comparison);
  }
  if (const auto* number = std::get_if<storage::ExactNumber>(&value)) {
    return MeetsNumber(*number, comparison);
  }
  const bool flag = std::get<bool>(value);
  const auto* quoted = std::get_if<std::string>(&comparison.literal);
  if (comparison.op == Operator::kExists || quoted == nullptr) {
    return MeetsFlag(flag, comparison);
  }
  const bool is_true = EqualsIgnoreCase(*quoted, "true");
  if (!is_true && !EqualsIgnoreCase(*quoted, "false")) return false;
  return MeetsFlag(flag, {.op = comparison.op, .literal = is_true});
}

double ShownSeconds(absl::Duration duration) {
  const absl::Duration half = absl::Microseconds(500);
  return static_cast<double>(absl::ToInt64Milliseconds(duration + half)) /
         1000.0;
}

}  // namespace roentgen::query
