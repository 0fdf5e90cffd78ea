// roentgen search: traces of a time range, newest first.
#include <google/protobuf/util/json_util.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/sync_stream.h>

#include <charconv>
#include <optional>

#include "absl/status/statusor.h"
#include "base/decimal_time.h"
#include "base/status_macros.h"
#include "server/cli/commands.h"
#include "server/cli/summary_table.h"

namespace roentgen::server {
namespace {

constexpr absl::Duration kLastDefault = absl::Minutes(15);
constexpr int64_t kLimitDefault = 100;

struct Search {
  v1::GetTraceSummariesRequest request;
  int64_t limit = kLimitDefault;  // 0: all.
};

// RFC 3339 or epoch seconds.
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

// "90s", "15m", "1h30m", "2d".
absl::StatusOr<absl::Duration> ParseLast(const std::string& text) {
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
      "--last: expected 90s, 15m, 1h30m or 2d, was \"" + text + "\"");
}

absl::StatusOr<v1::TimeRangeType> ParseType(const std::string& text) {
  if (text == "traceid") return v1::TIME_RANGE_TYPE_TRACE_ID;
  if (text == "event") return v1::TIME_RANGE_TYPE_EVENT;
  if (text == "service") return v1::TIME_RANGE_TYPE_SERVICE;
  return absl::InvalidArgumentError(
      "--type: expected traceid, event or service, was \"" + text + "\"");
}

absl::StatusOr<int64_t> ParseLimit(const std::string& text) {
  int64_t limit = 0;
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, limit);
  if (parsed.ec != std::errc() || parsed.ptr != end || limit < 0) {
    return absl::InvalidArgumentError(
        "--limit: expected a number, 0 for all, was \"" + text + "\"");
  }
  return limit;
}

void SetTime(absl::Time from, google::protobuf::Timestamp* to) {
  const int64_t seconds = absl::ToUnixSeconds(from);
  to->set_seconds(seconds);
  to->set_nanos(static_cast<int32_t>(
      absl::ToInt64Nanoseconds(from - absl::FromUnixSeconds(seconds))));
}

absl::Status SetRange(const Arguments& arguments, absl::Time now,
                      v1::GetTraceSummariesRequest& request) {
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
    RTG_ASSIGN_OR_RETURN(const absl::Duration length, ParseLast(*last));
    start = end - length;
  }
  SetTime(start, request.mutable_start_time());
  SetTime(end, request.mutable_end_time());
  return absl::OkStatus();
}

absl::StatusOr<Search> ParseSearch(const Arguments& arguments, absl::Time now) {
  Search search;
  if (arguments.words().size() > 1) {
    return absl::InvalidArgumentError(
        "search: give one filter expression, in quotes");
  }
  if (!arguments.words().empty()) {
    search.request.set_filter_expression(arguments.words().front());
  }
  RTG_RETURN_IF_ERROR(SetRange(arguments, now, search.request));
  if (const auto text = arguments.Value("type")) {
    RTG_ASSIGN_OR_RETURN(const v1::TimeRangeType type, ParseType(*text));
    search.request.set_time_range_type(type);
  }
  if (const auto text = arguments.Value("limit")) {
    RTG_ASSIGN_OR_RETURN(search.limit, ParseLimit(*text));
  }
  return search;
}

// One line; the JSON form of a protobuf message.
void PrintJson(const v1::TraceSummary& summary, std::ostream& out) {
  google::protobuf::util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;
  std::string text;
  if (google::protobuf::util::MessageToJsonString(summary, &text, options)
          .ok()) {
    out << text << '\n';
  }
}

}  // namespace

int SearchCommand(const Arguments& arguments, const CommandContext& context) {
  const absl::StatusOr<Search> search =
      ParseSearch(arguments, context.clock.Now().ToTime());
  if (!search.ok()) {
    return Misuse(std::string(search.status().message()), context);
  }
  const bool as_json = arguments.Has("json");
  const auto call = NewCall(context);
  const auto reader =
      context.stub.StreamTraceSummaries(call.get(), search->request);
  v1::GetTraceSummariesResponse page;
  int64_t printed = 0;
  bool cut = false;
  while (!cut && reader->Read(&page)) {
    for (const v1::TraceSummary& summary : page.trace_summaries()) {
      if (search->limit != 0 && printed == search->limit) {
        cut = true;
        break;
      }
      if (!as_json && printed == 0) context.out << SummaryHeader();
      ++printed;
      if (as_json) {
        PrintJson(summary, context.out);
      } else {
        context.out << SummaryLine(summary);
      }
    }
  }
  if (cut) call->TryCancel();
  const grpc::Status status = reader->Finish();
  if (!status.ok() && !cut) return Fail(status, context);
  if (cut) {
    context.err << "roentgen: more traces match; --limit 0 shows all\n";
  } else if (printed == 0 && !as_json) {
    context.err << "roentgen: no traces in this time range\n";
  }
  return kExitOk;
}

}  // namespace roentgen::server
