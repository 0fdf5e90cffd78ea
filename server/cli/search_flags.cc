#include "server/cli/search_flags.h"

#include <charconv>
#include <optional>
#include <variant>

#include "base/decimal_time.h"
#include "base/status_macros.h"
#include "query/lang/filter.h"

namespace roentgen::server {
namespace {

constexpr absl::Duration kLastDefault = absl::Minutes(15);

// RFC 3339 or epoch seconds.

google::protobuf::Timestamp ToProto(absl::Time from) {
  google::protobuf::Timestamp to;
  const int64_t seconds = absl::ToUnixSeconds(from);
  to.set_seconds(seconds);
  to.set_nanos(static_cast<int32_t>(
      absl::ToInt64Nanoseconds(from - absl::FromUnixSeconds(seconds))));
  return to;
}

}  // namespace

absl::StatusOr<absl::Duration> ParseLength(const std::string& flag,
                                           const std::string& text) {
  int64_t days = 0;
  if (text.ends_with('d')) {
    const char* end = text.data() + text.size() - 1;
    const auto parsed = std::from_chars(text.data(), end, days);
    if (parsed.ec == std::errc() && parsed.ptr == end && days > 0) {
      return absl::Hours(24) * days;
    }
  }
  absl::Duration duration;
  if (absl::ParseDuration(text, &duration) && duration > absl::ZeroDuration()) {
    return duration;
  }
  return absl::InvalidArgumentError(
      flag + ": expected 90s, 15m, 1h30m or 2d, was \"" + text + "\"");
}

absl::StatusOr<absl::Time> ParseTime(const std::string& flag,
                                     const std::string& text) {
  if (const auto seconds = ParseEpochSeconds(text)) return seconds->ToTime();
  absl::Time time;
  std::string error;
  if (absl::ParseTime(absl::RFC3339_full, text, &time, &error)) return time;
  return absl::InvalidArgumentError(
      flag + ": expected 2026-01-31T12:00:00Z or epoch seconds, was \"" + text +
      "\"");
}

absl::StatusOr<CommandRange> ParseRange(const Arguments& arguments,
                                        absl::Time now) {
  if (arguments.Has("last") && arguments.Has("start")) {
    return absl::InvalidArgumentError("give --last or --start, not both");
  }
  absl::Time end = now;
  if (const auto text = arguments.Value("end")) {
    RTG_ASSIGN_OR_RETURN(end, ParseTime("--end", *text));
  }
  absl::Time start = end - kLastDefault;
  if (const auto text = arguments.Value("start")) {
    RTG_ASSIGN_OR_RETURN(start, ParseTime("--start", *text));
  } else if (const auto last = arguments.Value("last")) {
    RTG_ASSIGN_OR_RETURN(const absl::Duration length,
                         ParseLength("--last", *last));
    start = end - length;
  }
  return CommandRange{.start = ToProto(start), .end = ToProto(end)};
}

absl::StatusOr<v1::TimeRangeType> ParseTimeType(const Arguments& arguments) {
  const std::string text = arguments.Value("type").value_or("traceid");
  if (text == "traceid") return v1::TIME_RANGE_TYPE_TRACE_ID;
  if (text == "event") return v1::TIME_RANGE_TYPE_EVENT;
  if (text == "service") return v1::TIME_RANGE_TYPE_SERVICE;
  return absl::InvalidArgumentError(
      "--type: expected traceid, event or service, was \"" + text + "\"");
}

absl::StatusOr<std::string> ParseFilterWord(const Arguments& arguments,
                                            const std::string& command) {
  if (arguments.words().empty()) return std::string();
  if (arguments.words().size() > 1) {
    return absl::InvalidArgumentError(
        command + ": give one filter expression, in quotes");
  }
  return CheckedFilter(arguments.words().front());
}

absl::StatusOr<std::string> CheckedFilter(const std::string& text) {
  if (text.find_first_not_of(" \t\r\n") == std::string::npos) return text;
  const auto parsed = query::ParseFilter(text);
  if (const auto* error = std::get_if<query::SyntaxError>(&parsed)) {
    return absl::InvalidArgumentError("in the filter expression:\n" +
                                      error->Display(text));
  }
  return text;
}

}  // namespace roentgen::server
