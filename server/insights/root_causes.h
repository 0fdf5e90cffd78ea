// Which of the anomalous nodes are the cause of the others: from each, faults
// are followed downstream, from caller to callee, as far as they are there.
//
// Threads: pure.
#ifndef ROENTGEN_SERVER_INSIGHTS_ROOT_CAUSES_H_
#define ROENTGEN_SERVER_INSIGHTS_ROOT_CAUSES_H_

#include <map>

#include "server/insights/node_watch.h"
#include "storage/model/graph_figures.h"
#include "storage/model/service_id.h"

namespace roentgen::server {

using AnomalousNodes = std::map<storage::ServiceId, const NodeWatch*>;
using RecentEdges = std::map<storage::EdgeKey, RecentFaults>;
using RootCauses = std::map<storage::ServiceId, storage::ServiceId>;

// Each node's root cause, which is one of them. An edge is followed
// when its calls fail more than the callee's do usually, and that explains a
// good part of the caller's faults; of several, the one with the most faults.
// Nodes that call one another in a circle have the worst of them as cause.
RootCauses FindRootCauses(const AnomalousNodes& nodes,
                          const RecentEdges& edges);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_INSIGHTS_ROOT_CAUSES_H_
