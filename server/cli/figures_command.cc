// roentgen search --count, --group: how many traces match, and how long they
// took.
#include <grpcpp/client_context.h>

#include <cstdio>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "base/json_writer.h"
#include "base/status_macros.h"
#include "roentgen/v1/trace_service.grpc.pb.h"
#include "server/cli/commands.h"
#include "server/cli/graph_tables.h"
#include "server/cli/search_flags.h"
#include "server/cli/waterfall.h"

namespace roentgen::server {
namespace {

absl::Status SetGroup(const std::string& text,
                      v1::GetTraceFiguresRequest& request) {
  constexpr std::string_view kAnnotation = "annotation:";
  if (text == "service") {
    request.set_group_by(v1::GROUP_BY_SERVICE);
  } else if (text == "url") {
    request.set_group_by(v1::GROUP_BY_URL);
  } else if (text == "user") {
    request.set_group_by(v1::GROUP_BY_USER);
  } else if (text.starts_with(kAnnotation) &&
             text.size() > kAnnotation.size()) {
    request.set_group_by(v1::GROUP_BY_ANNOTATION);
    request.set_annotation_key(text.substr(kAnnotation.size()));
  } else {
    return absl::InvalidArgumentError(
        "--group: expected service, url, user or annotation:KEY, was \"" +
        text + "\"");
  }
  return absl::OkStatus();
}

absl::StatusOr<v1::GetTraceFiguresRequest> ParseFigures(
    const Arguments& arguments, absl::Time now) {
  v1::GetTraceFiguresRequest request;
  RTG_ASSIGN_OR_RETURN(const std::string filter,
                       ParseFilterWord(arguments, "search"));
  request.set_filter_expression(filter);
  RTG_ASSIGN_OR_RETURN(CommandRange range, ParseRange(arguments, now));
  *request.mutable_start_time() = std::move(range.start);
  *request.mutable_end_time() = std::move(range.end);
  RTG_ASSIGN_OR_RETURN(const v1::TimeRangeType type, ParseTimeType(arguments));
  request.set_time_range_type(type);
  request.set_explain(arguments.Has("explain"));
  if (const auto group = arguments.Value("group")) {
    RTG_RETURN_IF_ERROR(SetGroup(*group, request));
  }
  return request;
}

std::string TimeOf(bool known, const google::protobuf::Duration& time) {
  return known ? FormatShort(FromProto(time)) : "-";
}

std::string Row(const std::string& count, const std::string& p50,
                const std::string& p90, const std::string& p99,
                const std::string& max, const std::string& name) {
  char line[128];
  std::snprintf(line, sizeof(line), "%12s %12s %12s %12s %12s ", count.c_str(),
                p50.c_str(), p90.c_str(), p99.c_str(), max.c_str());
  return line + name + '\n';
}

std::string Row(const v1::TraceFigures& f, const std::string& name) {
  const bool known = f.has_max();
  return Row(std::to_string(f.trace_count()), TimeOf(known, f.p50()),
             TimeOf(known, f.p90()), TimeOf(known, f.p99()),
             TimeOf(known, f.max()), name);
}

std::string NameOf(const v1::TraceFiguresGroup& group) {
  if (group.has_service()) {
    const v1::ServiceId& service = group.service();
    std::string type = service.type();
    if (!type.empty()) type = " (" + type + ")";
    return service.name() + type;
  }
  std::string out;
  switch (group.value().value_case()) {
    case v1::AnnotationValue::kNumberValue:
      if (group.value().has_exact_integer()) {
        return std::to_string(group.value().exact_integer());
      }
      JsonWriter(out).Double(group.value().number_value());
      return out;
    case v1::AnnotationValue::kBooleanValue:
      return group.value().boolean_value() ? "true" : "false";
    default:
      // Escaped: a value may hold anything.
      AppendJsonString(out, group.value().string_value());
      return out;
  }
}

}  // namespace

int FiguresCommand(const Arguments& arguments, const CommandContext& context) {
  const absl::StatusOr<v1::GetTraceFiguresRequest> request =
      ParseFigures(arguments, context.clock.Now().ToTime());
  if (!request.ok()) {
    return Misuse(std::string(request.status().message()), context);
  }
  const auto call = NewCall(context);
  v1::GetTraceFiguresResponse response;
  const grpc::Status status =
      v1::TraceService::Stub(context.channel)
          .GetTraceFigures(call.get(), *request, &response);
  if (!status.ok()) return Fail(status, context);
  context.err << response.explanation();
  if (arguments.Has("json")) {
    PrintJson(response, context);
    return kExitOk;
  }
  context.out << Row("TRACES", "P50", "P90", "P99", "MAX", "GROUP")
              << Row(response.total(), "all");
  for (const v1::TraceFiguresGroup& group : response.groups()) {
    context.out << Row(group.figures(), NameOf(group));
  }
  if (response.groups_cut()) {
    context.err << "roentgen: there are more groups; these have the most "
                   "traces\n";
  }
  return kExitOk;
}

}  // namespace roentgen::server
