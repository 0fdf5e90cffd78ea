#include "server/cli/store_keys.h"

#include <string>
#include <vector>

#include "base/status_macros.h"
#include "server/config/config_loader.h"
#include "server/config/encryption_keys.h"

namespace roentgen::server {

absl::StatusOr<std::shared_ptr<storage::MasterKeys>> KeysOf(
    const Arguments& arguments) {
  std::vector<std::string> flags;
  for (const Flag& flag : {kConfigFlag, kKeysFileFlag, kKeyCommandFlag}) {
    if (const auto value = arguments.Value(flag.name)) {
      flags.push_back("--" + std::string(flag.name) + '=' + *value);
    }
  }
  RTG_ASSIGN_OR_RETURN(const LoadedConfig loaded,
                       LoadConfig(flags, ReadEnvironment()));
  RTG_ASSIGN_OR_RETURN(MasterKeySetPointer keys, LoadMasterKeys(loaded.config));
  if (keys == nullptr) return std::shared_ptr<storage::MasterKeys>();
  return std::make_shared<storage::MasterKeys>(std::move(keys));
}

}  // namespace roentgen::server
