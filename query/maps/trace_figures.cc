#include "query/maps/trace_figures.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/status_macros.h"

namespace roentgen::query {

using storage::LinkEdge;
using storage::LinkObservation;
using storage::Trace;
using storage::TraceId;

TraceFiguresBuilder::TraceFiguresBuilder(storage::TraceEngine& engine,
                                         const TimeRange& range,
                                         storage::GraphFigures figures)
    : engine_(engine), window_(range, absl::ZeroDuration()) {
  periods_[window_.begin()] = std::move(figures);
}

absl::Status TraceFiguresBuilder::Add(const Trace& trace, const Call& call) {
  RTG_ASSIGN_OR_RETURN(const std::vector<LinkEdge> links,
                       FindLinks(trace, call));
  storage::AddTraceGraph(trace, links, window_, 1, periods_);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<LinkEdge>> TraceFiguresBuilder::FindLinks(
    const Trace& trace, const Call& call) {
  std::vector<LinkObservation> seen = storage::ObserveLinks(trace);
  std::erase_if(seen, [&](const LinkObservation& link) {
    return !window_.Contains(storage::SecondOf(link.end));
  });
  std::vector<TraceId> senders;
  for (const LinkObservation& link : seen) {
    senders.push_back(link.sender_trace);
  }
  std::sort(senders.begin(), senders.end());
  senders.erase(std::unique(senders.begin(), senders.end()), senders.end());
  std::vector<LinkEdge> edges;
  RTG_RETURN_IF_ERROR(
      VisitTraces(engine_, senders, call, [&](const Trace& sender) {
        for (const LinkObservation& link : seen) {
          if (link.sender_trace != sender.id) continue;
          const auto from = storage::FindSender(sender, link.sender_entity);
          if (from) edges.push_back(storage::LinkEdgeOf(link, *from));
        }
        return true;
      }));
  return edges;
}

}  // namespace roentgen::query
