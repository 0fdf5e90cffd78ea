// Puts the configuration together: flags beat the environment, which beats
// the file, which beats the defaults.
//
// Threads: pure, but for reading the file.
#ifndef ROENTGEN_SERVER_CONFIG_CONFIG_LOADER_H_
#define ROENTGEN_SERVER_CONFIG_CONFIG_LOADER_H_

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "server/config/config.h"
#include "server/config/settings.h"

namespace roentgen::server {

struct LoadedConfig {
  Config config;
  bool help = false;   // --help
  bool check = false;  // --check-config
};

// `args` are what follows "serve": --name=value, --name value, --config=FILE,
// --check-config, --help. `environment` holds variables by name; those that
// begin with ROENTGEN_ must be known, but for the client's ROENTGEN_ADDRESS,
// the master keys' ROENTGEN_ENCRYPTION_KEYS, and the tests'
// ROENTGEN_CRASH_POINT and ROENTGEN_TEST_*.
// InvalidArgument names the setting and where its value stands; NotFound when
// the file is not there. `listeners` stand in the file alone, and not beside
// settings that they replace.
absl::StatusOr<LoadedConfig> LoadConfig(
    const std::vector<std::string>& args,
    const std::map<std::string, std::string>& environment);

// The text of a configuration file over what `config` holds. `where` is its
// name in errors. `given`, if it is not null, gets the settings that it has.
absl::Status ApplyYaml(const std::string& text, std::string_view where,
                       Config& config,
                       std::vector<const Setting*>* given = nullptr);

// This process's, but for the master keys.
std::map<std::string, std::string> ReadEnvironment();

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_CONFIG_CONFIG_LOADER_H_
