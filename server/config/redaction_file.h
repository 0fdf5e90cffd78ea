// The file that says what of traces is not to be kept:
//
//   hash_key: "..."       # Where a rule hashes; 16 bytes or more.
//   rules:
//     - {of: attribute, name: user.email, action: hash}
//     - {of: header, name: authorization, action: drop}
//     - {of: query_parameter, name: token, action: mask}
//     - {of: sql, action: mask}
//     - {of: client_address, action: mask}
//
// Errors are InvalidArgument and name the file, the line and the field; never
// the key. NotFound when the file is not there.
//
// Threads: pure, but for reading the file.
#ifndef ROENTGEN_SERVER_CONFIG_REDACTION_FILE_H_
#define ROENTGEN_SERVER_CONFIG_REDACTION_FILE_H_

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "trace/redact/redaction_rules.h"

namespace roentgen::server {

// Null where `path`, the setting redaction.file, is empty.
absl::StatusOr<std::shared_ptr<const storage::RedactionRules>>
LoadRedactionFile(const std::string& path);

// `where` is the text's name in errors.
absl::StatusOr<storage::RedactionRules> ParseRedaction(const std::string& text,
                                                       std::string_view where);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_CONFIG_REDACTION_FILE_H_
