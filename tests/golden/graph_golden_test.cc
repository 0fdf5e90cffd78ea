// Documents in, figures of the service map out: every rule of nodes, edges and
// links as a text file.
//
// Documents of all traces, in order of arrival. A line "@window BEGIN END
// [PERIOD]" (seconds) bounds what is counted.
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "tests/golden/case_file.h"
#include "tests/support/calls.h"
#include "tests/support/graph_text.h"
#include "trace/assembly/message_links.h"
#include "trace/assembly/trace.h"
#include "trace/assembly/trace_graph.h"
#include "trace/document/document_parser.h"

namespace roentgen::storage {
namespace {

GraphWindow ParseWindow(const std::string& line) {
  std::istringstream in(line);
  std::string name;
  int64_t begin = 0, end = 0, period = 0;
  in >> name >> begin >> end >> period;
  return GraphWindow(
      {Timestamp::FromSeconds(begin), Timestamp::FromSeconds(end)},
      absl::Seconds(period));
}

std::vector<LinkEdge> Resolve(const Trace& trace,
                              const std::map<TraceId, Trace>& traces) {
  std::vector<LinkEdge> links;
  for (const LinkObservation& link : ObserveLinks(trace)) {
    const auto sender = traces.find(link.sender_trace);
    if (sender == traces.end()) continue;
    const auto found = FindSender(sender->second, link.sender_entity);
    if (found) links.push_back(LinkEdgeOf(link, *found));
  }
  return links;
}

std::string Run(const std::vector<std::string>& lines) {
  GraphWindow window(TimeRange(), absl::ZeroDuration());
  std::map<TraceId, TraceRecords> records;
  DocumentParser parser;
  uint64_t commit = 0;
  std::string out;
  for (const std::string& line : lines) {
    if (line.starts_with("@window")) {
      window = ParseWindow(line);
      continue;
    }
    SegmentDocument document;
    if (auto fault = parser.Parse(line, document)) {
      out += "refused: " + fault->Message() + "\n";
      continue;
    }
    TraceRecords& trace = records[document.trace_id];
    trace.trace_id = document.trace_id;
    trace.records.push_back(
        {.sequence = {++commit, 0}, .received = {1}, .document = line});
  }
  std::map<TraceId, Trace> traces;
  for (const auto& [id, trace] : records) {
    absl::StatusOr<Trace> assembled =
        AssembleTrace(trace, testing_support::AnyCall());
    if (!assembled.ok()) return assembled.status().ToString() + "\n";
    traces.emplace(id, *std::move(assembled));
  }
  GraphPeriods periods;
  for (const auto& [id, trace] : traces) {
    AddTraceGraph(trace, Resolve(trace, traces), window, 1, periods);
  }
  // One period is the rule; its begin says nothing then.
  if (periods.size() == 1) {
    return out + testing_support::GraphText(periods.begin()->second);
  }
  return out + testing_support::GraphText(periods);
}

}  // namespace
}  // namespace roentgen::storage

int main(int argc, char** argv) {
  return roentgen::testing_support::RunGoldenFiles(argc, argv,
                                                   roentgen::storage::Run);
}
