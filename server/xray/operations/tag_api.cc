#include "server/xray/operations/tag_api.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status_macros.h"
#include "server/aws_status.h"
#include "server/sampling/tag_change.h"
#include "server/xray/operations/tag_values.h"

namespace roentgen::server {
namespace {

using Answer = absl::StatusOr<ApiValue>;
using query::Tag;

// arn:partition:xray:region:account:group/... What stands after the account may
// have colons of its own: rules have any name.
bool IsGroup(std::string_view arn) {
  constexpr int kColonsBefore = 5;
  for (int i = 0; i < kColonsBefore; ++i) {
    const size_t colon = arn.find(':');
    if (colon == arn.npos) return false;
    arn.remove_prefix(colon + 1);
  }
  return arn.starts_with("group/");
}

absl::Status Change(Space& space, const std::string& arn,
                    const std::vector<Tag>& upsert,
                    const std::vector<std::string>& remove_keys) {
  if (!IsGroup(arn)) {
    return space.rules().ChangeTags(arn, upsert, remove_keys);
  }
  const absl::Status changed =
      space.groups().EditTags(arn, [&](std::vector<Tag>& tags) {
        return ApplyTagChange(arn, upsert, remove_keys, tags);
      });
  return absl::IsNotFound(changed) ? ResourceNotFound(arn) : changed;
}

absl::StatusOr<std::vector<Tag>> TagsOf(Space& space, const std::string& arn) {
  if (!IsGroup(arn)) return space.rules().Tags(arn);
  const auto group = space.groups().Get({.name = std::nullopt, .arn = arn});
  if (!group.ok()) return ResourceNotFound(arn);
  return group->tags;
}

std::string ArnOf(const ApiValue& request) {
  return request.Text("ResourceARN").value_or("");
}

}  // namespace

void AddTagFunctions(ApiFunctions& functions) {
  functions.Add(
      "TagResource",
      [](Space& space, const ApiValue& request, const Call&) -> Answer {
        RTG_RETURN_IF_ERROR(Change(space, ArnOf(request), TagsOf(request), {}));
        return ApiValue(ApiFields());
      });
  functions.Add(
      "UntagResource",
      [](Space& space, const ApiValue& request, const Call&) -> Answer {
        std::vector<std::string> keys;
        for (const ApiValue& key : request.Find("TagKeys")->list()) {
          keys.push_back(*key.As<std::string>());
        }
        RTG_RETURN_IF_ERROR(Change(space, ArnOf(request), {}, keys));
        return ApiValue(ApiFields());
      });
  functions.Add(
      "ListTagsForResource",
      [](Space& space, const ApiValue& request, const Call&) -> Answer {
        RTG_ASSIGN_OR_RETURN(const std::vector<Tag> tags,
                             TagsOf(space, ArnOf(request)));
        return ApiValue(ApiFields{{"Tags", ToValue(tags)}});
      });
}

}  // namespace roentgen::server
