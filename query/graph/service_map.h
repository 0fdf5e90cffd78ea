// The service map as clients see it: nodes with numbers, their states and
// times, edges at the node that calls.
//
//   ServiceMap map = BuildServiceMap(std::move(figures), MapTimes::kShown);
//
// Threads: plain data, pure functions.
#ifndef ROENTGEN_QUERY_GRAPH_SERVICE_MAP_H_
#define ROENTGEN_QUERY_GRAPH_SERVICE_MAP_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/timestamp.h"
#include "trace/model/graph_figures.h"

namespace roentgen::query {

enum class NodeState : uint8_t {
  kActive,   // Sends segments.
  kUnknown,  // A client, or something of AWS that was only called.
  kPassive,  // Anything else that was only called.
};
std::string_view NameOf(NodeState state);  // "active".

struct MapEdge {
  size_t target = 0;  // Index of a node.
  bool link = false;
  storage::EdgeFigures figures;
};

struct MapNode {
  storage::ServiceId service;
  NodeState state = NodeState::kActive;
  bool client = false;  // Then it has edges, and no figures of its own.
  bool root = false;
  storage::NodeFigures figures;
  // Whole seconds: of its first observation, and the one after its last. What
  // only called, and ended at another time, has the times of the map.
  std::optional<TimeRange> times;
  std::vector<MapEdge> edges;  // By target; links after calls.
};

struct ServiceMap {
  std::vector<MapNode> nodes;      // By name, type, account.
  std::optional<TimeRange> times;  // Over all nodes.
};

enum class MapTimes { kShown, kHidden };

ServiceMap BuildServiceMap(storage::GraphFigures figures, MapTimes times);

}  // namespace roentgen::query

#endif  // ROENTGEN_QUERY_GRAPH_SERVICE_MAP_H_
