// Files of the operator that hold secrets.
//
// Threads: pure, but for reading the file.
#ifndef ROENTGEN_SERVER_CONFIG_PRIVATE_FILE_H_
#define ROENTGEN_SERVER_CONFIG_PRIVATE_FILE_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace roentgen::server {

// What stands in the file; `what` is what it is called in messages ("keys
// file"). A file that others than its owner and its group can read is used, but
// warned of: containers mount secrets that way. Errors: NotFound when it is not
// there, InvalidArgument when it is larger than `bytes_max`.
absl::StatusOr<std::string> ReadPrivateFile(const std::string& path,
                                            std::string_view what,
                                            size_t bytes_max);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_CONFIG_PRIVATE_FILE_H_
