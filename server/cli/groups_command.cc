// roentgen groups: what groups there are, and changes of them.
#include <grpcpp/client_context.h>

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "base/status_macros.h"
#include "roentgen/v1/group_service.grpc.pb.h"
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
                                     : FitWidth(expression, expression.size()));
  if (group.insights_enabled()) context.out << "  [insights]";
  if (group.notifications_enabled()) context.out << "  [notifications]";
  for (const v1::Tag& tag : group.tags()) {
    const std::string text = tag.key() + '=' + tag.value();
    context.out << "  " << FitWidth(text, text.size());
  }
  context.out << '\n';
}

// Sets what --insights and --notifications say. InvalidArgument names the flag
// that is neither on nor off.
template <typename Request>
absl::Status SetInsights(const Arguments& arguments, Request& request) {
  const auto set = [&](const char* flag,
                       void (Request::*member)(bool)) -> absl::Status {
    const auto text = arguments.Value(flag);
    if (!text) return absl::OkStatus();
    if (*text != "on" && *text != "off") {
      return absl::InvalidArgumentError("--" + std::string(flag) +
                                        ": expected on or off, was \"" + *text +
                                        "\"");
    }
    (request.*member)(*text == "on");
    return absl::OkStatus();
  };
  RTG_RETURN_IF_ERROR(set("insights", &Request::set_insights_enabled));
  return set("notifications", &Request::set_notifications_enabled);
}

int List(const Arguments& arguments, const CommandContext& context) {
  v1::ListGroupsResponse response;
  const auto call = NewCall(context);
  const grpc::Status status = v1::GroupService::Stub(context.channel)
                                  .ListGroups(call.get(), {}, &response);
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
  if (const absl::Status set = SetInsights(arguments, request); !set.ok()) {
    return Misuse(std::string(set.message()), context);
  }
  v1::Group group;
  const auto call = NewCall(context);
  const grpc::Status status = v1::GroupService::Stub(context.channel)
                                  .CreateGroup(call.get(), request, &group);
  if (!status.ok()) return Fail(status, context);
  PrintGroup(group, arguments, context);
  return kExitOk;
}

int Update(const std::string& name, const std::string& expression,
           const Arguments& arguments, const CommandContext& context) {
  v1::UpdateGroupRequest request;
  request.set_name(name);
  // Without one only flags say what changes.
  if (!expression.empty()) request.set_filter_expression(expression);
  if (const absl::Status set = SetInsights(arguments, request); !set.ok()) {
    return Misuse(std::string(set.message()), context);
  }
  v1::Group group;
  const auto call = NewCall(context);
  const grpc::Status status = v1::GroupService::Stub(context.channel)
                                  .UpdateGroup(call.get(), request, &group);
  if (!status.ok()) return Fail(status, context);
  PrintGroup(group, arguments, context);
  return kExitOk;
}

int Delete(const std::string& name, const CommandContext& context) {
  v1::DeleteGroupRequest request;
  request.set_name(name);
  v1::DeleteGroupResponse response;
  const auto call = NewCall(context);
  const grpc::Status status = v1::GroupService::Stub(context.channel)
                                  .DeleteGroup(call.get(), request, &response);
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
  const bool has_change = words.size() == 3 || arguments.Has("insights") ||
                          arguments.Has("notifications");
  const bool updates = verb == "update" && has_change &&
                       (words.size() == 2 || words.size() == 3);
  if (!creates && !updates) {
    return Misuse(
        "groups: expected list, create NAME [FILTER], update NAME FILTER or "
        "delete NAME; update also with --insights or --notifications alone",
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
