// Tags in requests and answers.
//
// Threads: pure.
#ifndef ROENTGEN_SERVER_XRAY_OPERATIONS_TAG_VALUES_H_
#define ROENTGEN_SERVER_XRAY_OPERATIONS_TAG_VALUES_H_

#include <vector>

#include "query/groups/group.h"
#include "server/xray/model/api_value.h"

namespace roentgen::server {

// Of the member Tags; none when it is absent.
std::vector<query::Tag> TagsOf(const ApiValue& request);

ApiList ToValue(const std::vector<query::Tag>& tags);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_XRAY_OPERATIONS_TAG_VALUES_H_
