// X-Ray's operations on tags, of groups and of sampling rules: TagResource,
// UntagResource, ListTagsForResource.
//
// Threads: see api_functions.h.
#ifndef ROENTGEN_SERVER_XRAY_OPERATIONS_TAG_API_H_
#define ROENTGEN_SERVER_XRAY_OPERATIONS_TAG_API_H_

#include "server/xray/operations/api_functions.h"

namespace roentgen::server {

void AddTagFunctions(ApiFunctions& functions);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_XRAY_OPERATIONS_TAG_API_H_
