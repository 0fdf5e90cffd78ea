#include "query/search/compiled_filter.h"

#include <optional>
#include <utility>
#include <variant>

#include "base/status_macros.h"
#include "query/lang/filter.h"
#include "query/lang/printer.h"
#include "query/plan/planner.h"
#include "query/search/service_window.h"

namespace roentgen::query {
namespace {

class EmptyLookup final : public GroupLookup {
 public:
  std::optional<GroupFilter> FindByName(std::string_view) const override {
    return std::nullopt;
  }
  std::optional<GroupFilter> FindByArn(std::string_view) const override {
    return std::nullopt;
  }
};

}  // namespace

absl::StatusOr<CompiledFilter> CompileFilter(std::string_view text,
                                             const GroupLookup& groups) {
  std::variant<Expression, SyntaxError> parsed = ParseFilter(text);
  if (const auto* error = std::get_if<SyntaxError>(&parsed)) {
    return absl::InvalidArgumentError(error->Message());
  }
  RTG_ASSIGN_OR_RETURN(
      Expression resolved,
      ResolveGroups(std::get<Expression>(std::move(parsed)), groups));
  std::string printed = Print(resolved);
  storage::TracePredicate plan = PlanFilter(resolved);
  std::vector<NodeSelector> services = NamedServices(resolved);
  return CompiledFilter{.text = std::move(printed),
                        .plan = std::move(plan),
                        .evaluator = Evaluator(std::move(resolved)),
                        .services = std::move(services)};
}

const GroupLookup& NoGroups() {
  static const EmptyLookup lookup;
  return lookup;
}

bool IsBlank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

}  // namespace roentgen::query
