// X-Ray's operations on groups: CreateGroup, GetGroup, GetGroups, UpdateGroup,
// DeleteGroup.
//
// Threads: see api_functions.h.
#ifndef ROENTGEN_SERVER_XRAY_OPERATIONS_GROUP_API_H_
#define ROENTGEN_SERVER_XRAY_OPERATIONS_GROUP_API_H_

#include "server/xray/operations/api_functions.h"

namespace roentgen::server {

void AddGroupFunctions(ApiFunctions& functions);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_XRAY_OPERATIONS_GROUP_API_H_
