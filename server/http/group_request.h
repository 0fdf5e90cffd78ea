// Reads the JSON bodies of the operations on groups; see xray_request.h.
//
// Threads: thread-safe; each thread keeps a parser of its own.
#ifndef ROENTGEN_SERVER_HTTP_GROUP_REQUEST_H_
#define ROENTGEN_SERVER_HTTP_GROUP_REQUEST_H_

#include <optional>
#include <string>
#include <variant>

#include "query/groups/group.h"
#include "server/status_mapping.h"

namespace roentgen::server {

// `body` may be reallocated.
std::variant<query::NewGroup, AwsError> DecodeCreateGroup(std::string& body);

// GetGroup and DeleteGroup.
std::variant<query::GroupKey, AwsError> DecodeGroupKey(std::string& body);

struct GetGroupsRequest {
  std::optional<std::string> next_token;
};
std::variant<GetGroupsRequest, AwsError> DecodeGetGroups(std::string& body);

struct UpdateGroupRequest {
  query::GroupKey key;
  query::GroupChange change;
};
std::variant<UpdateGroupRequest, AwsError> DecodeUpdateGroup(std::string& body);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_HTTP_GROUP_REQUEST_H_
