#include "server/http/group_handlers.h"

#include <memory>
#include <string>
#include <utility>
#include <variant>

#include "base/json_writer.h"
#include "server/http/group_request.h"
#include "server/http/on_worker.h"
#include "server/status_mapping.h"

namespace roentgen::server {
namespace {

using query::Group;
using query::GroupCatalog;

void WriteGroup(JsonWriter& json, const Group& group) {
  json.BeginObject();
  json.Key("GroupName").String(group.name);
  json.Key("GroupARN").String(group.arn);
  if (!group.filter_expression.empty()) {
    json.Key("FilterExpression").String(group.filter_expression);
  }
  json.Key("InsightsConfiguration").BeginObject();
  json.Key("InsightsEnabled").Bool(group.insights_enabled);
  json.Key("NotificationsEnabled").Bool(group.notifications_enabled);
  json.EndObject().EndObject();
}

HttpResponse GroupResponse(const absl::StatusOr<Group>& group,
                           const HttpRequest& request) {
  if (!group.ok()) {
    return ErrorResponse(ToAwsError(group.status(), request.id));
  }
  HttpResponse response;
  JsonWriter json(response.body);
  json.BeginObject().Key("Group");
  WriteGroup(json, *group);
  json.EndObject();
  return response;
}

HttpResponse CreateGroup(GroupCatalog& groups, HttpRequest& request) {
  auto decoded = DecodeCreateGroup(request.body);
  if (const auto* error = std::get_if<AwsError>(&decoded)) {
    return ErrorResponse(*error);
  }
  return GroupResponse(
      groups.Create(std::move(std::get<query::NewGroup>(decoded))), request);
}

HttpResponse GetGroup(GroupCatalog& groups, HttpRequest& request) {
  const auto decoded = DecodeGroupKey(request.body);
  if (const auto* error = std::get_if<AwsError>(&decoded)) {
    return ErrorResponse(*error);
  }
  return GroupResponse(groups.Get(std::get<query::GroupKey>(decoded)), request);
}

HttpResponse GetGroups(GroupCatalog& groups, HttpRequest& request) {
  const auto decoded = DecodeGetGroups(request.body);
  if (const auto* error = std::get_if<AwsError>(&decoded)) {
    return ErrorResponse(*error);
  }
  if (std::get<GetGroupsRequest>(decoded).next_token) {
    return ErrorResponse(ToAwsError(
        absl::InvalidArgumentError("Next Token not supported"), request.id));
  }
  HttpResponse response;
  JsonWriter json(response.body);
  json.BeginObject().Key("Groups").BeginArray();
  for (const Group& group : groups.List()) WriteGroup(json, group);
  json.EndArray().EndObject();
  return response;
}

HttpResponse UpdateGroup(GroupCatalog& groups, HttpRequest& request) {
  const auto decoded = DecodeUpdateGroup(request.body);
  if (const auto* error = std::get_if<AwsError>(&decoded)) {
    return ErrorResponse(*error);
  }
  const auto& update = std::get<UpdateGroupRequest>(decoded);
  return GroupResponse(groups.Update(update.key, update.change), request);
}

HttpResponse DeleteGroup(GroupCatalog& groups, HttpRequest& request) {
  const auto decoded = DecodeGroupKey(request.body);
  if (const auto* error = std::get_if<AwsError>(&decoded)) {
    return ErrorResponse(*error);
  }
  const absl::Status status = groups.Delete(std::get<query::GroupKey>(decoded));
  if (!status.ok()) return ErrorResponse(ToAwsError(status, request.id));
  HttpResponse response;
  response.body = "{}";
  return response;
}

using Operation = HttpResponse (*)(GroupCatalog&, HttpRequest&);

HttpHandler Read(GroupCatalog& groups, WorkerPool& workers,
                 Operation operation) {
  return OnWorker(workers, [&groups, operation]() -> Answer {
    return [&groups, operation](HttpRequest& request) {
      return operation(groups, request);
    };
  });
}

}  // namespace

void AddGroupRoutes(HttpRouter& router, GroupCatalog& groups,
                    WorkerPool& workers) {
  const auto add = [&](std::string path, std::string name,
                       Operation operation) {
    router.Add({.method = "POST",
                .path = std::move(path),
                .operation = std::move(name),
                .handler = Read(groups, workers, operation)});
  };
  add("/CreateGroup", "CreateGroup", CreateGroup);
  add("/GetGroup", "GetGroup", GetGroup);
  add("/Groups", "GetGroups", GetGroups);
  add("/UpdateGroup", "UpdateGroup", UpdateGroup);
  add("/DeleteGroup", "DeleteGroup", DeleteGroup);
}

}  // namespace roentgen::server
