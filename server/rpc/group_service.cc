#include "server/rpc/group_service.h"

#include <utility>

#include "base/status_macros.h"
#include "query/groups/group_catalog.h"
#include "server/rpc/unary_read.h"

namespace roentgen::server {
namespace {

void GroupToProto(const query::Group& from, v1::Group* to) {
  to->set_name(from.name);
  to->set_arn(from.arn);
  to->set_filter_expression(from.filter_expression);
}

}  // namespace

grpc::ServerUnaryReactor* GroupService::CreateGroup(
    grpc::CallbackServerContext* call, const v1::CreateGroupRequest* request,
    v1::Group* response) {
  auto work = [this, request,
               response](const CallControl&) -> absl::StatusOr<size_t> {
    query::NewGroup group;
    group.name = request->name();
    if (!request->filter_expression().empty()) {
      group.filter_expression = request->filter_expression();
    }
    RTG_ASSIGN_OR_RETURN(const query::Group made,
                         context_.groups.Create(std::move(group)));
    GroupToProto(made, response);
    return response->SpaceUsedLong();
  };
  return StartUnaryRead(context_, call, std::move(work));
}

grpc::ServerUnaryReactor* GroupService::ListGroups(
    grpc::CallbackServerContext* call, const v1::ListGroupsRequest*,
    v1::ListGroupsResponse* response) {
  auto work = [this, response](const CallControl&) -> absl::StatusOr<size_t> {
    for (const query::Group& group : context_.groups.List()) {
      GroupToProto(group, response->add_groups());
    }
    return response->SpaceUsedLong();
  };
  return StartUnaryRead(context_, call, std::move(work));
}

grpc::ServerUnaryReactor* GroupService::UpdateGroup(
    grpc::CallbackServerContext* call, const v1::UpdateGroupRequest* request,
    v1::Group* response) {
  auto work = [this, request,
               response](const CallControl&) -> absl::StatusOr<size_t> {
    RTG_ASSIGN_OR_RETURN(const query::Group changed,
                         context_.groups.Update(
                             {.name = request->name(), .arn = {}},
                             {.filter_expression = request->filter_expression(),
                              .insights = {}}));
    GroupToProto(changed, response);
    return response->SpaceUsedLong();
  };
  return StartUnaryRead(context_, call, std::move(work));
}

grpc::ServerUnaryReactor* GroupService::DeleteGroup(
    grpc::CallbackServerContext* call, const v1::DeleteGroupRequest* request,
    v1::DeleteGroupResponse*) {
  auto work = [this, request](const CallControl&) -> absl::StatusOr<size_t> {
    RTG_RETURN_IF_ERROR(
        context_.groups.Delete({.name = request->name(), .arn = {}}));
    return size_t{0};
  };
  return StartUnaryRead(context_, call, std::move(work));
}

}  // namespace roentgen::server
