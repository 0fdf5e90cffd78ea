#include "query/lang/groups.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>
#include <variant>
#include <vector>

#include "base/limits.h"
#include "base/status_macros.h"
#include "query/lang/characters.h"
#include "query/lang/filter.h"

namespace roentgen::query {
namespace {

class Resolver {
 public:
  explicit Resolver(const GroupLookup& groups) : groups_(groups) {}

  absl::Status Resolve(Expression& expression) {
    if (++nodes_ > limits::kFilterResolvedNodesMax) {
      return absl::InvalidArgumentError(
          "the expression and those of its groups are too large together: at "
          "most " +
          std::to_string(limits::kFilterResolvedNodesMax) + " terms");
    }
    if (const auto* test = std::get_if<GroupTest>(&expression.node)) {
      const bool negated = test->negated;
      Expression group;
      RTG_ASSIGN_OR_RETURN(group, ExpressionOf(*test));
      if (negated) {
        NotNode node;
        node.term.push_back(std::move(group));
        expression.node = std::move(node);
      } else {
        expression.node = std::move(group.node);
      }
      return absl::OkStatus();
    }
    return ResolveWithin(expression);
  }

 private:
  absl::Status ResolveWithin(Expression& expression) {
    if (auto* node = std::get_if<AndNode>(&expression.node)) {
      return ResolveAll(node->terms);
    }
    if (auto* node = std::get_if<OrNode>(&expression.node)) {
      return ResolveAll(node->terms);
    }
    if (auto* node = std::get_if<NotNode>(&expression.node)) {
      return ResolveAll(node->term);
    }
    return absl::OkStatus();  // Braces hold no groups.
  }

  absl::Status ResolveAll(std::vector<Expression>& terms) {
    for (Expression& term : terms) RTG_RETURN_IF_ERROR(Resolve(term));
    return absl::OkStatus();
  }

  // What `test` stands for, its negation aside.
  absl::StatusOr<Expression> ExpressionOf(const GroupTest& test) {
    const std::optional<GroupFilter> group =
        test.by_arn ? groups_.FindByArn(test.value)
                    : groups_.FindByName(test.value);
    const auto constant = [](bool value) {
      return Expression{.node = ConstantNode{value}};
    };
    if (!group) return constant(false);
    if (std::all_of(group->expression.begin(), group->expression.end(),
                    IsBlank)) {
      return constant(true);
    }
    if (std::find(within_.begin(), within_.end(), group->name) !=
        within_.end()) {
      return constant(false);
    }
    if (within_.size() == limits::kFilterGroupNestingMax) {
      return absl::InvalidArgumentError(
          "groups are nested too deeply: at most " +
          std::to_string(limits::kFilterGroupNestingMax) + " in one another");
    }
    Expression expression;
    RTG_ASSIGN_OR_RETURN(expression, Parsed(*group));
    within_.push_back(group->name);
    RTG_RETURN_IF_ERROR(Resolve(expression));
    within_.pop_back();
    return expression;
  }

  // A copy. Parsed once, however often it is named.
  absl::StatusOr<Expression> Parsed(const GroupFilter& group) {
    const auto known = parsed_.find(group.name);
    if (known != parsed_.end()) return known->second;
    auto parsed = ParseFilter(group.expression);
    if (const auto* error = std::get_if<SyntaxError>(&parsed)) {
      return absl::InvalidArgumentError("group \"" + group.name +
                                        "\": " + error->Message());
    }
    return parsed_.emplace(group.name, std::get<Expression>(std::move(parsed)))
        .first->second;
  }

  const GroupLookup& groups_;
  std::map<std::string, Expression> parsed_;
  std::vector<std::string> within_;  // Groups being resolved, outermost first.
  size_t nodes_ = 0;
};

// Looks for a way from one group to another.
class CycleFinder {
 public:
  CycleFinder(const GroupLookup& groups, const std::string& wanted)
      : groups_(groups), way_{wanted} {}

  // Whether `text` leads to the group that is wanted; the way is kept then.
  bool Leads(const std::string& text) {
    auto parsed = ParseFilter(text);
    const auto* expression = std::get_if<Expression>(&parsed);
    return expression != nullptr && Leads(*expression);
  }
  std::vector<std::string> way() && { return std::move(way_); }

 private:
  bool Leads(const Expression& expression) {
    if (const auto* test = std::get_if<GroupTest>(&expression.node)) {
      return Leads(*test);
    }
    if (const auto* node = std::get_if<AndNode>(&expression.node)) {
      return AnyLeads(node->terms);
    }
    if (const auto* node = std::get_if<OrNode>(&expression.node)) {
      return AnyLeads(node->terms);
    }
    if (const auto* node = std::get_if<NotNode>(&expression.node)) {
      return AnyLeads(node->term);
    }
    return false;
  }

  bool AnyLeads(const std::vector<Expression>& terms) {
    return std::any_of(terms.begin(), terms.end(),
                       [this](const Expression& term) { return Leads(term); });
  }

  bool Leads(const GroupTest& test) {
    // The group that is wanted may not be there yet.
    const bool is_wanted = !test.by_arn && test.value == way_.front();
    const std::optional<GroupFilter> group =
        test.by_arn ? groups_.FindByArn(test.value)
                    : groups_.FindByName(test.value);
    if (is_wanted || (group && group->name == way_.front())) {
      way_.push_back(way_.front());
      return true;
    }
    if (!group || !seen_.insert(group->name).second) return false;
    way_.push_back(group->name);
    if (Leads(group->expression)) return true;
    way_.pop_back();
    return false;
  }

  const GroupLookup& groups_;
  std::set<std::string> seen_;
  std::vector<std::string> way_;  // The wanted one first.
};

}  // namespace

std::vector<std::string> FindGroupCycle(const std::string& name,
                                        const std::string& expression,
                                        const GroupLookup& groups) {
  CycleFinder finder(groups, name);
  if (!finder.Leads(expression)) return {};
  return std::move(finder).way();
}

absl::StatusOr<Expression> ResolveGroups(Expression expression,
                                         const GroupLookup& groups) {
  RTG_RETURN_IF_ERROR(Resolver(groups).Resolve(expression));
  return expression;
}

}  // namespace roentgen::query
