// Which of the anomalous nodes are the cause of the others: from each, faults
// are followed downstream, from caller to callee, as far as they are there.
//
// Threads: pure.
#ifndef ROENTGEN_SERVER_INSIGHTS_ROOT_CAUSES_H_
#define ROENTGEN_SERVER_INSIGHTS_ROOT_CAUSES_H_

#include <map>

#include "server/insights/node_watch.h"
#include "trace/model/graph_figures.h"
#include "trace/model/service_id.h"

namespace roentgen::server {

using WatchedNodes = std::map<storage::ServiceId, NodeWatch>;
using RecentEdges = std::map<storage::EdgeKey, RecentFaults>;
using RootCauses = std::map<storage::ServiceId, storage::ServiceId>;

// Of each anomalous node the root cause: the last anomalous one on its way
// downstream. An edge is followed when its calls fail clearly more than the
// callee's do usually, and that explains a good part of the caller's faults; of
// several, the one with the most faults. Nodes on the way may have failed too
// little to be anomalous. Nodes that call one another in a circle have the
// worst of them as cause.
RootCauses FindRootCauses(const WatchedNodes& nodes, const RecentEdges& edges);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_INSIGHTS_ROOT_CAUSES_H_
