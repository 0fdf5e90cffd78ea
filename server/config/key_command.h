// What a command prints that gives out keys.
//
// Threads: thread-safe.
#ifndef ROENTGEN_SERVER_CONFIG_KEY_COMMAND_H_
#define ROENTGEN_SERVER_CONFIG_KEY_COMMAND_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "storage/files/secret.h"

namespace roentgen::server {

// Runs the program `words[0]`, which is an absolute path, with the other words
// as its arguments: no shell reads any of them. It has this process's
// environment and standard error, and nothing to read. Errors, which never have
// what it printed: InvalidArgument when it does not run, fails, prints nothing
// or more than limits::kMasterKeysTextBytesMax; DeadlineExceeded after `time`,
// when it is killed with all that it has started.
absl::StatusOr<storage::Secret> RunKeyCommand(
    const std::vector<std::string>& words, absl::Duration time);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_CONFIG_KEY_COMMAND_H_
