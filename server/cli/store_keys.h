// The master keys that a command needs which reads a store's folder itself: by
// the same settings as the server's, from the environment, a configuration file
// and flags.
//
// Threads: thread-safe.
#ifndef ROENTGEN_SERVER_CLI_STORE_KEYS_H_
#define ROENTGEN_SERVER_CLI_STORE_KEYS_H_

#include <memory>

#include "absl/status/statusor.h"
#include "server/cli/arguments.h"
#include "server/cli/command_line.h"
#include "storage/files/master_keys.h"

namespace roentgen::server {

inline constexpr Flag kConfigFlag = {
    "config", "FILE", "the server's configuration, for its master keys"};
inline constexpr Flag kKeysFileFlag = {
    "encryption.keys_file", "FILE", "master keys of an encrypted store"};
inline constexpr Flag kKeyCommandFlag = {
    "encryption.key_command", "PROGRAM,ARGUMENT",
    "a program that prints the master keys"};

// Null: none are given. Errors: as LoadConfig and LoadMasterKeys.
absl::StatusOr<std::shared_ptr<storage::MasterKeys>> KeysOf(
    const Arguments& arguments);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_CLI_STORE_KEYS_H_
