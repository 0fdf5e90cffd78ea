// The file of access keys:
//
//   keys:
//     - id: AKIDCHECKOUT
//       secret: "..."
//       session_token: "..."             # May be left out.
//       expires: 2026-12-31              # Likewise.
//       permissions: [ingest, read]      # And administer.
//     - id: collector
//       certificates: ["dns:collector.example"]   # In place of a secret.
//       permissions: [ingest]
//
// Errors are InvalidArgument and name the file, the line and the field; never a
// secret. NotFound when the file is not there.
//
// Threads: pure, but for reading the file.
#ifndef ROENTGEN_SERVER_CONFIG_KEYS_FILE_H_
#define ROENTGEN_SERVER_CONFIG_KEYS_FILE_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "server/config/access_key.h"

namespace roentgen::server {

// Keys with different ids. A file that others than its owner and its group can
// read is used, but warned of: containers mount secrets that way.
absl::StatusOr<std::vector<AccessKey>> LoadKeysFile(const std::string& path);

// `where` is the text's name in errors.
absl::StatusOr<std::vector<AccessKey>> ParseKeys(const std::string& text,
                                                 std::string_view where);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_CONFIG_KEYS_FILE_H_
