// Setting values as text, and back: "30d", "400MiB", "true".
//
// Threads: pure.
#ifndef ROENTGEN_SERVER_CONFIG_SETTING_VALUE_H_
#define ROENTGEN_SERVER_CONFIG_SETTING_VALUE_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/config/config.h"

namespace roentgen::server {

// InvalidArgument says what was expected; it does not name the setting.

// A number with "d", "h", "m", "s", "ms" or "us"; several in a row: "1h30m".
// Plain "0" too.
absl::StatusOr<absl::Duration> ParseDuration(std::string_view text);
std::string DurationText(absl::Duration duration);

// A whole number of bytes, with "KiB", "MiB", "GiB", "TiB" (1024) or "kB",
// "MB", "GB", "TB" (1000) or nothing behind it.
absl::StatusOr<ByteCount> ParseByteCount(std::string_view text);
std::string ByteCountText(ByteCount count);

// "true", "false", "yes", "no", "on", "off", "1", "0".
absl::StatusOr<bool> ParseBool(std::string_view text);

absl::StatusOr<int64_t> ParseInt(std::string_view text);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_CONFIG_SETTING_VALUE_H_
