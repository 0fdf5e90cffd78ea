// roentgen groups: what groups there are, and changes of them.
#include <grpcpp/client_context.h>

#include <string>
#include <vector>

#include "server/cli/commands.h"
#include "server/cli/search_flags.h"
#include "server/cli/waterfall.h"

namespace roentgen::server {
namespace {

constexpr size_t kNameWidth = 32;

void PrintGroup(const v1::Group& group, const Arguments& arguments,
                const CommandContext& context) {
  if (arguments.Has("json")) {
    PrintJson(group, context);
    return;
  }
  const std::string& expression = group.filter_expression();
  context.out << FitWidth(group.name(), kNameWidth) << "  "
              << (expression.empty() ? "(every trace)"
                                     : FitWidth(expression, expression.size()))
              << '\n';
}

int List(const Arguments& arguments, const CommandContext& context) {
  v1::ListGroupsResponse response;
  const auto call = NewCall(context);
  const grpc::Status status =
      context.groups.ListGroups(call.get(), {}, &response);
  if (!status.ok()) return Fail(status, context);
  for (const v1::Group& group : response.groups()) {
    PrintGroup(group, arguments, context);
  }
  return kExitOk;
}

int Create(const std::string& name, const std::string& expression,
           const Arguments& arguments, const CommandContext& context) {
  v1::CreateGroupRequest request;
  request.set_name(name);
  request.set_filter_expression(expression);
  v1::Group group;
  const auto call = NewCall(context);
  const grpc::Status status =
      context.groups.CreateGroup(call.get(), request, &group);
  if (!status.ok()) return Fail(status, context);
  PrintGroup(group, arguments, context);
  return kExitOk;
}

int Update(const std::string& name, const std::string& expression,
           const Arguments& arguments, const CommandContext& context) {
  v1::UpdateGroupRequest request;
  request.set_name(name);
  request.set_filter_expression(expression);
  v1::Group group;
  const auto call = NewCall(context);
  const grpc::Status status =
      context.groups.UpdateGroup(call.get(), request, &group);
  if (!status.ok()) return Fail(status, context);
  PrintGroup(group, arguments, context);
  return kExitOk;
}

int Delete(const std::string& name, const CommandContext& context) {
  v1::DeleteGroupRequest request;
  request.set_name(name);
  v1::DeleteGroupResponse response;
  const auto call = NewCall(context);
  const grpc::Status status =
      context.groups.DeleteGroup(call.get(), request, &response);
  return status.ok() ? kExitOk : Fail(status, context);
}

}  // namespace

int GroupsCommand(const Arguments& arguments, const CommandContext& context) {
  const std::vector<std::string>& words = arguments.words();
  if (words.empty() || (words.size() == 1 && words[0] == "list")) {
    return List(arguments, context);
  }
  const std::string& verb = words[0];
  if (verb == "delete" && words.size() == 2) return Delete(words[1], context);
  const bool creates =
      verb == "create" && (words.size() == 2 || words.size() == 3);
  const bool updates = verb == "update" && words.size() == 3;
  if (!creates && !updates) {
    return Misuse(
        "groups: expected list, create NAME [FILTER], update NAME FILTER or "
        "delete NAME",
        context);
  }
  const absl::StatusOr<std::string> expression =
      CheckedFilter(words.size() == 3 ? words[2] : "");
  if (!expression.ok()) {
    return Misuse(std::string(expression.status().message()), context);
  }
  return creates ? Create(words[1], *expression, arguments, context)
                 : Update(words[1], *expression, arguments, context);
}

}  // namespace roentgen::server
