#include "server/xray/graph_response.h"

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/decimal_time.h"
#include "base/json_writer.h"
#include "base/wrapping.h"
#include "query/search/compiled_filter.h"
#include "server/xray/operations/retrieval_api.h"

namespace roentgen::server {
namespace {

using query::MapChange;
using query::MapEdge;
using query::MapNode;
using query::ServiceMap;
using storage::CallFigures;
using storage::DurationHistogram;
using storage::ServiceId;

void WriteText(JsonWriter& json, std::string_view key,
               const std::string& text) {
  if (!text.empty()) json.Key(key).String(text);
}

void WriteTime(JsonWriter& json, std::string_view key, Timestamp time) {
  json.Key(key).Raw(FormatEpochSeconds(time));
}

void WriteTimes(JsonWriter& json, const std::optional<TimeRange>& times) {
  if (!times) return;
  WriteTime(json, "StartTime", times->begin);
  WriteTime(json, "EndTime", times->end);
}

void WriteNames(JsonWriter& json, const std::string& name) {
  json.Key("Name").String(name);
  json.Key("Names").BeginArray().String(name).EndArray();
}

void WriteServiceId(JsonWriter& json, const ServiceId& id) {
  json.BeginObject();
  WriteNames(json, id.name);
  WriteText(json, "AccountId", id.account_id);
  WriteText(json, "Type", id.type);
  json.EndObject();
}

// Nanoseconds, rounded to the millisecond.
std::string RoundedSeconds(int64_t ns) {
  constexpr int64_t kNsPerMs = 1'000'000;
  const int64_t ms = ns / kNsPerMs + (ns % kNsPerMs >= kNsPerMs / 2);
  return FormatSeconds(absl::Milliseconds(ms));
}

void WriteStatistics(JsonWriter& json, std::string_view key,
                     const CallFigures& calls) {
  json.Key(key).BeginObject();
  json.Key("OkCount").Int(calls.ok);
  json.Key("ErrorStatistics").BeginObject();
  json.Key("ThrottleCount").Int(calls.throttle);
  json.Key("OtherCount").Int(calls.error);
  json.Key("TotalCount").Int(calls.throttle + calls.error);
  json.EndObject();
  json.Key("FaultStatistics").BeginObject();
  json.Key("OtherCount").Int(calls.fault);
  json.Key("TotalCount").Int(calls.fault);
  json.EndObject();
  json.Key("TotalCount").Int(calls.count());
  json.Key("TotalResponseTime").Raw(RoundedSeconds(calls.total_ns));
  json.EndObject();
}

void WriteHistogram(JsonWriter& json, std::string_view key,
                    const DurationHistogram& histogram) {
  json.Key(key).BeginArray();
  // X-Ray's histograms have whole milliseconds.
  int64_t ms = 0, so_far = 0;
  const auto write = [&] {
    if (so_far == 0) return;
    json.BeginObject().Key("Value").Raw(FormatSeconds(absl::Milliseconds(ms)));
    json.Key("Count").Int(so_far).EndObject();
  };
  histogram.ForEach([&](uint32_t bin, int64_t count) {
    const int64_t next = (DurationHistogram::MicrosecondsOf(bin) + 500) / 1'000;
    if (next != ms) {
      write();
      so_far = 0;
    }
    ms = next;
    so_far = WrappingSum(so_far, count);
  });
  write();
  json.EndArray();
}

constexpr std::pair<const char*, double> kShares[] = {
    {"P50", 0.5}, {"P90", 0.9}, {"P95", 0.95}, {"P99", 0.99}};

void WritePercentiles(JsonWriter& json, const DurationHistogram& times) {
  if (times.count() == 0) return;
  json.Key("RoentgenPercentiles").BeginObject();
  for (const auto& [name, share] : kShares) {
    json.Key(name).Raw(FormatSeconds(times.Percentile(share)));
  }
  json.EndObject();
}

// What a map is written with.
struct MapWriter {
  JsonWriter& json;
  bool percentiles;

  void Write(const ServiceMap& map) const {
    json.Key("Services").BeginArray();
    for (size_t i = 0; i < map.nodes.size(); ++i) {
      WriteNode(map.nodes[i], static_cast<int64_t>(i));
    }
    json.EndArray();
  }

  void WriteNode(const MapNode& node, int64_t reference) const {
    json.BeginObject();
    json.Key("ReferenceId").Int(reference);
    WriteNames(json, node.service.name);
    if (node.root) json.Key("Root").Bool(true);
    WriteText(json, "AccountId", node.service.account_id);
    // Consoles and Grafana expect a string, also where there was no origin.
    json.Key("Type").String(node.service.type);
    json.Key("State").String(query::NameOf(node.state));
    WriteTimes(json, node.times);
    json.Key("Edges").BeginArray();
    for (const MapEdge& edge : node.edges) WriteEdge(edge, node.times);
    json.EndArray();
    if (!node.client) {
      const CallFigures& calls = node.figures.calls;
      WriteStatistics(json, "SummaryStatistics", calls);
      WriteHistogram(json, "DurationHistogram", node.figures.durations);
      WriteHistogram(json, "ResponseTimeHistogram", calls.response_times);
      if (percentiles) WritePercentiles(json, calls.response_times);
    }
    json.EndObject();
  }

  void WriteEdge(const MapEdge& edge,
                 const std::optional<TimeRange>& times) const {
    const CallFigures& calls = edge.figures.calls;
    json.BeginObject();
    json.Key("ReferenceId").Int(static_cast<int64_t>(edge.target));
    WriteTimes(json, times);
    WriteStatistics(json, "SummaryStatistics", calls);
    if (!edge.link) {
      WriteHistogram(json, "ResponseTimeHistogram", calls.response_times);
      if (percentiles) WritePercentiles(json, calls.response_times);
    }
    json.Key("Aliases").BeginArray();
    for (const auto& [alias, count] : edge.figures.aliases) {
      json.BeginObject();
      WriteNames(json, alias.name);
      WriteText(json, "Type", alias.type);
      json.EndObject();
    }
    json.EndArray();
    if (edge.link) {
      json.Key("EdgeType").String("link");
      WriteHistogram(json, "ReceivedEventAgeHistogram", edge.figures.ages);
    }
    json.EndObject();
  }
};

void WriteShape(JsonWriter& json, std::string_view key,
                const query::CallShape& shape) {
  json.Key(key).BeginObject();
  json.Key("TotalCount").Int(shape.count);
  json.Key("FaultShare").Double(shape.fault_share);
  json.Key("ErrorShare").Double(shape.error_share);
  json.Key("P50").Raw(FormatSeconds(shape.p50));
  json.Key("P95").Raw(FormatSeconds(shape.p95));
  json.EndObject();
}

void WriteChanges(JsonWriter& json, const std::vector<MapChange>& changes) {
  json.Key("RoentgenChanges").BeginArray();
  for (const MapChange& change : changes) {
    json.BeginObject();
    json.Key("Change").String(query::NameOf(change.kind));
    json.Key("Severity").Double(change.severity);
    if (change.source) {
      json.Key("Source");
      WriteServiceId(json, *change.source);
    }
    json.Key("Service");
    WriteServiceId(json, change.service);
    if (change.link) json.Key("EdgeType").String("link");
    WriteShape(json, "Before", change.before);
    WriteShape(json, "After", change.after);
    json.EndObject();
  }
  json.EndArray();
}

void WriteProgress(JsonWriter& json, const query::GraphProgress& progress) {
  json.Key("RoentgenProgress").BeginObject();
  json.Key("ToExamine").Int(static_cast<int64_t>(progress.to_examine));
  json.Key("Examined").Int(static_cast<int64_t>(progress.examined));
  json.Key("Matched").Int(static_cast<int64_t>(progress.matched));
  json.Key("Incomplete").Bool(progress.incomplete);
  json.EndObject();
}

}  // namespace

std::string EncodeGetServiceGraph(const query::ServiceGraphAnswer& answer,
                                  const query::ServiceGraphRequest& request,
                                  bool percentiles) {
  std::string out;
  JsonWriter json(out);
  json.BeginObject();
  WriteTimes(json, answer.map.times);
  MapWriter{json, percentiles}.Write(answer.map);
  json.Key("ContainsOldGroupVersions").Bool(answer.old_group_versions);
  if (!query::IsBlank(request.filter_expression)) {
    WriteProgress(json, answer.progress);
  }
  if (request.compare_with) WriteChanges(json, answer.changes);
  json.EndObject();
  return out;
}

std::string EncodeGetTraceGraph(const ServiceMap& map, bool percentiles) {
  std::string out;
  JsonWriter json(out);
  json.BeginObject();
  MapWriter{json, percentiles}.Write(map);
  json.EndObject();
  return out;
}

std::string EncodeRetrievedGraph(const RetrievedGraph& graph) {
  std::string out;
  JsonWriter json(out);
  json.BeginObject();
  json.Key("RetrievalStatus").String(RetrievalStatus(graph.cancelled));
  json.Key("Services").BeginArray();
  const MapWriter writer{json, false};
  for (size_t i = 0; i < graph.map.nodes.size(); ++i) {
    json.BeginObject().Key("Service");
    writer.WriteNode(graph.map.nodes[i], static_cast<int64_t>(i));
    json.Key("Links").BeginArray().EndArray().EndObject();
  }
  json.EndArray().EndObject();
  return out;
}

std::string EncodeGetTimeSeries(const query::TimeSeriesAnswer& answer) {
  std::string out;
  JsonWriter json(out);
  json.BeginObject().Key("TimeSeriesServiceStatistics").BeginArray();
  for (const query::TimeSeriesPoint& point : answer.points) {
    json.BeginObject();
    WriteTime(json, "Timestamp", point.end);
    if (point.calls) {
      WriteStatistics(json,
                      answer.of_edges ? "EdgeSummaryStatistics"
                                      : "ServiceSummaryStatistics",
                      *point.calls);
    }
    if (point.faults_expected) {
      json.Key("ServiceForecastStatistics").BeginObject();
      json.Key("FaultCountHigh").Int(point.faults_expected->high);
      json.Key("FaultCountLow").Int(point.faults_expected->low);
      json.EndObject();
    }
    if (point.calls) {
      WriteHistogram(json, "ResponseTimeHistogram",
                     point.calls->response_times);
    }
    json.EndObject();
  }
  json.EndArray();
  json.Key("ContainsOldGroupVersions").Bool(answer.old_group_versions);
  json.EndObject();
  return out;
}

}  // namespace roentgen::server
