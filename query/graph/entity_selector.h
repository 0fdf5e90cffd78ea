// EntitySelectorExpression: which nodes or edges of the map a time series is
// about.
//
//   service("pay")
//   edge(id(name: "shop", type: "client"), "shop")
//   id(name: "shop")                               The same as service(...).
//
// Threads: plain data, pure functions.
#ifndef ROENTGEN_QUERY_GRAPH_ENTITY_SELECTOR_H_
#define ROENTGEN_QUERY_GRAPH_ENTITY_SELECTOR_H_

#include <optional>
#include <string_view>

#include "absl/status/statusor.h"
#include "query/lang/expression.h"
#include "trace/model/graph_figures.h"

namespace roentgen::query {

struct EntitySelector {
  // Of edges, where there are two; of nodes otherwise.
  NodeSelector node;
  std::optional<NodeSelector> target;
  bool has_id = false;  // Written with id().

  bool of_edges() const { return target.has_value(); }
};

// Errors: InvalidArgument in the words of filter expressions, also for a
// filter expression that is no selector.
absl::StatusOr<EntitySelector> ParseEntitySelector(std::string_view text);

// The figures of all nodes or edges that are meant, in one. Nothing when they
// say nothing.
std::optional<storage::CallFigures> Select(const EntitySelector& selector,
                                           const storage::GraphFigures& graph);

// The same of all edges from clients to the services that they call.
std::optional<storage::CallFigures> SelectEntries(
    const storage::GraphFigures& graph);

}  // namespace roentgen::query

#endif  // ROENTGEN_QUERY_GRAPH_ENTITY_SELECTOR_H_
