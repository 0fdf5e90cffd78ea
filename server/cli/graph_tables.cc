#include "server/cli/graph_tables.h"

#include <algorithm>
#include <tuple>
#include <vector>

#include "fmt/format.h"
#include "server/cli/waterfall.h"

namespace roentgen::server {
namespace {

std::string Clean(const std::string& text) {
  std::string out = FitWidth(text, text.size());
  out.erase(out.find_last_not_of(' ') + 1);
  return out;
}

std::string FormatPercent(double share) {
  return fmt::format("{:.3g} %", 100 * share);
}

std::string Row(const std::string& calls, const std::string& rate,
                const std::string& faults, const std::string& errors,
                const std::string& p50, const std::string& p95,
                const std::string& p99, const std::string& name) {
  return fmt::format("{:>12} {:>9} {:>8} {:>8} {:>8} {:>8} {:>8}  {}\n", calls,
                     rate, faults, errors, p50, p95, p99, name);
}

std::string Header(const std::string& name) {
  return Row("CALLS", "RATE", "FAULTS", "ERRORS", "P50", "P95", "P99", name);
}

std::string TimeOf(bool known, const google::protobuf::Duration& time) {
  return known ? FormatShort(FromProto(time)) : "-";
}

std::string CallsRow(const v1::CallStatistics& calls, absl::Duration window,
                     const std::string& name) {
  const int64_t total = calls.total_count();
  return Row(std::to_string(total), FormatRate(total, window),
             FormatShare(calls.fault_count(), total),
             FormatShare(calls.error_count() + calls.throttle_count(), total),
             TimeOf(calls.has_p50(), calls.p50()),
             TimeOf(calls.has_p95(), calls.p95()),
             TimeOf(calls.has_p99(), calls.p99()), name);
}

std::string NodeRow(const v1::GraphNode& node, absl::Duration window) {
  std::string name = ServiceName(node.service());
  if (node.root()) name += ", root";
  if (node.has_calls()) return CallsRow(node.calls(), window, name);
  return Row("", "", "", "", "", "", "", name);
}

std::string EdgeRow(const v1::ServiceGraph& graph, const v1::GraphEdge& edge,
                    absl::Duration window) {
  std::string name = edge.link() ? "  ~> " : "  -> ";
  if (edge.target() >= 0 && edge.target() < graph.nodes_size()) {
    name += ServiceName(graph.nodes(edge.target()).service());
  }
  for (const v1::GraphAlias& alias : edge.aliases()) {
    name += ", as " + Clean(alias.name());
  }
  return CallsRow(edge.calls(), window, name);
}

// Largest first.
auto OrderKey(const v1::CallStatistics& calls, TopOrder order) {
  const int64_t total = calls.total_count();
  const int64_t p95 = absl::ToInt64Nanoseconds(FromProto(calls.p95()));
  switch (order) {
    case TopOrder::kFaults:
      return std::tuple(-calls.fault_count(), -total, -p95);
    case TopOrder::kLatency:
      return std::tuple(-p95, -total, int64_t{0});
    case TopOrder::kTraffic:
      break;
  }
  return std::tuple(-total, -calls.fault_count(), -p95);
}

const char* NameOf(v1::ChangeKind kind) {
  switch (kind) {
    case v1::CHANGE_KIND_FAILS_MORE:
      return "fails more";
    case v1::CHANGE_KIND_SLOWER:
      return "slower";
    case v1::CHANGE_KIND_VANISHED:
      return "vanished";
    case v1::CHANGE_KIND_APPEARED:
      return "appeared";
    case v1::CHANGE_KIND_FAILS_LESS:
      return "fails less";
    case v1::CHANGE_KIND_FASTER:
      return "faster";
    default:
      return "same";
  }
}

std::string BeforeAfter(const std::string& before, const std::string& after) {
  return before == after ? before : before + " > " + after;
}

std::string ChangeRow(const v1::GraphChange& change) {
  const v1::CallShape& before = change.before();
  const v1::CallShape& after = change.after();
  std::string name;
  if (change.has_source()) {
    name = ServiceName(change.source()) + (change.link() ? " ~> " : " -> ");
  }
  name += ServiceName(change.service());
  return fmt::format(
      "{:<10} {:>17} {:>19} {:>19} {:>19}  {}\n", NameOf(change.kind()),
      BeforeAfter(std::to_string(before.total_count()),
                  std::to_string(after.total_count())),
      BeforeAfter(FormatPercent(before.fault_share() + before.error_share()),
                  FormatPercent(after.fault_share() + after.error_share())),
      BeforeAfter(TimeOf(before.has_p50(), before.p50()),
                  TimeOf(after.has_p50(), after.p50())),
      BeforeAfter(TimeOf(before.has_p95(), before.p95()),
                  TimeOf(after.has_p95(), after.p95())),
      name);
}

}  // namespace

absl::Duration FromProto(const google::protobuf::Duration& duration) {
  return absl::Seconds(duration.seconds()) +
         absl::Nanoseconds(duration.nanos());
}

std::string ServiceName(const v1::ServiceId& service) {
  std::string name = Clean(service.name());
  if (!service.type().empty()) name += " (" + Clean(service.type()) + ")";
  if (!service.account_id().empty()) name += " " + Clean(service.account_id());
  return name;
}

std::string FormatShare(int64_t part, int64_t whole) {
  if (whole <= 0) return "-";
  return FormatPercent(static_cast<double>(part) / static_cast<double>(whole));
}

std::string FormatRate(int64_t count, absl::Duration window) {
  if (window <= absl::ZeroDuration()) return "-";
  return fmt::format(
      "{:.3g}/s", static_cast<double>(count) / absl::ToDoubleSeconds(window));
}

std::string GraphTable(const v1::ServiceGraph& graph, absl::Duration window) {
  std::string out = Header("SERVICE");
  for (const v1::GraphNode& node : graph.nodes()) {
    out += NodeRow(node, window);
    for (const v1::GraphEdge& edge : node.edges()) {
      out += EdgeRow(graph, edge, window);
    }
  }
  return out;
}

std::string TopTable(const v1::ServiceGraph& graph, absl::Duration window,
                     TopOrder order, size_t limit) {
  std::vector<const v1::GraphNode*> nodes;
  for (const v1::GraphNode& node : graph.nodes()) {
    if (node.calls().total_count() > 0) nodes.push_back(&node);
  }
  std::stable_sort(nodes.begin(), nodes.end(),
                   [&](const v1::GraphNode* a, const v1::GraphNode* b) {
                     return OrderKey(a->calls(), order) <
                            OrderKey(b->calls(), order);
                   });
  if (nodes.size() > limit) nodes.resize(limit);
  std::string out = Header("SERVICE");
  for (const v1::GraphNode* node : nodes) out += NodeRow(*node, window);
  return out;
}

std::string ChangeTable(const v1::CompareGraphsResponse& comparison) {
  std::string out =
      fmt::format("{:<10} {:>17} {:>19} {:>19} {:>19}  {}\n", "CHANGE", "CALLS",
                  "FAILING", "P50", "P95", "SERVICE");
  int same = 0;
  for (const v1::GraphChange& change : comparison.changes()) {
    if (change.kind() == v1::CHANGE_KIND_SAME) {
      ++same;
    } else {
      out += ChangeRow(change);
    }
  }
  return out + fmt::format("{} others are as they were\n", same);
}

}  // namespace roentgen::server
