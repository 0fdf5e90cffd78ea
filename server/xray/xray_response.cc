#include "server/xray/xray_response.h"

#include <utility>
#include <variant>

#include "base/decimal_time.h"
#include "base/json_writer.h"

namespace roentgen::server {
namespace {

using storage::ServiceId;
using storage::TraceSummary;

constexpr int64_t kNsPerMs = 1'000'000;
constexpr int64_t kNsPerSecond = 1'000'000'000;

Timestamp RoundDown(Timestamp t, int64_t unit) {
  const int64_t rest = t.ns % unit;
  return {t.ns - (rest < 0 ? rest + unit : rest)};
}

void WriteTime(JsonWriter& json, std::string_view key, Timestamp time) {
  json.Key(key).Raw(FormatEpochSeconds(RoundDown(time, kNsPerMs)));
}

void WriteSeconds(JsonWriter& json, std::string_view key,
                  const std::optional<absl::Duration>& seconds) {
  if (!seconds) return;
  // X-Ray gives durations in whole milliseconds.
  const absl::Duration rounded =
      absl::Trunc(*seconds + absl::Microseconds(500), absl::Milliseconds(1));
  json.Key(key).Raw(FormatSeconds(rounded));
}

void WriteText(JsonWriter& json, std::string_view key,
               const std::string& text) {
  if (!text.empty()) json.Key(key).String(text);
}

void WriteServiceId(JsonWriter& json, const ServiceId& id) {
  json.BeginObject();
  json.Key("Name").String(id.name);
  json.Key("Names").BeginArray().String(id.name).EndArray();
  WriteText(json, "AccountId", id.account_id);
  WriteText(json, "Type", id.type);
  json.EndObject();
}

void WriteServiceIds(JsonWriter& json, const std::vector<ServiceId>& ids) {
  json.Key("ServiceIds").BeginArray();
  for (const ServiceId& id : ids) WriteServiceId(json, id);
  json.EndArray();
}

// A list of objects with one text member each.
void WriteNamed(JsonWriter& json, std::string_view key, std::string_view member,
                const std::vector<std::string>& values) {
  json.Key(key).BeginArray();
  for (const std::string& value : values) {
    json.BeginObject().Key(member).String(value).EndObject();
  }
  json.EndArray();
}

void WriteHttp(JsonWriter& json, const storage::HttpSummary& http) {
  json.Key("Http").BeginObject();
  WriteText(json, "HttpURL", http.url);
  if (http.status != 0) json.Key("HttpStatus").Int(http.status);
  WriteText(json, "HttpMethod", http.method);
  WriteText(json, "UserAgent", http.user_agent);
  WriteText(json, "ClientIp", http.client_ip);
  json.EndObject();
}

struct AnnotationWriter {
  JsonWriter& json;

  void operator()(bool value) const { json.Key("BooleanValue").Bool(value); }
  // A double in AWS's API; clients that read it as more get all of it.
  void operator()(const storage::ExactNumber& value) const {
    json.Key("NumberValue");
    if (value.is_integer()) {
      json.Int(value.integer());
    } else {
      json.Double(value.AsDouble());
    }
  }
  void operator()(const std::string& value) const {
    json.Key("StringValue").String(value);
  }
};

void WriteAnnotations(JsonWriter& json, const TraceSummary& summary) {
  json.Key("Annotations").BeginObject();
  for (const auto& [key, entries] : summary.annotations) {
    json.Key(key).BeginArray();
    for (const storage::AnnotationEntry& entry : entries) {
      json.BeginObject().Key("AnnotationValue").BeginObject();
      std::visit(AnnotationWriter{json}, entry.value);
      json.EndObject();
      WriteServiceIds(json, entry.services);
      json.EndObject();
    }
    json.EndArray();
  }
  json.EndObject();
}

void WriteUsers(JsonWriter& json, const TraceSummary& summary) {
  json.Key("Users").BeginArray();
  for (const storage::TraceUser& user : summary.users) {
    json.BeginObject().Key("UserName").String(user.name);
    WriteServiceIds(json, user.services);
    json.EndObject();
  }
  json.EndArray();
}

enum class CauseKind { kFailure, kResponseTime };

void WriteCauseEntity(JsonWriter& json, const storage::RootCauseEntity& entity,
                      CauseKind kind) {
  json.BeginObject().Key("Name").String(entity.name);
  if (kind == CauseKind::kResponseTime) {
    json.Key("Coverage").Double(entity.coverage.value_or(0));
  } else {
    json.Key("Exceptions").BeginArray();
    for (const storage::RootCauseException& e : entity.exceptions) {
      json.BeginObject();
      json.Key("Name").String(e.name).Key("Message").String(e.message);
      json.EndObject();
    }
    json.EndArray();
  }
  json.Key("Remote").Bool(entity.remote).EndObject();
}

void WriteCauseService(JsonWriter& json,
                       const storage::RootCauseService& service,
                       CauseKind kind) {
  json.BeginObject();
  json.Key("Name").String(service.service.name);
  json.Key("Names").BeginArray().String(service.service.name).EndArray();
  // Here, unlike elsewhere, also when unknown.
  json.Key("Type").String(service.service.type);
  WriteText(json, "AccountId", service.service.account_id);
  json.Key("EntityPath").BeginArray();
  for (const storage::RootCauseEntity& entity : service.entity_path) {
    WriteCauseEntity(json, entity, kind);
  }
  json.EndArray();
  json.Key("Inferred").Bool(service.inferred).EndObject();
}

void WriteCauses(JsonWriter& json, std::string_view key,
                 const std::vector<storage::RootCause>& causes,
                 CauseKind kind) {
  json.Key(key).BeginArray();
  for (const storage::RootCause& cause : causes) {
    json.BeginObject().Key("Services").BeginArray();
    for (const storage::RootCauseService& service : cause.services) {
      WriteCauseService(json, service, kind);
    }
    json.EndArray();
    json.Key("ClientImpacting").Bool(cause.client_impacting).EndObject();
  }
  json.EndArray();
}

void WriteSummary(JsonWriter& json, const TraceSummary& summary) {
  json.BeginObject();
  json.Key("Id").String(summary.id.ToString());
  WriteTime(json, "StartTime", summary.start);
  WriteSeconds(json, "Duration", summary.duration);
  WriteSeconds(json, "ResponseTime", summary.response_time);
  json.Key("HasFault").Bool(summary.has_fault);
  json.Key("HasError").Bool(summary.has_error);
  json.Key("HasThrottle").Bool(summary.has_throttle);
  json.Key("IsPartial").Bool(summary.is_partial);
  WriteHttp(json, summary.http);
  WriteAnnotations(json, summary);
  WriteUsers(json, summary);
  WriteServiceIds(json, summary.service_ids);
  WriteNamed(json, "ResourceARNs", "ARN", summary.resource_arns);
  WriteNamed(json, "InstanceIds", "Id", summary.instance_ids);
  WriteNamed(json, "AvailabilityZones", "Name", summary.availability_zones);
  if (summary.entry_point) {
    json.Key("EntryPoint");
    WriteServiceId(json, *summary.entry_point);
  }
  WriteCauses(json, "FaultRootCauses", summary.fault_root_causes,
              CauseKind::kFailure);
  WriteCauses(json, "ErrorRootCauses", summary.error_root_causes,
              CauseKind::kFailure);
  WriteCauses(json, "ResponseTimeRootCauses", summary.response_time_root_causes,
              CauseKind::kResponseTime);
  json.Key("Revision").Int(summary.revision);
  if (summary.matched_event_time) {
    WriteTime(json, "MatchedEventTime", *summary.matched_event_time);
  }
  json.EndObject();
}

void WriteFigures(JsonWriter& json, const storage::TraceFigures& figures) {
  json.Key("TraceCount").Int(static_cast<int64_t>(figures.traces));
  if (figures.durations.count() == 0) return;
  static constexpr std::pair<const char*, double> kShares[] = {
      {"P50", 0.5}, {"P90", 0.9}, {"P95", 0.95}, {"P99", 0.99}, {"Max", 1}};
  json.Key("Duration").BeginObject();
  for (const auto& [name, share] : kShares) {
    json.Key(name).Raw(FormatSeconds(figures.durations.Percentile(share)));
  }
  json.EndObject();
}

void WriteGroupKey(JsonWriter& json, const storage::GroupKey& key,
                   storage::GroupBy group_by) {
  if (group_by == storage::GroupBy::kService) {
    json.Key("Service");
    WriteServiceId(json, key.service);
    return;
  }
  json.Key("Value").BeginObject();
  std::visit(AnnotationWriter{json}, key.value);
  json.EndObject();
}

void WriteTrace(JsonWriter& json, const query::AssembledTrace& trace) {
  json.BeginObject();
  json.Key("Id").String(trace.id.ToString());
  WriteSeconds(json, "Duration", trace.duration);
  json.Key("LimitExceeded").Bool(trace.limit_exceeded);
  json.Key("Segments").BeginArray();
  for (const query::TraceSegment& segment : trace.segments) {
    json.BeginObject();
    json.Key("Id").String(segment.id.ToString());
    json.Key("Document").String(segment.document);
    json.EndObject();
  }
  json.EndArray().EndObject();
}

}  // namespace

std::string EncodePutTraceSegments(const PutOutcome& outcome) {
  std::string out;
  JsonWriter json(out);
  json.BeginObject().Key("UnprocessedTraceSegments").BeginArray();
  for (const UnprocessedSegment& segment : outcome.unprocessed) {
    json.BeginObject();
    if (segment.id) json.Key("Id").String(*segment.id);
    json.Key("ErrorCode").String(segment.error_code);
    json.Key("Message").String(segment.message);
    json.EndObject();
  }
  json.EndArray().EndObject();
  return out;
}

std::string EncodeBatchGetTraces(const query::TracesPage& page) {
  std::string out;
  JsonWriter json(out);
  json.BeginObject().Key("Traces").BeginArray();
  for (const query::AssembledTrace& trace : page.traces) {
    WriteTrace(json, trace);
  }
  json.EndArray();
  json.Key("UnprocessedTraceIds").BeginArray();
  for (const std::string& id : page.unprocessed) json.String(id);
  json.EndArray();
  WriteText(json, "NextToken", page.next_token);
  json.EndObject();
  return out;
}

std::string EncodeGetTraceSummaries(const query::TraceSummariesPage& page) {
  std::string out;
  JsonWriter json(out);
  json.BeginObject().Key("TraceSummaries").BeginArray();
  for (const TraceSummary& summary : page.summaries) {
    WriteSummary(json, summary);
  }
  json.EndArray();
  json.Key("ApproximateTime")
      .Raw(FormatEpochSeconds(RoundDown(page.approximate_time, kNsPerSecond)));
  json.Key("TracesProcessedCount").Int(page.traces_processed);
  WriteText(json, "NextToken", page.next_token);
  WriteText(json, "RoentgenExplanation", page.explanation);
  json.EndObject();
  return out;
}

std::string EncodeTraceFigures(const query::TraceFiguresAnswer& answer,
                               const query::TraceFiguresRequest& request) {
  std::string out;
  JsonWriter json(out);
  json.BeginObject().Key("TraceSummaries").BeginArray().EndArray();
  json.Key("ApproximateTime")
      .Raw(FormatEpochSeconds(RoundDown(request.start, kNsPerSecond)));
  json.Key("TracesProcessedCount")
      .Int(static_cast<int64_t>(answer.total.traces));
  json.Key("RoentgenFigures").BeginObject();
  WriteFigures(json, answer.total);
  json.Key("Groups").BeginArray();
  for (const auto& [key, figures] : answer.groups) {
    json.BeginObject();
    WriteGroupKey(json, key, request.group_by);
    WriteFigures(json, figures);
    json.EndObject();
  }
  json.EndArray();
  json.Key("GroupsCut").Bool(answer.groups_cut);
  json.EndObject();
  WriteText(json, "RoentgenExplanation", answer.explanation);
  json.EndObject();
  return out;
}

}  // namespace roentgen::server
