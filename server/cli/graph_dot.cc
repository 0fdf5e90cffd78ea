#include "server/cli/graph_dot.h"

#include <string_view>

#include "fmt/format.h"
#include "server/cli/graph_tables.h"
#include "server/cli/waterfall.h"

namespace roentgen::server {
namespace {

// For the inside of a quoted label; a backslash would begin an escape.
std::string Escaped(const std::string& text) {
  std::string out;
  for (const char c : FitWidth(text, text.size())) {
    if (c == '"' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  out.erase(out.find_last_not_of(' ') + 1);
  return out;
}

// "20.6/s, 1.2 % faults, p95 250 ms".
std::string Figures(const v1::CallStatistics& calls, absl::Duration window) {
  std::string out = window > absl::ZeroDuration()
                        ? FormatRate(calls.total_count(), window)
                        : std::to_string(calls.total_count()) + " calls";
  if (calls.fault_count() > 0) {
    out += ", " + FormatShare(calls.fault_count(), calls.total_count()) +
           " faults";
  }
  if (calls.has_p95()) out += ", p95 " + FormatShort(FromProto(calls.p95()));
  return out;
}

std::string_view ColorOf(const v1::CallStatistics& calls) {
  if (calls.fault_count() * 20 >= calls.total_count() &&
      calls.fault_count() > 0) {
    return "#f4b6b0";  // One in twenty or more.
  }
  if (calls.fault_count() > 0) return "#f9e0a8";
  return "#ffffff";
}

std::string NodeLine(const v1::GraphNode& node, int number,
                     absl::Duration window) {
  std::string label = Escaped(node.service().name());
  if (!node.service().type().empty()) {
    label += "\\n" + Escaped(node.service().type());
  }
  if (node.has_calls()) label += "\\n" + Figures(node.calls(), window);
  return fmt::format("  n{} [label=\"{}\", fillcolor=\"{}\"{}];\n", number,
                     label, ColorOf(node.calls()),
                     node.has_calls() ? "" : ", shape=ellipse");
}

std::string EdgeLine(const v1::GraphEdge& edge, int source,
                     absl::Duration window) {
  return fmt::format("  n{} -> n{} [label=\"{}\"{}];\n", source, edge.target(),
                     Figures(edge.calls(), window),
                     edge.link() ? ", style=dashed" : "");
}

}  // namespace

std::string GraphDot(const v1::ServiceGraph& graph, absl::Duration window) {
  std::string out =
      "digraph services {\n"
      "  rankdir=LR;\n"
      "  node [shape=box, style=\"rounded,filled\", fontname=\"sans-serif\"];\n"
      "  edge [fontname=\"sans-serif\", fontsize=10];\n";
  for (int i = 0; i < graph.nodes_size(); ++i) {
    out += NodeLine(graph.nodes(i), i, window);
  }
  for (int i = 0; i < graph.nodes_size(); ++i) {
    for (const v1::GraphEdge& edge : graph.nodes(i).edges()) {
      out += EdgeLine(edge, i, window);
    }
  }
  return out + "}\n";
}

}  // namespace roentgen::server
