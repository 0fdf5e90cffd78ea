// What searching commands have in common: a filter and a time range.
//
// Threads: pure.
#ifndef ROENTGEN_SERVER_CLI_SEARCH_FLAGS_H_
#define ROENTGEN_SERVER_CLI_SEARCH_FLAGS_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "roentgen/v1/trace_service.pb.h"
#include "server/cli/arguments.h"

namespace roentgen::server {

struct CommandRange {
  google::protobuf::Timestamp start;
  google::protobuf::Timestamp end;
};

// From --last, --start and --end; the last 15 minutes when none is given.
// Errors, here and below: InvalidArgument names the flag.
absl::StatusOr<CommandRange> ParseRange(const Arguments& arguments,
                                        absl::Time now);

// From --type.
absl::StatusOr<v1::TimeRangeType> ParseTimeType(const Arguments& arguments);

// "2026-01-31T12:00:00Z" or epoch seconds.
absl::StatusOr<absl::Time> ParseTime(const std::string& flag,
                                     const std::string& text);

// "90s", "15m", "1h30m", "2d"; above zero.
absl::StatusOr<absl::Duration> ParseLength(const std::string& flag,
                                           const std::string& text);

// `text`, when it is blank or a filter expression. One that does not parse is
// shown with a mark below what is wrong.
absl::StatusOr<std::string> CheckedFilter(const std::string& text);

// The one word of the command; empty when there is none. Errors also
// as CheckedFilter.
absl::StatusOr<std::string> ParseFilterWord(const Arguments& arguments,
                                            const std::string& command);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_CLI_SEARCH_FLAGS_H_
