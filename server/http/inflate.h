// Inflates gzip request bodies under a size bound.
//
// Threads: pure.
#ifndef ROENTGEN_SERVER_HTTP_INFLATE_H_
#define ROENTGEN_SERVER_HTTP_INFLATE_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/memory_budget.h"

namespace roentgen::server {

// `gzip` may hold several members. Memory is taken from `lease` as it is
// needed, so a bomb costs what is allowed and no more.
// OutOfRange: more than `bytes_max`. ResourceExhausted: `lease` cannot grow.
// InvalidArgument: damaged or cut off.
absl::StatusOr<std::string> InflateGzip(std::string_view gzip, size_t bytes_max,
                                        MemoryLease& lease);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_HTTP_INFLATE_H_
