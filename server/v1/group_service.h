// roentgen.v1.GroupService: groups, on the read pool: a change waits for the
// disk.
#ifndef ROENTGEN_SERVER_V1_GROUP_SERVICE_H_
#define ROENTGEN_SERVER_V1_GROUP_SERVICE_H_

#include "roentgen/v1/group_service.grpc.pb.h"
#include "server/v1/v1_context.h"

namespace roentgen::server {

class GroupService : public v1::GroupService::CallbackService {
 public:
  // `context` outlives this object.
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

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_V1_GROUP_SERVICE_H_
