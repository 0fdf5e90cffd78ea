#include "tests/server/insights/traffic.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace roentgen::server {
namespace {

constexpr double kDaySeconds = 86'400;

storage::CallFigures Calls(int64_t total, int64_t faults, int64_t errors) {
  storage::CallFigures calls;
  calls.fault = faults;
  calls.error = errors / 2;
  calls.throttle = errors - calls.error;
  calls.ok = total - faults - errors;
  return calls;
}

}  // namespace

storage::ServiceId IdOf(const TrafficNode& node) {
  return {.name = node.name, .type = node.type, .account_id = ""};
}

int64_t Traffic::Poisson(double mean) {
  if (mean <= 0) return 0;
  return std::poisson_distribution<int64_t>(mean)(random_);
}

int64_t Traffic::Part(int64_t of, double share) {
  return std::binomial_distribution<int64_t>(of, share)(random_);
}

storage::GraphFigures Traffic::Minute(int64_t minute) {
  const double day = static_cast<double>(minute) / kDaySeconds;
  const double low = 1 / swing_;
  const double level =
      low + (1 - low) * (1 - std::cos(2 * std::numbers::pi * day)) / 2;
  std::vector<int64_t> requests, faults, errors;
  for (const TrafficNode& node : nodes_) {
    const double base =
        node.caller ? static_cast<double>(requests[*node.caller]) : level;
    requests.push_back(Poisson(base * node.rate));
    faults.push_back(Part(requests.back(), node.fault_share));
    errors.push_back(Part(requests.back() - faults.back(), node.error_share));
  }
  storage::GraphFigures out;
  for (size_t i = nodes_.size(); i-- > 0;) {
    const TrafficNode& node = nodes_[i];
    if (requests[i] == 0) continue;
    storage::ServiceId source = {
        .name = node.name, .type = "client", .account_id = ""};
    if (node.caller) {
      const size_t up = *node.caller;
      source = IdOf(nodes_[up]);
      faults[up] = std::min(faults[up] + Part(faults[i], node.passed_on),
                            requests[up] - errors[up]);
    }
    const storage::CallFigures calls = Calls(requests[i], faults[i], errors[i]);
    out.nodes[IdOf(node)].calls = calls;
    out.nodes[source];
    out.edges[{.source = source, .target = IdOf(node)}].calls = calls;
  }
  return out;
}

}  // namespace roentgen::server
