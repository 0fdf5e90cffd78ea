// roentgen search: traces of a time range, newest first.
#include <grpcpp/client_context.h>
#include <grpcpp/support/sync_stream.h>

#include <charconv>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "base/status_macros.h"
#include "roentgen/v1/trace_service.grpc.pb.h"
#include "server/cli/commands.h"
#include "server/cli/search_flags.h"
#include "server/cli/summary_table.h"

namespace roentgen::server {
namespace {

constexpr int64_t kLimitDefault = 100;

struct Search {
  v1::GetTraceSummariesRequest request;
  int64_t limit = kLimitDefault;  // 0: all.
};

absl::StatusOr<v1::SearchOrder> ParseOrder(const Arguments& arguments) {
  const std::string text = arguments.Value("by").value_or("time");
  if (text == "time") return v1::SEARCH_ORDER_UNSPECIFIED;
  if (text == "duration") return v1::SEARCH_ORDER_DURATION;
  if (text == "responsetime") return v1::SEARCH_ORDER_RESPONSE_TIME;
  return absl::InvalidArgumentError(
      "--by: expected time, duration or responsetime, was \"" + text + "\"");
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

absl::StatusOr<Search> ParseSearch(const Arguments& arguments, absl::Time now) {
  Search search;
  RTG_ASSIGN_OR_RETURN(const std::string filter,
                       ParseFilterWord(arguments, "search"));
  search.request.set_filter_expression(filter);
  RTG_ASSIGN_OR_RETURN(CommandRange range, ParseRange(arguments, now));
  *search.request.mutable_start_time() = std::move(range.start);
  *search.request.mutable_end_time() = std::move(range.end);
  RTG_ASSIGN_OR_RETURN(const v1::TimeRangeType type, ParseTimeType(arguments));
  search.request.set_time_range_type(type);
  RTG_ASSIGN_OR_RETURN(const v1::SearchOrder order, ParseOrder(arguments));
  search.request.set_order_by(order);
  search.request.set_explain(arguments.Has("explain"));
  if (const auto text = arguments.Value("limit")) {
    RTG_ASSIGN_OR_RETURN(search.limit, ParseLimit(*text));
  }
  return search;
}

}  // namespace

int SearchCommand(const Arguments& arguments, const CommandContext& context) {
  if (arguments.Has("count") || arguments.Has("group")) {
    return FiguresCommand(arguments, context);
  }
  const absl::StatusOr<Search> search =
      ParseSearch(arguments, context.clock.Now().ToTime());
  if (!search.ok()) {
    return Misuse(std::string(search.status().message()), context);
  }
  const bool as_json = arguments.Has("json");
  const auto call = NewCall(context);
  const auto reader = v1::TraceService::Stub(context.channel)
                          .StreamTraceSummaries(call.get(), search->request);
  v1::GetTraceSummariesResponse page;
  int64_t printed = 0;
  bool cut = false;
  while (!cut && reader->Read(&page)) {
    context.err << page.explanation();
    for (const v1::TraceSummary& summary : page.trace_summaries()) {
      if (search->limit != 0 && printed == search->limit) {
        cut = true;
        break;
      }
      if (!as_json && printed == 0) context.out << SummaryHeader();
      ++printed;
      if (as_json) {
        PrintJson(summary, context);
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
