// Two maps of the same application: what got slower, what fails more, what
// appeared and what vanished.
//
// Threads: plain data, pure functions.
#ifndef ROENTGEN_QUERY_GRAPH_MAP_COMPARISON_H_
#define ROENTGEN_QUERY_GRAPH_MAP_COMPARISON_H_

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "trace/model/graph_figures.h"

namespace roentgen::query {

// In order of severity.
enum class ChangeKind : uint8_t {
  // A larger share of calls fails (fault, error or throttle), by one point of
  // a hundred or more, and more than chance explains.
  kFailsMore,
  // p50 or p95 grew by a quarter and by 5 ms or more, over enough calls.
  kSlower,
  kVanished,
  kAppeared,
  kFailsLess,
  kFaster,
  kSame,
};
std::string_view NameOf(ChangeKind kind);  // "fails_more".

struct CallShape {
  int64_t count = 0;
  double fault_share = 0;  // Of the calls, 0 to 1.
  double error_share = 0;  // Errors and throttles.
  absl::Duration p50;      // Zero where there are no response times.
  absl::Duration p95;
};

struct MapChange {
  ChangeKind kind = ChangeKind::kSame;
  // Larger is worse, among changes of the same kind.
  double severity = 0;
  std::optional<storage::ServiceId> source;  // Of edges.
  storage::ServiceId service;                // The node, or an edge's target.
  bool link = false;
  CallShape before;
  CallShape after;
};

// One entry per node (clients have no figures: none) and edge of either map,
// worst first.
std::vector<MapChange> CompareMaps(const storage::GraphFigures& before,
                                   const storage::GraphFigures& after);

}  // namespace roentgen::query

#endif  // ROENTGEN_QUERY_GRAPH_MAP_COMPARISON_H_
