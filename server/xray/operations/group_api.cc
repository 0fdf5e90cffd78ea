#include "server/xray/operations/group_api.h"

#include <utility>

#include "base/status_macros.h"
#include "query/groups/group_catalog.h"
#include "server/xray/operations/tag_values.h"

namespace roentgen::server {
namespace {

using query::Group;
using query::GroupCatalog;

ApiValue ToValue(const Group& group) {
  ApiValue out = ApiFields();
  out.Set("GroupName", group.name);
  out.Set("GroupARN", group.arn);
  if (!group.filter_expression.empty()) {
    out.Set("FilterExpression", group.filter_expression);
  }
  out.Set("InsightsConfiguration",
          ApiFields{{"InsightsEnabled", group.insights_enabled},
                    {"NotificationsEnabled", group.notifications_enabled}});
  return out;
}

absl::StatusOr<ApiValue> Wrapped(const absl::StatusOr<Group>& group) {
  RTG_RETURN_IF_ERROR(group.status());
  return ApiValue(ApiFields{{"Group", ToValue(*group)}});
}

query::GroupKey KeyOf(const ApiValue& request) {
  return {.name = request.Text("GroupName"), .arn = request.Text("GroupARN")};
}

query::InsightsSettings InsightsOf(const ApiValue& request) {
  const ApiValue* insights = request.Find("InsightsConfiguration");
  if (insights == nullptr) return {};
  return {.insights_enabled = insights->Bool("InsightsEnabled"),
          .notifications_enabled = insights->Bool("NotificationsEnabled")};
}

absl::StatusOr<ApiValue> CreateGroup(GroupCatalog& groups,
                                     const ApiValue& request) {
  return Wrapped(
      groups.Create({.name = request.Text("GroupName").value_or(""),
                     .filter_expression = request.Text("FilterExpression"),
                     .insights = InsightsOf(request),
                     .tags = TagsOf(request)}));
}

absl::StatusOr<ApiValue> GetGroup(GroupCatalog& groups,
                                  const ApiValue& request) {
  return Wrapped(groups.Get(KeyOf(request)));
}

absl::StatusOr<ApiValue> GetGroups(GroupCatalog& groups,
                                   const ApiValue& request) {
  if (request.Find("NextToken") != nullptr) {
    return absl::InvalidArgumentError("Next Token not supported");
  }
  ApiList list;
  for (const Group& group : groups.List()) list.push_back(ToValue(group));
  return ApiValue(ApiFields{{"Groups", std::move(list)}});
}

absl::StatusOr<ApiValue> UpdateGroup(GroupCatalog& groups,
                                     const ApiValue& request) {
  return Wrapped(groups.Update(
      KeyOf(request), {.filter_expression = request.Text("FilterExpression"),
                       .insights = InsightsOf(request)}));
}

absl::StatusOr<ApiValue> DeleteGroup(GroupCatalog& groups,
                                     const ApiValue& request) {
  RTG_RETURN_IF_ERROR(groups.Delete(KeyOf(request)));
  return ApiValue(ApiFields());
}

}  // namespace

void AddGroupFunctions(ApiFunctions& functions) {
  using Run = absl::StatusOr<ApiValue> (*)(GroupCatalog&, const ApiValue&);
  const auto add = [&](std::string_view name, Run run) {
    functions.Add(name,
                  [run](Space& space, const ApiValue& request, const Call&) {
                    return run(space.groups(), request);
                  });
  };
  add("CreateGroup", CreateGroup);
  add("GetGroup", GetGroup);
  add("GetGroups", GetGroups);
  add("UpdateGroup", UpdateGroup);
  add("DeleteGroup", DeleteGroup);
}

}  // namespace roentgen::server
