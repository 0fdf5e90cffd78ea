#include "query/lang/checker.h"

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "query/lang/keyword_table.h"

namespace roentgen::query {
namespace {

using Fault = std::optional<SyntaxError>;

class Checker {
 public:
  explicit Checker(Scope scope) : scope_(scope) {}

  Fault Run(const Expression& expression) {
    position_ = expression.position;
    return std::visit(*this, expression.node);
  }

  Fault operator()(const KeywordTest& test) const {
    const KeywordRow& row = RowOf(test.keyword);
    if (!row.IsAllowedIn(scope_)) return NotHere(row.name);
    if (AllowsOperator(row.type, test.comparison.op)) return std::nullopt;
    SyntaxError error = InvalidSymbol(position_, row.name, {});
    error.message = "Invalid operator '" +
                    std::string(OperatorText(test.comparison.op)) +
                    "' for keyword '" + std::string(row.name) + "'";
    return error;
  }

  Fault operator()(const AnnotationTest& test) const {
    if (AllowsAnnotations(scope_)) return std::nullopt;
    return NotHere("annotation." + test.key);
  }

  Fault operator()(const ServiceTest& test) const {
    return Complex("service", Scope::kService, test.body);
  }

  Fault operator()(const EdgeTest& test) const {
    return Complex("edge", Scope::kEdge, test.body);
  }

  Fault operator()(const GroupTest& test) const {
    return Complex(test.by_arn ? "group.arn" : "group.name", scope_, {});
  }

  Fault operator()(const CauseTest& test) const {
    return Complex(CauseTestName(test.kind, test.element), ScopeOf(test),
                   test.body);
  }

  Fault operator()(const CauseJsonTest&) const {
    return Complex("rootcause.json", scope_, {});
  }

  Fault operator()(const AndNode& node) const { return All(node.terms); }
  Fault operator()(const OrNode& node) const { return All(node.terms); }
  Fault operator()(const NotNode& node) const { return All(node.term); }
  Fault operator()(const ConstantNode&) const { return std::nullopt; }

 private:
  Fault All(const std::vector<Expression>& terms) const {
    for (const Expression& term : terms) {
      if (Fault fault = Checker(scope_).Run(term)) return fault;
    }
    return std::nullopt;
  }

  // What stands at the top only, and what is in its braces.
  Fault Complex(std::string_view name, Scope scope,
                const std::vector<Expression>& body) const {
    if (scope_ != Scope::kTrace) return NotHere(name);
    return Checker(scope).All(body);
  }

  Fault NotHere(std::string_view name) const {
    std::string known;
    for (const std::string& n : NamesIn(scope_)) {
      known += (known.empty() ? "known here: " : ", ") + n;
    }
    return InvalidSymbol(position_, name, std::move(known));
  }

  const Scope scope_;
  SourcePosition position_;
};

}  // namespace

std::optional<SyntaxError> Check(const Expression& expression) {
  return Checker(Scope::kTrace).Run(expression);
}

}  // namespace roentgen::query
