#include "server/jaeger/legacy_api.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "base/json_mend.h"
#include "base/json_writer.h"
#include "base/status_macros.h"
#include "server/jaeger/jaeger_json.h"
#include "server/jaeger/jaeger_query.h"
#include "server/jaeger/trace_adjust.h"
#include "server/jaeger/traces_data_split.h"
#include "trace/span/otlp_json_reader.h"

namespace roentgen::server {
namespace {

using Json = JaegerLegacyApi::Json;

constexpr char kTraceNotFound[] = "trace not found";

// `{"data":`, then a value, then what follows it.
class Envelope {
 public:
  Envelope() : json_(text_) {
    json_.BeginObject();
    json_.Key("data");
  }
  JsonWriter& json() { return json_; }
  std::string& text() { return text_; }

  std::string Finish(size_t total,
                     const std::vector<storage::TraceId>& missing = {}) {
    json_.Key("total").Int(static_cast<int64_t>(total));
    json_.Key("limit").Int(0);
    json_.Key("offset").Int(0);
    json_.Key("errors");
    if (missing.empty()) {
      json_.Null();
    } else {
      json_.BeginArray();
      for (const storage::TraceId& id : missing) {
        json_.BeginObject();
        json_.Key("msg").String(kTraceNotFound);
        json_.Key("traceID").String(LegacyTraceIdHex(id));
        json_.EndObject();
      }
      json_.EndArray();
    }
    json_.EndObject();
    return std::move(text_);
  }

 private:
  std::string text_;
  JsonWriter json_;
};

}  // namespace

std::string LegacyErrorJson(int http_status, std::string_view message) {
  std::string text;
  JsonWriter json(text);
  json.BeginObject();
  json.Key("data").Null();
  json.Key("total").Int(0);
  json.Key("limit").Int(0);
  json.Key("offset").Int(0);
  json.Key("errors").BeginArray();
  json.BeginObject();
  json.Key("code").Int(http_status);
  json.Key("msg").String(message);
  json.EndObject();
  json.EndArray();
  json.EndObject();
  return text;
}

Json JaegerLegacyApi::Services(const Call& call) const {
  RTG_ASSIGN_OR_RETURN(const std::vector<std::string> services,
                       spans_.Services(call));
  Envelope envelope;
  envelope.json().BeginArray();
  for (const std::string& service : services) envelope.json().String(service);
  envelope.json().EndArray();
  return envelope.Finish(services.size());
}

Json JaegerLegacyApi::OperationNames(const std::string& service,
                                     const Call& call) const {
  RTG_ASSIGN_OR_RETURN(const std::vector<storage::Operation> operations,
                       spans_.Operations(service, std::nullopt, call));
  std::set<std::string> names;
  for (const storage::Operation& operation : operations) {
    names.insert(operation.name);
  }
  Envelope envelope;
  envelope.json().BeginArray();
  for (const std::string& name : names) envelope.json().String(name);
  envelope.json().EndArray();
  return envelope.Finish(names.size());
}

Json JaegerLegacyApi::Operations(const QueryString& parameters,
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
  Envelope envelope;
  JsonWriter& json = envelope.json();
  json.BeginArray();
  for (const storage::Operation& operation : operations) {
    json.BeginObject();
    json.Key("name").String(operation.name);
    json.Key("spanKind").String(operation.kind);
    json.EndObject();
  }
  json.EndArray();
  return envelope.Finish(operations.size());
}

Json JaegerLegacyApi::FindTraces(const QueryString& parameters,
                                 const Call& call) const {
  RTG_ASSIGN_OR_RETURN(const LegacyTraceQuery wanted,
                       ReadLegacyTraceQuery(parameters, clock_.Now()));
  Envelope envelope;
  GrowingAnswer answer(envelope.text(), call);
  JaegerJsonWriter writer(envelope.text(), &answer);
  envelope.json().BeginArray();
  std::vector<storage::TraceId> missing;
  absl::Status status;
  const auto add = [&](query::SpanTrace trace) {
    status = writer.Write(wanted.raw ? std::move(trace)
                                     : AdjustedTrace(std::move(trace)));
    return status.ok();
  };
  for (const storage::TraceId& id : wanted.ids) {
    RTG_ASSIGN_OR_RETURN(std::optional<query::SpanTrace> trace,
                         spans_.Get(id, call));
    if (!trace) {
      missing.push_back(id);
    } else if (!add(*std::move(trace))) {
      return status;
    }
  }
  if (wanted.ids.empty()) {
    RTG_RETURN_IF_ERROR(spans_.Find(wanted.query, call, add));
    RTG_RETURN_IF_ERROR(status);
  }
  envelope.json().EndArray();
  return envelope.Finish(0, missing);
}

Json JaegerLegacyApi::GetTrace(std::string_view id,
                               const QueryString& parameters,
                               const Call& call) const {
  RTG_ASSIGN_OR_RETURN(const bool raw, ReadLegacyHints(parameters));
  RTG_ASSIGN_OR_RETURN(const storage::TraceId wanted, ReadTraceId(id));
  RTG_ASSIGN_OR_RETURN(std::optional<query::SpanTrace> trace,
                       spans_.Get(wanted, call));
  if (!trace) return absl::NotFoundError(kTraceNotFound);
  if (!raw) trace = AdjustedTrace(*std::move(trace));
  Envelope envelope;
  GrowingAnswer answer(envelope.text(), call);
  JaegerJsonWriter writer(envelope.text(), &answer);
  envelope.json().BeginArray();
  RTG_RETURN_IF_ERROR(writer.Write(*trace));
  envelope.json().EndArray();
  return envelope.Finish(0);
}

Json JaegerLegacyApi::Dependencies(const QueryString& parameters,
                                   const Call& call) const {
  RTG_ASSIGN_OR_RETURN(const TimeRange range,
                       ReadLegacyTimeRange(parameters, clock_.Now()));
  const std::string_view service = parameters.Find("service").value_or("");
  RTG_ASSIGN_OR_RETURN(const storage::ServiceCalls calls,
                       spans_.Calls(range, storage::CallSet::kSpans, call));
  Envelope envelope;
  JsonWriter& json = envelope.json();
  json.BeginArray();
  for (const auto& [pair, count] : calls) {
    const auto& [parent, child] = pair;
    if (!service.empty() && parent != service && child != service) continue;
    json.BeginObject();
    json.Key("parent").String(parent);
    json.Key("child").String(child);
    json.Key("callCount").Int(static_cast<int64_t>(count.calls));
    json.EndObject();
  }
  json.EndArray();
  return envelope.Finish(0);
}

Json JaegerLegacyApi::Transform(std::string& body, const Call& call) {
  Envelope envelope;
  GrowingAnswer answer(envelope.text(), call);
  // Mended, as Protobuf, and span by span.
  const size_t mended = MendedJsonSize(body);
  RTG_RETURN_IF_ERROR(answer.Check(mended + 2 * std::max(mended, body.size())));
  storage::OtlpJsonReader reader;
  RTG_ASSIGN_OR_RETURN(const std::string traces_data, reader.Read(body));
  RTG_ASSIGN_OR_RETURN(const std::vector<query::SpanTrace> traces,
                       SplitTracesData(traces_data));
  JaegerJsonWriter writer(envelope.text(), &answer);
  envelope.json().BeginArray();
  for (const query::SpanTrace& trace : traces) {
    RTG_RETURN_IF_ERROR(writer.Write(trace));
  }
  envelope.json().EndArray();
  return envelope.Finish(0);
}

}  // namespace roentgen::server
