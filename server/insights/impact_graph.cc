#include "server/insights/impact_graph.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace roentgen::server {
namespace {

using Edges = std::vector<std::vector<size_t>>;

std::vector<bool> Reachable(std::vector<size_t> from, const Edges& edges) {
  std::vector<bool> seen(edges.size());
  for (const size_t node : from) seen[node] = true;
  while (!from.empty()) {
    const size_t node = from.back();
    from.pop_back();
    for (const size_t next : edges[node]) {
      if (seen[next]) continue;
      seen[next] = true;
      from.push_back(next);
    }
  }
  return seen;
}

}  // namespace

std::vector<ImpactNode> ImpactNodesOf(
    const query::ServiceMap& map,
    const std::set<storage::ServiceId>& affected) {
  const size_t count = map.nodes.size();
  Edges down(count), up(count);
  std::vector<size_t> clients, targets;
  for (size_t i = 0; i < count; ++i) {
    const query::MapNode& node = map.nodes[i];
    if (node.client) clients.push_back(i);
    if (affected.contains(node.service)) targets.push_back(i);
    for (const query::MapEdge& edge : node.edges) {
      down[i].push_back(edge.target);
      up[edge.target].push_back(i);
    }
  }
  const std::vector<bool> from_clients = Reachable(std::move(clients), down);
  const std::vector<bool> to_targets = Reachable(targets, up);
  std::vector<std::optional<size_t>> number(count);
  size_t kept = 0;
  for (size_t i = 0; i < count; ++i) {
    if ((from_clients[i] && to_targets[i]) ||
        affected.contains(map.nodes[i].service)) {
      number[i] = kept++;
    }
  }
  std::vector<ImpactNode> out;
  for (size_t i = 0; i < count; ++i) {
    if (!number[i]) continue;
    ImpactNode& node = out.emplace_back();
    node.service = map.nodes[i].service;
    for (const size_t target : down[i]) {
      if (number[target]) node.edges.push_back(*number[target]);
    }
    std::sort(node.edges.begin(), node.edges.end());
    // Calls and messages between the same two are one.
    node.edges.erase(std::unique(node.edges.begin(), node.edges.end()),
                     node.edges.end());
  }
  return out;
}

}  // namespace roentgen::server
