// X-Ray's operations on tags, of groups and of sampling rules: TagResource,
// UntagResource, ListTagsForResource.
//
// Threads: see api_functions.h.
#ifndef ROENTGEN_SERVER_API_TAG_API_H_
#define ROENTGEN_SERVER_API_TAG_API_H_

#include "query/groups/group_catalog.h"
#include "server/api/api_functions.h"
#include "server/sampling/rule_catalog.h"

namespace roentgen::server {

// Both outlive the functions.
void AddTagFunctions(ApiFunctions& functions, query::GroupCatalog& groups,
                     RuleCatalog& rules);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_API_TAG_API_H_
