#include "server/jaeger/go_duration.h"

#include <string>

#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace roentgen::server {

std::optional<int64_t> ParseGoDuration(std::string_view text) {
  // Unicode has two letters for micro; the library knows neither. It has a word
  // for infinity, which Go has not.
  const std::string plain =
      absl::StrReplaceAll(absl::string_view(text.data(), text.size()),
                          {{"\u00b5s", "us"}, {"\u03bcs", "us"}});
  absl::Duration duration;
  if (plain.find("inf") != plain.npos ||
      !absl::ParseDuration(plain, &duration)) {
    return std::nullopt;
  }
  if (duration > absl::Nanoseconds(INT64_MAX) ||
      duration < absl::Nanoseconds(INT64_MIN)) {
    return std::nullopt;
  }
  return absl::ToInt64Nanoseconds(duration);
}

}  // namespace roentgen::server
