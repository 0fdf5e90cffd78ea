// Which names and tags a group may have.
//
// Threads: pure.
#ifndef ROENTGEN_QUERY_GROUPS_GROUP_RULES_H_
#define ROENTGEN_QUERY_GROUPS_GROUP_RULES_H_

#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "query/groups/group.h"

namespace roentgen::query {

// 1 to 32 letters, digits and dashes; else InvalidArgument.
absl::Status CheckGroupName(std::string_view name);

// At most 50, all with different keys, none of them AWS's own; letters,
// digits, spaces and _ . : / = + - @. Else InvalidArgument.
absl::Status CheckTags(const std::vector<Tag>& tags);

}  // namespace roentgen::query

#endif  // ROENTGEN_QUERY_GROUPS_GROUP_RULES_H_
