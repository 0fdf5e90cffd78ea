#include "server/cli/insight_tables.h"

#include <map>

#include "absl/time/time.h"
#include "fmt/format.h"
#include "server/cli/graph_tables.h"
#include "server/cli/waterfall.h"

namespace roentgen::server {
namespace {

constexpr size_t kStateWidth = 6;
constexpr size_t kCauseWidth = 32;

std::string Line(const std::string& text) {
  return FitWidth(text, text.size());  // Harmless on a terminal.
}

std::string TimeText(const google::protobuf::Timestamp& time) {
  return absl::FormatTime("%Y-%m-%d %H:%M:%S",
                          absl::FromUnixSeconds(time.seconds()),
                          absl::UTCTimeZone());
}

std::string EndText(bool has_end, const google::protobuf::Timestamp& end) {
  return has_end ? TimeText(end) : "-";
}

std::string StateText(v1::InsightState state) {
  return state == v1::INSIGHT_STATE_ACTIVE ? "ACTIVE" : "CLOSED";
}

// "12 of 40 failed (30 %)".
std::string ImpactText(const v1::RequestImpactStatistics& impact) {
  return fmt::format("{} of {} failed ({})", impact.fault_count(),
                     impact.total_count(),
                     FormatShare(impact.fault_count(), impact.total_count()));
}

std::string NameOf(const v1::InsightImpactGraphService& service) {
  v1::ServiceId id;
  id.set_name(service.name());
  id.set_type(service.type());
  return ServiceName(id);
}

}  // namespace

std::string InsightHeader() {
  return fmt::format("{:<36} {} {:<19} {:<19} {} {}\n", "ID",
                     FitWidth("STATE", kStateWidth), "START (UTC)", "END (UTC)",
                     FitWidth("ROOT CAUSE", kCauseWidth), "CLIENTS");
}

std::string InsightLine(const v1::InsightSummary& insight) {
  return fmt::format(
      "{:<36} {} {} {:<19} {} {}\n", insight.insight_id(),
      FitWidth(StateText(insight.state()), kStateWidth),
      TimeText(insight.start_time()),
      EndText(insight.has_end_time(), insight.end_time()),
      FitWidth(ServiceName(insight.root_cause_service_id()), kCauseWidth),
      ImpactText(insight.client_request_impact_statistics()));
}

std::string InsightText(const v1::Insight& insight) {
  std::string out = fmt::format(
      "{}  {}  group {}\n{}\n"
      "start       {} UTC\nend         {}\n"
      "root cause  {}, {}\nclients     {}\n",
      insight.insight_id(), StateText(insight.state()),
      Line(insight.group_name()), Line(insight.summary()),
      TimeText(insight.start_time()),
      insight.has_end_time() ? TimeText(insight.end_time()) + " UTC" : "-",
      ServiceName(insight.root_cause_service_id()),
      ImpactText(insight.root_cause_service_request_impact_statistics()),
      ImpactText(insight.client_request_impact_statistics()));
  for (const v1::AnomalousService& service : insight.top_anomalous_services()) {
    out += "anomalous   " + ServiceName(service.service_id()) + '\n';
  }
  return out;
}

std::string EventLine(const v1::InsightEvent& event) {
  return TimeText(event.event_time()) + "  " + Line(event.summary()) + '\n';
}

std::string ImpactTable(const v1::GetInsightImpactGraphResponse& graph) {
  std::map<int32_t, std::string> names;
  for (const auto& service : graph.services()) {
    names[service.reference_id()] = NameOf(service);
  }
  std::string out;
  for (const auto& service : graph.services()) {
    out += NameOf(service) + '\n';
    for (const auto& edge : service.edges()) {
      out += "  -> " + names[edge.reference_id()] + '\n';
    }
  }
  return out;
}

std::string ImpactDot(const v1::GetInsightImpactGraphResponse& graph) {
  std::string out =
      "digraph impact {\n  rankdir=LR;\n  node [shape=box, "
      "fontname=\"sans-serif\"];\n";
  for (const auto& service : graph.services()) {
    std::string label;
    for (const char c : NameOf(service)) {
      if (c == '"' || c == '\\') label += '\\';
      label += c;
    }
    out +=
        fmt::format("  n{} [label=\"{}\"];\n", service.reference_id(), label);
  }
  for (const auto& service : graph.services()) {
    for (const auto& edge : service.edges()) {
      out += fmt::format("  n{} -> n{};\n", service.reference_id(),
                         edge.reference_id());
    }
  }
  return out + "}\n";
}

}  // namespace roentgen::server
