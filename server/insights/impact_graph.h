// The part of a service map by which an incident reaches its clients.
//
// Threads: plain data, pure functions.
#ifndef ROENTGEN_SERVER_INSIGHTS_IMPACT_GRAPH_H_
#define ROENTGEN_SERVER_INSIGHTS_IMPACT_GRAPH_H_

#include <cstddef>
#include <set>
#include <vector>

#include "query/graph/service_map.h"
#include "trace/model/service_id.h"

namespace roentgen::server {

// Structure only. A node's ReferenceId is its index.
struct ImpactNode {
  storage::ServiceId service;
  std::vector<size_t> edges;  // Indexes of nodes that it calls.

  friend bool operator==(const ImpactNode&, const ImpactNode&) = default;
};

// Nodes of `map` on a way from a client to a node of `affected`, and those
// themselves.
std::vector<ImpactNode> ImpactNodesOf(
    const query::ServiceMap& map, const std::set<storage::ServiceId>& affected);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_INSIGHTS_IMPACT_GRAPH_H_
