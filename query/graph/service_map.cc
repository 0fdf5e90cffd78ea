#include "query/graph/service_map.h"

#include <algorithm>
#include <map>
#include <utility>

namespace roentgen::query {
namespace {

using storage::GraphFigures;
using storage::NodeFigures;
using storage::ServiceId;

NodeState StateOf(const ServiceId& service, const NodeFigures& figures) {
  if (IsClient(service)) return NodeState::kUnknown;
  const int64_t count = figures.calls.count();
  if (count > figures.inferred) return NodeState::kActive;
  // Types that no segment has of its own.
  if (service.type == "remote" || service.type == "Database::SQL") {
    return NodeState::kPassive;
  }
  // Where messages went through: only links tell of them.
  if (service.type == "AWS::SQS::Queue" || service.type == "AWS::SNS") {
    return NodeState::kUnknown;
  }
  if (count == 0) return NodeState::kActive;
  return service.type.starts_with("AWS::") ? NodeState::kUnknown
                                           : NodeState::kPassive;
}

std::optional<TimeRange> TimesOf(const NodeFigures& figures) {
  if (figures.activity.empty()) return std::nullopt;
  return TimeRange{
      Timestamp::FromSeconds(figures.activity.begin()->first),
      Timestamp::FromSeconds(figures.activity.rbegin()->first + 1)};
}

void SetTimes(ServiceMap& map) {
  for (MapNode& node : map.nodes) {
    node.times = TimesOf(node.figures);
    if (!node.times) continue;
    if (!map.times) {
      map.times = node.times;
    } else {
      map.times->begin = std::min(map.times->begin, node.times->begin);
      map.times->end = std::max(map.times->end, node.times->end);
    }
  }
  for (MapNode& node : map.nodes) {
    if (!node.times) node.times = map.times;
  }
}

}  // namespace

std::string_view NameOf(NodeState state) {
  switch (state) {
    case NodeState::kActive:
      return "active";
    case NodeState::kUnknown:
      return "unknown";
    case NodeState::kPassive:
      return "passive";
  }
  return "";
}

ServiceMap BuildServiceMap(GraphFigures figures, MapTimes times) {
  // Both ends of an edge are nodes; should one be missing, it has no figures.
  for (const auto& [key, edge] : figures.edges) {
    figures.nodes.try_emplace(key.source);
    figures.nodes.try_emplace(key.target);
  }
  ServiceMap map;
  std::map<ServiceId, size_t> places;
  for (auto& [service, node] : figures.nodes) {
    places.emplace_hint(places.end(), service, map.nodes.size());
    const NodeState state = StateOf(service, node);
    const bool root = node.roots > 0;
    map.nodes.push_back({.service = service,
                         .state = state,
                         .client = IsClient(service),
                         .root = root,
                         .figures = std::move(node),
                         .times = std::nullopt,
                         .edges = {}});
  }
  for (auto& [key, edge] : figures.edges) {
    map.nodes[places.at(key.source)].edges.push_back(
        {.target = places.at(key.target),
         .link = key.link,
         .figures = std::move(edge)});
  }
  if (times == MapTimes::kShown) SetTimes(map);
  return map;
}

}  // namespace roentgen::query
