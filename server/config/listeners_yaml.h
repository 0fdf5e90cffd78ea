// The list `listeners` of a configuration file.
//
// Threads: pure.
#ifndef ROENTGEN_SERVER_CONFIG_LISTENERS_YAML_H_
#define ROENTGEN_SERVER_CONFIG_LISTENERS_YAML_H_

#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "server/config/listener.h"
#include "yaml-cpp/yaml.h"

namespace roentgen::server {

// `where` is the file's name. InvalidArgument names file, line, listener, field
// and value. What a listener is to the others is not looked at.
absl::StatusOr<std::vector<Listener>> ReadListeners(const YAML::Node& list,
                                                    std::string_view where);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_CONFIG_LISTENERS_YAML_H_
