// The service map as a picture: text for Graphviz.
//
//   roentgen graph --dot | dot -Tsvg > map.svg
//
// Threads: pure.
#ifndef ROENTGEN_SERVER_CLI_GRAPH_DOT_H_
#define ROENTGEN_SERVER_CLI_GRAPH_DOT_H_

#include <string>

#include "absl/time/time.h"
#include "roentgen/v1/graph_service.pb.h"

namespace roentgen::server {

// Nodes with their rate, share of faults and p95; what has faults is coloured;
// asynchronous edges are dashed. `window` as in GraphTable.
std::string GraphDot(const v1::ServiceGraph& graph, absl::Duration window);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_CLI_GRAPH_DOT_H_
