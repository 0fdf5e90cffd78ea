// roentgen insights: what was found, how it went, whom it concerns.
#include <grpcpp/client_context.h>

#include <algorithm>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "base/status_macros.h"
#include "roentgen/v1/insight_service.grpc.pb.h"
#include "server/cli/commands.h"
#include "server/cli/insight_tables.h"
#include "server/cli/search_flags.h"

namespace roentgen::server {
namespace {

constexpr absl::Duration kSinceDefault = absl::Hours(24);
// What the server takes.
constexpr int64_t kImpactSecondsMax = 6 * 3600;

absl::StatusOr<v1::GetInsightSummariesRequest> ListRequest(
    const Arguments& arguments, absl::Time now) {
  v1::GetInsightSummariesRequest request;
  request.set_group_name(arguments.Value("group").value_or("Default"));
  absl::Duration since = kSinceDefault;
  if (const auto text = arguments.Value("since")) {
    RTG_ASSIGN_OR_RETURN(since, ParseLength("--since", *text));
  }
  request.mutable_start_time()->set_seconds(absl::ToUnixSeconds(now - since));
  request.mutable_end_time()->set_seconds(absl::ToUnixSeconds(now));
  const std::string state = arguments.Value("state").value_or("");
  if (state == "active") {
    request.add_states(v1::INSIGHT_STATE_ACTIVE);
  } else if (state == "closed") {
    request.add_states(v1::INSIGHT_STATE_CLOSED);
  } else if (!state.empty()) {
    return absl::InvalidArgumentError(
        "--state: expected active or closed, was \"" + state + "\"");
  }
  return request;
}

int List(const Arguments& arguments, const CommandContext& context) {
  absl::StatusOr<v1::GetInsightSummariesRequest> request =
      ListRequest(arguments, context.clock.Now().ToTime());
  if (!request.ok()) {
    return Misuse(std::string(request.status().message()), context);
  }
  const bool as_json = arguments.Has("json");
  if (!as_json) context.out << InsightHeader();
  do {
    v1::GetInsightSummariesResponse page;
    const auto call = NewCall(context);
    const grpc::Status status =
        v1::InsightService::Stub(context.channel)
            .GetInsightSummaries(call.get(), *request, &page);
    if (!status.ok()) return Fail(status, context);
    for (const v1::InsightSummary& insight : page.insight_summaries()) {
      if (as_json) {
        PrintJson(insight, context);
      } else {
        context.out << InsightLine(insight);
      }
    }
    request->set_next_token(page.next_token());
  } while (!request->next_token().empty());
  return kExitOk;
}

grpc::Status Get(const std::string& id, const CommandContext& context,
                 v1::GetInsightResponse* response) {
  v1::GetInsightRequest request;
  request.set_insight_id(id);
  const auto call = NewCall(context);
  return v1::InsightService::Stub(context.channel)
      .GetInsight(call.get(), request, response);
}

int Show(const std::string& id, const Arguments& arguments,
         const CommandContext& context) {
  v1::GetInsightResponse response;
  const grpc::Status status = Get(id, context, &response);
  if (!status.ok()) return Fail(status, context);
  if (arguments.Has("json")) {
    PrintJson(response.insight(), context);
  } else {
    context.out << InsightText(response.insight());
  }
  return kExitOk;
}

int Events(const std::string& id, const Arguments& arguments,
           const CommandContext& context) {
  v1::GetInsightEventsRequest request;
  request.set_insight_id(id);
  do {
    v1::GetInsightEventsResponse page;
    const auto call = NewCall(context);
    const grpc::Status status =
        v1::InsightService::Stub(context.channel)
            .GetInsightEvents(call.get(), request, &page);
    if (!status.ok()) return Fail(status, context);
    for (const v1::InsightEvent& event : page.insight_events()) {
      if (arguments.Has("json")) {
        PrintJson(event, context);
      } else {
        context.out << EventLine(event);
      }
    }
    request.set_next_token(page.next_token());
  } while (!request.next_token().empty());
  return kExitOk;
}

int Impact(const std::string& id, const Arguments& arguments,
           const CommandContext& context) {
  v1::GetInsightResponse found;
  grpc::Status status = Get(id, context, &found);
  if (!status.ok()) return Fail(status, context);
  const v1::Insight& insight = found.insight();
  const int64_t start = insight.start_time().seconds();
  const int64_t end = insight.has_end_time()
                          ? insight.end_time().seconds()
                          : absl::ToUnixSeconds(context.clock.Now().ToTime());
  v1::GetInsightImpactGraphRequest request;
  request.set_insight_id(id);
  request.mutable_start_time()->set_seconds(start);
  request.mutable_end_time()->set_seconds(
      std::min(std::max(end, start + 1), start + kImpactSecondsMax));
  v1::GetInsightImpactGraphResponse response;
  const auto call = NewCall(context);
  status = v1::InsightService::Stub(context.channel)
               .GetInsightImpactGraph(call.get(), request, &response);
  if (!status.ok()) return Fail(status, context);
  if (arguments.Has("json")) {
    PrintJson(response, context);
  } else {
    context.out << (arguments.Has("dot") ? ImpactDot(response)
                                         : ImpactTable(response));
  }
  return kExitOk;
}

}  // namespace

int InsightsCommand(const Arguments& arguments, const CommandContext& context) {
  const std::vector<std::string>& words = arguments.words();
  const std::string verb = words.empty() ? "list" : words[0];
  if (words.size() <= 1 && verb == "list") return List(arguments, context);
  if (words.size() == 2 && verb == "show") {
    return Show(words[1], arguments, context);
  }
  if (words.size() == 2 && verb == "events") {
    return Events(words[1], arguments, context);
  }
  if (words.size() == 2 && verb == "impact") {
    return Impact(words[1], arguments, context);
  }
  return Misuse("insights: expected list, show ID, events ID or impact ID",
                context);
}

}  // namespace roentgen::server
