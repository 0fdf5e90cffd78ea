#include "trace/assembly/trace_graph.h"

#include <vector>

#include "absl/time/time.h"
#include "base/wrapping.h"
#include "trace/assembly/observations.h"
#include "trace/model/duration_histogram.h"

namespace roentgen::storage {
namespace {

class Builder {
 public:
  Builder(const std::vector<ServiceId>& services, const GraphWindow& window,
          int64_t sign, GraphPeriods& periods)
      : services_(services), window_(window), sign_(sign), periods_(periods) {}

  void AddNode(const NodeObservation& seen) {
    const int64_t second = SecondOf(seen.end);
    if (seen.in_progress || !window_.Contains(second)) return;
    NodeFigures& node = PeriodAt(second).nodes[services_[seen.service]];
    AddCall(seen.outcome, seen.duration, node.calls);
    node.durations.AddToBin(BinOf(seen.extent), sign_);
    if (seen.root) node.roots += sign_;
    if (seen.inferred) node.inferred += sign_;
    node.activity[second] += sign_;
  }

  void AddEdge(const EdgeObservation& seen) {
    const int64_t second = SecondOf(seen.end);
    if (!window_.Contains(second)) return;
    GraphFigures& figures = PeriodAt(second);
    const ServiceId& from = services_[seen.source];
    const ServiceId& to = services_[seen.target];
    NodeFigures& source = figures.nodes[from];
    if (IsClient(from)) source.activity[second] += sign_;
    figures.nodes[to];
    EdgeFigures& edge = figures.edges[{.source = from, .target = to}];
    AddCall(seen.outcome, seen.duration, edge.calls);
    if (seen.alias) {
      const ServiceId& alias = services_[*seen.alias];
      edge.aliases[{.name = alias.name, .type = alias.type}] += sign_;
    }
  }

  void AddLink(const LinkEdge& seen) {
    const int64_t second = SecondOf(seen.end);
    if (!window_.Contains(second)) return;
    GraphFigures& figures = PeriodAt(second);
    figures.nodes[seen.source];
    figures.nodes[seen.target];
    EdgeFigures& edge = figures.edges[{
        .source = seen.source, .target = seen.target, .link = true}];
    Bucket(seen.outcome, edge.calls) += sign_;
    edge.ages.AddToBin(BinOf(seen.age), sign_);
  }

 private:
  static uint32_t BinOf(absl::Duration d) {
    return DurationHistogram::BinOf(absl::ToInt64Nanoseconds(d));
  }

  static int64_t& Bucket(const Outcome& outcome, CallFigures& calls) {
    if (outcome.throttle) return calls.throttle;
    if (outcome.fault) return calls.fault;
    return outcome.error ? calls.error : calls.ok;
  }

  void AddCall(const Outcome& outcome, absl::Duration time,
               CallFigures& calls) const {
    Bucket(outcome, calls) += sign_;
    calls.total_ns = WrappingSum(
        calls.total_ns, WrappingProduct(sign_, absl::ToInt64Nanoseconds(time)));
    calls.response_times.AddToBin(BinOf(time), sign_);
  }

  GraphFigures& PeriodAt(int64_t second) {
    return periods_[window_.PeriodOf(second)];
  }

  const std::vector<ServiceId>& services_;
  const GraphWindow& window_;
  const int64_t sign_;
  GraphPeriods& periods_;
};

}  // namespace

void AddTraceGraph(const Trace& trace, std::span<const LinkEdge> links,
                   const GraphWindow& window, int64_t sign,
                   GraphPeriods& periods) {
  const TraceObservations seen = Observe(trace);
  Builder builder(seen.services, window, sign, periods);
  for (const NodeObservation& node : seen.nodes) builder.AddNode(node);
  for (const EdgeObservation& edge : seen.edges) builder.AddEdge(edge);
  for (const LinkEdge& link : links) builder.AddLink(link);
}

}  // namespace roentgen::storage
