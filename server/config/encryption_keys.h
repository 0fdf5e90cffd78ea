// The master keys of the store, from where the settings say.
//
// A file, or what a command prints:
//
//   current: 2026-q2
//   keys:
//     2026-q2: 64 hexadecimal digits, or base64 of 32 bytes
//     2026-q1: ...
//
// or one key alone, whose id is made of it then. The variable
// ROENTGEN_ENCRYPTION_KEYS has "ID:KEY,ID:KEY", of which the first is the
// current one, or one key alone.
//
// Errors are InvalidArgument or NotFound and name the place and the line, never
// a key. Texts are in memory that is cleared.
//
// Threads: thread-safe.
#ifndef ROENTGEN_SERVER_CONFIG_ENCRYPTION_KEYS_H_
#define ROENTGEN_SERVER_CONFIG_ENCRYPTION_KEYS_H_

#include <memory>
#include <string_view>

#include "absl/status/statusor.h"
#include "server/config/config.h"
#include "storage/files/master_keys.h"

namespace roentgen::server {

using MasterKeySetPointer = std::shared_ptr<const storage::MasterKeySet>;

// Null: none are configured. Reads the file or runs the command each time; the
// variable once, and clears it then. The file must not be open to others than
// its owner and its group. Errors also: DeadlineExceeded when the command takes
// too long.
absl::StatusOr<MasterKeySetPointer> LoadMasterKeys(const Config& config);

// `where` is the text's name in errors.
absl::StatusOr<MasterKeySetPointer> ParseMasterKeys(std::string_view text,
                                                    std::string_view where);
// That of the variable.
absl::StatusOr<MasterKeySetPointer> ParseMasterKeyList(std::string_view text,
                                                       std::string_view where);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_CONFIG_ENCRYPTION_KEYS_H_
