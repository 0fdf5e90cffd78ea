#include "query/lang/keyword_table.h"

#include <algorithm>
#include <array>

#include "query/lang/characters.h"
#include "query/lang/edit_distance.h"

namespace roentgen::query {
namespace {

constexpr std::array<std::string_view, 10> kOperators = {
    "", "=", "!=", "<", "<=", ">", ">=", "CONTAINS", "BEGINSWITH", "ENDSWITH"};

constexpr std::array<std::string_view, 3> kKinds = {"responsetime", "fault",
                                                    "error"};
constexpr std::array<std::string_view, 3> kElements = {"service", "entity",
                                                       "exception"};

constexpr std::array<std::string_view, 7> kReserved = {
    "and", "or", "true", "false", "contains", "beginswith", "endswith"};

// A word this far from a name is no slip of the keyboard.
constexpr size_t kSlipsMax = 2;

std::string Join(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) {
    out += (out.empty() ? "" : ", ") + name;
  }
  return out;
}

}  // namespace

const KeywordRow* FindKeyword(std::string_view name) {
  for (const KeywordRow& row : KeywordRows()) {
    if (EqualsIgnoreCase(row.name, name)) return &row;
  }
  return nullptr;
}

bool AllowsAnnotations(Scope scope) {
  return (keyword_rows::kSeen & keyword_rows::In(scope)) != 0;
}

bool AllowsOperator(ValueType type, Operator op) {
  switch (op) {
    case Operator::kExists:
    case Operator::kEqual:
    case Operator::kNotEqual:
      return true;
    case Operator::kLess:
    case Operator::kLessEqual:
    case Operator::kGreater:
    case Operator::kGreaterEqual:
      return type == ValueType::kNumber;
    case Operator::kContains:
    case Operator::kBeginsWith:
    case Operator::kEndsWith:
      return type == ValueType::kString;
  }
  return false;
}

Scope ScopeOf(const CauseTest& test) {
  switch (test.element) {
    case CauseElement::kService:
      return Scope::kCauseService;
    case CauseElement::kEntity:
      return test.kind == CauseKind::kResponseTime ? Scope::kResponseTimeEntity
                                                   : Scope::kCauseEntity;
    case CauseElement::kException:
      break;
  }
  return Scope::kCauseException;
}

std::string_view OperatorText(Operator op) {
  return kOperators[static_cast<size_t>(op)];
}

std::string CauseTestName(CauseKind kind, CauseElement element) {
  std::string name = "rootcause.";
  name += kKinds[static_cast<size_t>(kind)];
  name += '.';
  name += kElements[static_cast<size_t>(element)];
  return name;
}

bool IsCauseTest(CauseKind kind, CauseElement element) {
  return kind != CauseKind::kResponseTime ||
         element != CauseElement::kException;
}

std::vector<std::string> NamesIn(Scope scope) {
  std::vector<std::string> names;
  for (const KeywordRow& row : KeywordRows()) {
    if (row.IsAllowedIn(scope)) names.emplace_back(row.name);
  }
  if (AllowsAnnotations(scope)) names.emplace_back("annotation.KEY");
  if (scope != Scope::kTrace) return names;
  for (const char* name : {"service", "edge", "group.name", "group.arn"}) {
    names.emplace_back(name);
  }
  for (size_t kind = 0; kind < kKinds.size(); ++kind) {
    for (size_t element = 0; element < kElements.size(); ++element) {
      const auto k = static_cast<CauseKind>(kind);
      const auto e = static_cast<CauseElement>(element);
      if (IsCauseTest(k, e)) names.push_back(CauseTestName(k, e));
    }
  }
  names.emplace_back("rootcause.json");
  return names;
}

std::string HintFor(std::string_view word, Scope scope) {
  for (std::string_view reserved : kReserved) {
    if (EqualsIgnoreCase(word, reserved)) return "a test is missing before it";
  }
  const std::vector<std::string> names = NamesIn(scope);
  const std::string lower = ToLower(word);
  const std::string* nearest = nullptr;
  // Of "ma" everything is two slips away: short words get fewer.
  size_t slips = std::min(kSlipsMax, lower.size() / 3) + 1;
  for (const std::string& name : names) {
    const size_t distance = EditDistance(lower, name, slips);
    if (distance >= slips) continue;
    slips = distance;
    nearest = &name;
  }
  if (nearest != nullptr) return "did you mean '" + *nearest + "'?";
  return "known here: " + Join(names);
}

}  // namespace roentgen::query
