#include "server/jaeger/v3_api.h"

#include <optional>
#include <utility>
#include <vector>

#include "base/json_writer.h"
#include "base/status_macros.h"
#include "server/jaeger/jaeger_json.h"
#include "server/jaeger/jaeger_query.h"
#include "server/jaeger/trace_adjust.h"
#include "trace/span/otlp_json_writer.h"
#include "trace/span/otlp_schema.h"
#include "trace/span/traces_data.h"

namespace roentgen::server {
namespace {

using Json = JaegerV3Api::Json;

constexpr char kNothingFound[] = "no traces found";

// {"result":{"resourceSpans":[...]}}, trace by trace.
class ResultWriter {
 public:
  explicit ResultWriter(const Call& call) : answer_(text_, call) {}

  absl::Status Add(const query::SpanTrace& trace) {
    storage::TracesDataBuilder builder;
    size_t bytes = 0;
    for (const storage::TraceSpan& span : trace.spans)
      bytes += span.span.size();
    // A copy as Protobuf, and JSON of some four times as much.
    RTG_RETURN_IF_ERROR(answer_.Check(5 * bytes));
    for (const storage::TraceSpan& span : trace.spans) {
      builder.Add(span.context, span.span);
    }
    const std::string traces_data = builder.Finish();
    // {"resourceSpans":[...]} without what is around the elements. Written in
    // its place: a copy of a large trace is large.
    const size_t begin = text_.size();
    storage::OtlpJsonWriter writer(text_);
    if (!writer.Write(storage::kTracesDataMessage, traces_data)) {
      return absl::DataLossError("a stored span does not read");
    }
    constexpr std::string_view kBegin = "{\"resourceSpans\":[";
    constexpr std::string_view kEnd = "]}";
    if (!std::string_view(text_).substr(begin).starts_with(kBegin)) {
      text_.resize(begin);  // No spans.
      return absl::OkStatus();
    }
    text_.resize(text_.size() - kEnd.size());
    if (any_) text_.replace(begin, kBegin.size(), ",");
    any_ = true;
    return answer_.Check();
  }

  Json Finish() {
    if (!any_) return absl::NotFoundError(kNothingFound);
    text_ += "]}}";
    return std::move(text_);
  }

 private:
  std::string text_ = "{\"result\":";
  GrowingAnswer answer_;
  bool any_ = false;
};

void WriteSummary(const query::SpanTraceSummary& summary, JsonWriter& json) {
  json.BeginObject();
  json.Key("traceId").String(TraceIdHex(summary.id));
  json.Key("rootServiceName").String(summary.root_service);
  json.Key("rootOperationName").String(summary.root_operation);
  json.Key("minStartTimeUnixNano").String(std::to_string(summary.start_ns));
  json.Key("maxEndTimeUnixNano").String(std::to_string(summary.end_ns));
  json.Key("spanCount").Int(summary.spans);
  json.Key("errorSpanCount").Int(summary.errors);
  json.Key("orphanSpanCount").Int(summary.orphans);
  json.Key("services").BeginArray();
  for (const query::ServiceSummary& service : summary.services) {
    json.BeginObject();
    json.Key("name").String(service.name);
    json.Key("spanCount").Int(service.spans);
    json.Key("errorSpanCount").Int(service.errors);
    json.EndObject();
  }
  json.EndArray();
  json.EndObject();
}

std::string_view HttpStatusText(int status) {
  switch (status) {
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 413:
      return "Payload Too Large";
    case 429:
      return "Too Many Requests";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    default:
      return "Internal Server Error";
  }
}

}  // namespace

std::string V3ErrorJson(int http_status, int grpc_code,
                        std::string_view message) {
  std::string text;
  JsonWriter json(text);
  json.BeginObject();
  json.Key("error").BeginObject();
  json.Key("grpcCode").Int(grpc_code);
  json.Key("httpCode").Int(http_status);
  json.Key("message").String(message);
  json.Key("httpStatus").String(HttpStatusText(http_status));
  json.EndObject();
  json.EndObject();
  return text;
}

Json JaegerV3Api::Services(const Call& call) const {
  RTG_ASSIGN_OR_RETURN(const std::vector<std::string> services,
                       spans_.Services(call));
  std::string text;
  JsonWriter json(text);
  json.BeginObject();
  json.Key("services").BeginArray();
  for (const std::string& service : services) json.String(service);
  json.EndArray();
  json.EndObject();
  return text;
}

Json JaegerV3Api::Operations(const QueryString& parameters,
                             const Call& call) const {
  const auto service = parameters.Find("service");
  if (!service || service->empty()) {
    return absl::InvalidArgumentError("parameter 'service' is required");
  }
  std::optional<std::string> kind;
  if (const auto text = FindEitherCase(parameters, "spanKind");
      text && !text->empty()) {
    kind = *text;
  }
  RTG_ASSIGN_OR_RETURN(const std::vector<storage::Operation> operations,
                       spans_.Operations(std::string(*service), kind, call));
  std::string text;
  JsonWriter json(text);
  json.BeginObject();
  json.Key("operations").BeginArray();
  for (const storage::Operation& operation : operations) {
    json.BeginObject();
    json.Key("name").String(operation.name);
    json.Key("spanKind")
        .String(operation.kind.empty() ? "internal" : operation.kind);
    json.EndObject();
  }
  json.EndArray();
  json.EndObject();
  return text;
}

Json JaegerV3Api::FindTraces(const QueryString& parameters,
                             const Call& call) const {
  RTG_ASSIGN_OR_RETURN(const query::SpanQuery wanted,
                       ReadTraceQuery(parameters));
  RTG_ASSIGN_OR_RETURN(const bool raw, ReadRawTraces(parameters));
  ResultWriter result(call);
  absl::Status status;
  RTG_RETURN_IF_ERROR(spans_.Find(wanted, call, [&](query::SpanTrace trace) {
    status =
        result.Add(raw ? std::move(trace) : AdjustedTrace(std::move(trace)));
    return status.ok();
  }));
  RTG_RETURN_IF_ERROR(status);
  return result.Finish();
}

Json JaegerV3Api::GetTrace(std::string_view id, const QueryString& parameters,
                           const Call& call) const {
  RTG_ASSIGN_OR_RETURN(const bool raw, ReadHints(parameters));
  RTG_ASSIGN_OR_RETURN(const storage::TraceId wanted, ReadTraceId(id));
  RTG_ASSIGN_OR_RETURN(std::optional<query::SpanTrace> trace,
                       spans_.Get(wanted, call));
  ResultWriter result(call);
  if (trace && !raw) trace = AdjustedTrace(*std::move(trace));
  if (trace) RTG_RETURN_IF_ERROR(result.Add(*trace));
  return result.Finish();
}

Json JaegerV3Api::FindTraceSummaries(const QueryString& parameters,
                                     const Call& call) const {
  RTG_ASSIGN_OR_RETURN(const query::SpanQuery wanted,
                       ReadTraceQuery(parameters));
  std::string text;
  GrowingAnswer answer(text, call);
  JsonWriter json(text);
  json.BeginObject();
  json.Key("summaries").BeginArray();
  absl::Status status;
  RTG_RETURN_IF_ERROR(spans_.Find(wanted, call, [&](query::SpanTrace trace) {
    const absl::StatusOr<query::SpanTraceSummary> summary =
        query::Summarize(AdjustedTrace(std::move(trace)));
    status = summary.status();
    if (!status.ok()) return false;
    WriteSummary(*summary, json);
    status = answer.Check();
    return status.ok();
  }));
  RTG_RETURN_IF_ERROR(status);
  json.EndArray();
  json.EndObject();
  return text;
}

Json JaegerV3Api::Dependencies(const QueryString& parameters,
                               const Call& call) const {
  RTG_ASSIGN_OR_RETURN(const TimeRange range, ReadTimeRange(parameters));
  RTG_ASSIGN_OR_RETURN(const storage::ServiceCalls calls,
                       spans_.Calls(range, storage::CallSet::kSpans, call));
  std::string text;
  JsonWriter json(text);
  json.BeginObject();
  json.Key("dependencies").BeginArray();
  for (const auto& [pair, count] : calls) {
    json.BeginObject();
    json.Key("parent").String(pair.first);
    json.Key("child").String(pair.second);
    json.Key("callCount").String(std::to_string(count.calls));
    json.EndObject();
  }
  json.EndArray();
  json.EndObject();
  return text;
}

}  // namespace roentgen::server
