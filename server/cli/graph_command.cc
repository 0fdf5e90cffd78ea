// roentgen graph, roentgen top: the service map of a time, of traces, and
// compared with that of another time.
#include <grpcpp/client_context.h>
#include <grpcpp/support/sync_stream.h>

#include <algorithm>
#include <charconv>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "base/status_macros.h"
#include "roentgen/v1/graph_service.grpc.pb.h"
#include "server/cli/commands.h"
#include "server/cli/graph_dot.h"
#include "server/cli/graph_tables.h"
#include "server/cli/search_flags.h"

namespace roentgen::server {
namespace {

constexpr size_t kTopDefault = 20;

struct GraphQuery {
  v1::GetServiceGraphRequest request;
  absl::Duration window;
};

absl::StatusOr<GraphQuery> ParseQuery(const Arguments& arguments,
                                      absl::Time now) {
  if (!arguments.words().empty()) {
    return absl::InvalidArgumentError("what is \"" + arguments.words().front() +
                                      "\"? A filter goes with --filter");
  }
  GraphQuery query;
  RTG_ASSIGN_OR_RETURN(CommandRange range, ParseRange(arguments, now));
  query.window = absl::Seconds(range.end.seconds() - range.start.seconds()) +
                 absl::Nanoseconds(range.end.nanos() - range.start.nanos());
  v1::GraphWindow* window = query.request.mutable_window();
  *window->mutable_start_time() = std::move(range.start);
  *window->mutable_end_time() = std::move(range.end);
  v1::GraphSelection* selection = query.request.mutable_selection();
  selection->set_group_name(arguments.Value("group").value_or(""));
  if (const auto filter = arguments.Value("filter")) {
    RTG_ASSIGN_OR_RETURN(*selection->mutable_filter_expression(),
                         CheckedFilter(*filter));
  }
  return query;
}

void WarnOf(const v1::GraphProgress& progress, const CommandContext& context) {
  if (!progress.incomplete()) return;
  context.err << "roentgen: incomplete: " << progress.examined_count() << " of "
              << progress.to_examine_count()
              << " traces were examined; give a longer --timeout or a shorter "
                 "time\n";
}

// At most ten lines, and only for what takes long.
class ProgressLines {
 public:
  explicit ProgressLines(std::ostream& err) : err_(err) {}

  void Show(const v1::GraphProgress& progress) {
    constexpr int64_t kWorthwhile = 2'000;
    const int64_t total = progress.to_examine_count();
    if (total < kWorthwhile || progress.examined_count() < next_) return;
    next_ = progress.examined_count() + total / 10;
    err_ << "roentgen: " << progress.examined_count() << " of " << total
         << " traces examined\n";
  }

 private:
  std::ostream& err_;
  int64_t next_ = 1;
};

// The graph, whatever it takes; progress goes to `err`.
grpc::Status ReadGraph(const GraphQuery& query, const CommandContext& context,
                       v1::GetServiceGraphResponse* response) {
  const auto call = NewCall(context);
  const auto reader = v1::GraphService::Stub(context.channel)
                          .StreamServiceGraph(call.get(), query.request);
  v1::StreamServiceGraphResponse message;
  ProgressLines lines(context.err);
  while (reader->Read(&message)) {
    if (message.has_progress()) lines.Show(message.progress());
    if (message.has_response()) {
      *response = std::move(*message.mutable_response());
    }
  }
  return reader->Finish();
}

void Print(const v1::ServiceGraph& graph, absl::Duration window,
           const Arguments& arguments, const CommandContext& context) {
  if (arguments.Has("json")) {
    PrintJson(graph, context);
  } else if (arguments.Has("dot")) {
    context.out << GraphDot(graph, window);
  } else if (graph.nodes_size() == 0) {
    context.err << "roentgen: nothing ended in this time\n";
  } else {
    context.out << GraphTable(graph, window);
  }
}

int TraceGraph(const std::string& id, const Arguments& arguments,
               const CommandContext& context) {
  v1::GetTraceGraphRequest request;
  request.add_trace_ids(id);
  request.set_histograms(arguments.Has("json"));
  v1::GetTraceGraphResponse response;
  const auto call = NewCall(context);
  const grpc::Status status =
      v1::GraphService::Stub(context.channel)
          .GetTraceGraph(call.get(), request, &response);
  if (!status.ok()) return Fail(status, context);
  Print(response.graph(), absl::ZeroDuration(), arguments, context);
  return kExitOk;
}

google::protobuf::Timestamp Before(const google::protobuf::Timestamp& time,
                                   absl::Duration length) {
  const absl::Time moved = absl::FromUnixSeconds(time.seconds()) +
                           absl::Nanoseconds(time.nanos()) - length;
  google::protobuf::Timestamp out;
  out.set_seconds(absl::ToUnixSeconds(moved));
  out.set_nanos(static_cast<int32_t>(
      absl::ToInt64Nanoseconds(moved - absl::FromUnixSeconds(out.seconds()))));
  return out;
}

int Compare(const GraphQuery& query, absl::Duration ago,
            const Arguments& arguments, const CommandContext& context) {
  v1::CompareGraphsRequest request;
  const v1::GraphWindow& after = query.request.window();
  *request.mutable_after() = after;
  *request.mutable_selection() = query.request.selection();
  *request.mutable_before()->mutable_start_time() =
      Before(after.start_time(), ago);
  *request.mutable_before()->mutable_end_time() = Before(after.end_time(), ago);
  v1::CompareGraphsResponse response;
  const auto call = NewCall(context);
  const grpc::Status status =
      v1::GraphService::Stub(context.channel)
          .CompareGraphs(call.get(), request, &response);
  if (!status.ok()) return Fail(status, context);
  if (arguments.Has("json")) {
    PrintJson(response, context);
  } else {
    context.out << ChangeTable(response);
  }
  WarnOf(response.progress(), context);
  return kExitOk;
}

absl::StatusOr<TopOrder> ParseTopOrder(const Arguments& arguments) {
  const std::string text = arguments.Value("by").value_or("traffic");
  if (text == "traffic") return TopOrder::kTraffic;
  if (text == "faults") return TopOrder::kFaults;
  if (text == "latency") return TopOrder::kLatency;
  return absl::InvalidArgumentError(
      "--by: expected traffic, faults or latency, was \"" + text + "\"");
}

absl::StatusOr<size_t> ParseTopLimit(const Arguments& arguments) {
  const auto text = arguments.Value("limit");
  if (!text) return kTopDefault;
  size_t limit = 0;
  const char* end = text->data() + text->size();
  const auto parsed = std::from_chars(text->data(), end, limit);
  if (parsed.ec != std::errc() || parsed.ptr != end || limit == 0) {
    return absl::InvalidArgumentError(
        "--limit: expected a number above 0, was \"" + *text + "\"");
  }
  return limit;
}

}  // namespace

int GraphCommand(const Arguments& arguments, const CommandContext& context) {
  if (arguments.Has("json") && arguments.Has("dot")) {
    return Misuse("give --json or --dot, not both", context);
  }
  if (arguments.Has("compare") && arguments.Has("dot")) {
    return Misuse("--compare is a table: it goes with --json, not with --dot",
                  context);
  }
  if (const auto id = arguments.Value("trace")) {
    for (const char* other :
         {"last", "start", "end", "group", "filter", "compare"}) {
      if (!arguments.Has(other)) continue;
      return Misuse(
          "--trace is the map of one trace, whole: it does not go "
          "with --" +
              std::string(other),
          context);
    }
    return TraceGraph(*id, arguments, context);
  }
  absl::StatusOr<GraphQuery> query =
      ParseQuery(arguments, context.clock.Now().ToTime());
  if (!query.ok()) {
    return Misuse(std::string(query.status().message()), context);
  }
  if (const auto text = arguments.Value("compare")) {
    const absl::StatusOr<absl::Duration> ago = ParseLength("--compare", *text);
    if (!ago.ok()) return Misuse(std::string(ago.status().message()), context);
    return Compare(*query, *ago, arguments, context);
  }
  query->request.set_histograms(arguments.Has("json"));
  v1::GetServiceGraphResponse response;
  const grpc::Status status = ReadGraph(*query, context, &response);
  if (!status.ok()) return Fail(status, context);
  Print(response.graph(), query->window, arguments, context);
  if (response.contains_old_group_versions()) {
    context.err << "roentgen: the group's expression changed in this time\n";
  }
  WarnOf(response.progress(), context);
  return kExitOk;
}

int TopCommand(const Arguments& arguments, const CommandContext& context) {
  const absl::StatusOr<GraphQuery> query =
      ParseQuery(arguments, context.clock.Now().ToTime());
  const absl::StatusOr<TopOrder> order = ParseTopOrder(arguments);
  const absl::StatusOr<size_t> limit = ParseTopLimit(arguments);
  for (const absl::Status& status :
       {query.status(), order.status(), limit.status()}) {
    if (!status.ok()) return Misuse(std::string(status.message()), context);
  }
  v1::GetServiceGraphResponse response;
  const grpc::Status status = ReadGraph(*query, context, &response);
  if (!status.ok()) return Fail(status, context);
  if (arguments.Has("json")) {
    PrintJson(response.graph(), context);
  } else {
    context.out << TopTable(response.graph(), query->window, *order, *limit);
  }
  WarnOf(response.progress(), context);
  return kExitOk;
}

}  // namespace roentgen::server
