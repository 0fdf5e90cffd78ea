// Minutes of a made-up application's service map: trees of services that call
// one another, fail now and then, and pass faults on to their callers.
#ifndef ROENTGEN_TESTS_SERVER_INSIGHTS_TRAFFIC_H_
#define ROENTGEN_TESTS_SERVER_INSIGHTS_TRAFFIC_H_

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "trace/model/graph_figures.h"

namespace roentgen::server {

struct TrafficNode {
  std::string name;
  std::string type = "AWS::ECS::Container";
  // Index of the node that calls it, which comes before; nothing: clients do.
  std::optional<size_t> caller;
  // Requests per minute; of nodes with a caller, per request of that.
  double rate = 1;
  double fault_share = 0.01;
  // Part of its faults that make the caller's request fail, too.
  double passed_on = 1;
  // Requests that end as throttles and errors.
  double error_share = 0;
};

class Traffic {
 public:
  Traffic(std::vector<TrafficNode> nodes, uint64_t seed)
      : nodes_(std::move(nodes)), random_(seed) {}

  std::vector<TrafficNode>& nodes() { return nodes_; }
  // Traffic at the peak of the day is so many times that of the deepest night.
  void SwingDaily(double swing) { swing_ = swing; }

  // The next minute that begins at `minute`.
  storage::GraphFigures Minute(int64_t minute);

 private:
  int64_t Poisson(double mean);
  int64_t Part(int64_t of, double share);

  std::vector<TrafficNode> nodes_;
  double swing_ = 1;
  std::mt19937_64 random_;
};

storage::ServiceId IdOf(const TrafficNode& node);

}  // namespace roentgen::server

#endif  // ROENTGEN_TESTS_SERVER_INSIGHTS_TRAFFIC_H_
