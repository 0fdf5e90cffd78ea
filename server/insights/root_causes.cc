#include "server/insights/root_causes.h"

#include <cmath>
#include <set>

namespace roentgen::server {
namespace {

using storage::EdgeKey;
using storage::ServiceId;

// Faults above the callee's usual, in standard deviations of these. No share of
// the requests: minutes before the incident count here, too.
constexpr double kDeviations = 3;
constexpr double kLeastExcess = 0.5;
// Of the caller's faults above the usual.
constexpr double kPartExplained = 0.25;

// Faults above the usual that come to the caller by the edge; zero when they
// do not explain anything.
double ExplainedBy(const RecentFaults& edge, const NodeWatch& caller,
                   const NodeWatch& callee) {
  const double excess = edge.Excess(callee.share());
  const double deviation = std::sqrt(callee.share() * edge.requests());
  if (excess < kLeastExcess || excess < kDeviations * deviation ||
      excess < kPartExplained * caller.RecentExcess()) {
    return 0;
  }
  return excess;
}

// The callee that most faults come from; null when there is none.
const ServiceId* WorstCallee(const ServiceId& caller, const WatchedNodes& nodes,
                             const RecentEdges& edges,
                             const std::set<ServiceId>& seen) {
  const ServiceId* worst = nullptr;
  double most = 0;
  for (auto at = edges.lower_bound({.source = caller, .target = {}});
       at != edges.end() && at->first.source == caller; ++at) {
    const auto callee = nodes.find(at->first.target);
    // Whoever gets a message does not make its sender fail.
    if (at->first.link || callee == nodes.end() ||
        seen.contains(callee->first)) {
      continue;
    }
    const double explained =
        ExplainedBy(at->second, nodes.at(caller), callee->second);
    if (explained > most) {
      most = explained;
      worst = &callee->first;
    }
  }
  return worst;
}

const ServiceId& Downstream(const ServiceId& from, const WatchedNodes& nodes,
                            const RecentEdges& edges) {
  std::set<ServiceId> seen;
  const ServiceId* last = &from;
  const ServiceId* at = &from;
  while (at != nullptr) {
    if (nodes.at(*at).anomalous()) last = at;
    seen.insert(*at);
    at = WorstCallee(*at, nodes, edges, seen);
  }
  return *last;
}

// Ends of ways that begin at the end of another go in a circle; one for all.
ServiceId OneOfCircle(const ServiceId& end, const RootCauses& ends,
                      const WatchedNodes& nodes) {
  std::set<ServiceId> seen;
  const ServiceId* at = &end;
  while (seen.insert(*at).second) at = &ends.at(*at);
  // `at` is in the circle now; once around.
  const ServiceId first = *at;
  ServiceId worst = first;
  do {
    const double excess = nodes.at(*at).excess();
    const double most = nodes.at(worst).excess();
    if (excess > most || (excess == most && *at < worst)) worst = *at;
    at = &ends.at(*at);
  } while (*at != first);
  return worst;
}

}  // namespace

RootCauses FindRootCauses(const WatchedNodes& nodes, const RecentEdges& edges) {
  RootCauses ends;
  for (const auto& [id, node] : nodes) {
    if (node.anomalous()) ends.emplace(id, Downstream(id, nodes, edges));
  }
  RootCauses out;
  for (const auto& [id, end] : ends) {
    out.emplace(id, OneOfCircle(end, ends, nodes));
  }
  return out;
}

}  // namespace roentgen::server
