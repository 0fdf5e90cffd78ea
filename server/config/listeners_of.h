// The listeners of a configuration, with all that they leave to its other
// settings filled in.
//
// Threads: pure.
#ifndef ROENTGEN_SERVER_CONFIG_LISTENERS_OF_H_
#define ROENTGEN_SERVER_CONFIG_LISTENERS_OF_H_

#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "server/config/config.h"
#include "server/config/listener.h"

namespace roentgen::server {

// Those of `listeners`, or those that the short settings name. InvalidArgument
// names listener, field and value.
absl::StatusOr<std::vector<Listener>> ListenersOf(const Config& config);

// The names of those that the short settings make, whether they are on or off.
std::vector<std::string_view> ShortListenerNames();

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_CONFIG_LISTENERS_OF_H_
