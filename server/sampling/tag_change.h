// Changes of a resource's tags, with X-Ray's refusals.
//
// Threads: pure.
#ifndef ROENTGEN_SERVER_SAMPLING_TAG_CHANGE_H_
#define ROENTGEN_SERVER_SAMPLING_TAG_CHANGE_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "query/groups/group.h"

namespace roentgen::server {

// Sets the values of `upsert`, then removes `remove_keys`; keys that are not
// there are ignored. `tags` keep their order, new ones come last. On an error
// nothing changes: InvalidArgument for tags that may not be, and for the
// removal of AWS's own; TooManyTagsException naming `arn` when the first step
// makes more than 50.
absl::Status ApplyTagChange(std::string_view arn,
                            const std::vector<query::Tag>& upsert,
                            const std::vector<std::string>& remove_keys,
                            std::vector<query::Tag>& tags);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_SAMPLING_TAG_CHANGE_H_
