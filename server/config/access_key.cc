#include "server/config/access_key.h"

#include <algorithm>
#include <string_view>

#include "absl/strings/ascii.h"
#include "base/limits.h"

namespace roentgen::server {
namespace {

bool IsIdChar(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' ||
         c == '-' || c == '.';
}

// What a header may carry as it is.
bool IsSecretChar(char c) {
  return absl::ascii_isgraph(static_cast<unsigned char>(c));
}

bool HasOnly(std::string_view text, size_t bytes_max, bool (*allowed)(char)) {
  return !text.empty() && text.size() <= bytes_max &&
         std::all_of(text.begin(), text.end(), allowed);
}

absl::Status BadField(std::string_view field, size_t bytes_max,
                      std::string_view characters) {
  return absl::InvalidArgumentError(std::string(field) + ": must have 1 to " +
                                    std::to_string(bytes_max) +
                                    " characters, " + std::string(characters));
}

}  // namespace

absl::Status CheckAccessKey(const AccessKey& key) {
  constexpr std::string_view kSecretChars = "visible ones of ASCII";
  if (!HasOnly(key.id, limits::kAccessKeyIdBytesMax, IsIdChar)) {
    return BadField("id", limits::kAccessKeyIdBytesMax,
                    "letters, digits and _ - .");
  }
  if (!HasOnly(key.secret, limits::kSecretBytesMax, IsSecretChar)) {
    return BadField("secret", limits::kSecretBytesMax, kSecretChars);
  }
  if (key.session_token &&
      !HasOnly(*key.session_token, limits::kSessionTokenBytesMax,
               IsSecretChar)) {
    return BadField("session_token", limits::kSessionTokenBytesMax,
                    kSecretChars);
  }
  if (key.permissions == Permissions()) {
    return absl::InvalidArgumentError(
        "permissions: must name some of ingest, read, administer");
  }
  return absl::OkStatus();
}

}  // namespace roentgen::server
