#include "server/v1/group_service.h"

#include <memory>
#include <utility>

#include "base/status_macros.h"
#include "query/groups/group_catalog.h"
#include "roentgen/v1/group_service.grpc.pb.h"

namespace roentgen::server {
namespace {

void GroupToProto(const query::Group& from, v1::Group* to) {
  to->set_name(from.name);
  to->set_arn(from.arn);
  to->set_filter_expression(from.filter_expression);
  to->set_insights_enabled(from.insights_enabled);
  to->set_notifications_enabled(from.notifications_enabled);
  for (const query::Tag& tag : from.tags) {
    v1::Tag* added = to->add_tags();
    added->set_key(tag.key);
    added->set_value(tag.value);
  }
}

// A group that nothing says anything of has the empty name.
template <typename Request>
query::GroupKey KeyOf(const Request& request) {
  query::GroupKey key;
  if (!request.arn().empty()) key.arn = request.arn();
  if (!request.name().empty() || !key.arn) key.name = request.name();
  return key;
}

template <typename Request>
query::InsightsSettings InsightsOf(const Request& request) {
  query::InsightsSettings out;
  if (request.has_insights_enabled()) {
    out.insights_enabled = request.insights_enabled();
  }
  if (request.has_notifications_enabled()) {
    out.notifications_enabled = request.notifications_enabled();
  }
  return out;
}

query::GroupChange ChangeOf(const v1::UpdateGroupRequest& request) {
  query::GroupChange change{.filter_expression = {},
                            .insights = InsightsOf(request)};
  // Nothing at all to change is an empty expression, which is refused.
  if (request.has_filter_expression() ||
      (!request.has_insights_enabled() &&
       !request.has_notifications_enabled())) {
    change.filter_expression = request.filter_expression();
  }
  return change;
}

class GroupService : public v1::GroupService::CallbackService {
 public:
  explicit GroupService(const V1Context& context) : context_(context) {}

  grpc::ServerUnaryReactor* CreateGroup(grpc::CallbackServerContext* call,
                                        const v1::CreateGroupRequest* request,
                                        v1::Group* response) override;
  grpc::ServerUnaryReactor* ListGroups(
      grpc::CallbackServerContext* call, const v1::ListGroupsRequest* request,
      v1::ListGroupsResponse* response) override;
  grpc::ServerUnaryReactor* GetGroup(grpc::CallbackServerContext* call,
                                     const v1::GetGroupRequest* request,
                                     v1::Group* response) override;
  grpc::ServerUnaryReactor* UpdateGroup(grpc::CallbackServerContext* call,
                                        const v1::UpdateGroupRequest* request,
                                        v1::Group* response) override;
  grpc::ServerUnaryReactor* DeleteGroup(
      grpc::CallbackServerContext* call, const v1::DeleteGroupRequest* request,
      v1::DeleteGroupResponse* response) override;

 private:
  const V1Context& context_;
};

grpc::ServerUnaryReactor* GroupService::CreateGroup(
    grpc::CallbackServerContext* call, const v1::CreateGroupRequest* request,
    v1::Group* response) {
  auto work = [request, response](Space& space,
                                  const Call&) -> absl::StatusOr<size_t> {
    query::NewGroup group;
    group.name = request->name();
    if (!request->filter_expression().empty()) {
      group.filter_expression = request->filter_expression();
    }
    group.insights = InsightsOf(*request);
    for (const v1::Tag& tag : request->tags()) {
      group.tags.push_back({.key = tag.key(), .value = tag.value()});
    }
    RTG_ASSIGN_OR_RETURN(const query::Group made,
                         space.groups().Create(std::move(group)));
    GroupToProto(made, response);
    return response->SpaceUsedLong();
  };
  return StartRead(context_, call, "CreateGroup", request, std::move(work));
}

grpc::ServerUnaryReactor* GroupService::ListGroups(
    grpc::CallbackServerContext* call, const v1::ListGroupsRequest*,
    v1::ListGroupsResponse* response) {
  auto work = [response](Space& space, const Call&) -> absl::StatusOr<size_t> {
    for (const query::Group& group : space.groups().List()) {
      GroupToProto(group, response->add_groups());
    }
    return response->SpaceUsedLong();
  };
  return StartRead(context_, call, "ListGroups", nullptr, std::move(work));
}

grpc::ServerUnaryReactor* GroupService::GetGroup(
    grpc::CallbackServerContext* call, const v1::GetGroupRequest* request,
    v1::Group* response) {
  auto work = [request, response](Space& space,
                                  const Call&) -> absl::StatusOr<size_t> {
    RTG_ASSIGN_OR_RETURN(const query::Group group,
                         space.groups().Get(KeyOf(*request)));
    GroupToProto(group, response);
    return response->SpaceUsedLong();
  };
  return StartRead(context_, call, "GetGroup", nullptr, std::move(work));
}

grpc::ServerUnaryReactor* GroupService::UpdateGroup(
    grpc::CallbackServerContext* call, const v1::UpdateGroupRequest* request,
    v1::Group* response) {
  auto work = [request, response](Space& space,
                                  const Call&) -> absl::StatusOr<size_t> {
    RTG_ASSIGN_OR_RETURN(
        const query::Group changed,
        space.groups().Update(KeyOf(*request), ChangeOf(*request)));
    GroupToProto(changed, response);
    return response->SpaceUsedLong();
  };
  return StartRead(context_, call, "UpdateGroup", request, std::move(work));
}

grpc::ServerUnaryReactor* GroupService::DeleteGroup(
    grpc::CallbackServerContext* call, const v1::DeleteGroupRequest* request,
    v1::DeleteGroupResponse*) {
  auto work = [request](Space& space, const Call&) -> absl::StatusOr<size_t> {
    RTG_RETURN_IF_ERROR(space.groups().Delete(KeyOf(*request)));
    return size_t{0};
  };
  return StartRead(context_, call, "DeleteGroup", request, std::move(work));
}

}  // namespace

std::unique_ptr<grpc::Service> NewGroupService(const V1Context& context) {
  return std::make_unique<GroupService>(context);
}

}  // namespace roentgen::server
