// Groups by name -> their expressions.
//
//   RTG_ASSIGN_OR_RETURN(Expression resolved,
//                        ResolveGroups(std::move(expression), groups));
//
// Threads: pure; GroupLookup as its implementation says.
#ifndef ROENTGEN_QUERY_LANG_GROUPS_H_
#define ROENTGEN_QUERY_LANG_GROUPS_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "query/lang/expression.h"

namespace roentgen::query {

struct GroupFilter {
  std::string name;        // Unique among groups, with its case.
  std::string expression;  // Blank: every trace.
};

// The groups as they are now.
class GroupLookup {
 public:
  virtual ~GroupLookup() = default;

  // Nothing when there is no such group.
  virtual std::optional<GroupFilter> FindByName(
      std::string_view name) const = 0;
  virtual std::optional<GroupFilter> FindByArn(std::string_view arn) const = 0;
};

// How group `name` would stand within itself if `expression` were its own: the
// names on the way, from `name` to `name`. Empty: it would not.
std::vector<std::string> FindGroupCycle(const std::string& name,
                                        const std::string& expression,
                                        const GroupLookup& groups);

// `expression` with each group test replaced by the group's expression: no
// GroupTest is left. "!=" becomes the negation of "=". A group without an
// expression is always true; one that is unknown, or that stands within its
// own expression, never.
// Errors: InvalidArgument when groups are nested too deeply, the result is too
// large, or a group's expression does not parse (older servers may have
// taken it); it names the group or the limit.
absl::StatusOr<Expression> ResolveGroups(Expression expression,
                                         const GroupLookup& groups);

}  // namespace roentgen::query

#endif  // ROENTGEN_QUERY_LANG_GROUPS_H_
