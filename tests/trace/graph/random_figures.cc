#include "tests/trace/graph/random_figures.h"

#include <array>
#include <utility>
#include <vector>

namespace roentgen::testing_support {

using storage::CallFigures;
using storage::DurationHistogram;
using storage::EdgeFigures;
using storage::GraphFigures;
using storage::NodeFigures;
using storage::ServiceId;

// Mostly small; sometimes as large or as negative as can be.
int64_t RandomFigures::Count() {
  if (Below(200) == 0) return Below(2) == 0 ? INT64_MAX : INT64_MIN;
  return static_cast<int64_t>(Below(7)) - 2;
}

ServiceId RandomFigures::Service() {
  constexpr std::array<const char*, 5> kNames = {"shop", "pay", "", "api.test",
                                                 "a long name of a service"};
  constexpr std::array<const char*, 3> kTypes = {"", "client", "remote"};
  ServiceId service{.name = kNames[Below(kNames.size())],
                    .type = kTypes[Below(kTypes.size())],
                    .account_id = Below(4) == 0 ? "111122223333" : ""};
  if (Below(20) == 0) service.name += std::string("\0\xff", 2);
  return service;
}

DurationHistogram RandomFigures::Times(uint64_t calls_max) {
  DurationHistogram times;
  for (uint64_t n = Below(calls_max); n > 0; --n) {
    const uint64_t range = Below(20) == 0 ? DurationHistogram::kBins : 3'000;
    times.AddToBin(static_cast<uint32_t>(Below(range)), Count());
  }
  return times;
}

CallFigures RandomFigures::Calls() {
  CallFigures calls{.ok = Count(),
                    .throttle = Count(),
                    .fault = Count(),
                    .error = Count(),
                    .total_ns = Count()};
  calls.response_times = Times(Below(10) == 0 ? 800 : 8);
  return calls;
}

GraphFigures RandomFigures::Next(const storage::RollUpSpan& span) {
  GraphFigures figures;
  std::vector<ServiceId> services;
  for (uint64_t n = Below(6); n > 0; --n) {
    services.push_back(Service());
    NodeFigures& node = figures.nodes[services.back()];
    node.calls = Calls();
    node.durations = Below(3) == 0 ? Times(8) : node.calls.response_times;
    node.roots = Count();
    node.inferred = Count();
    for (uint64_t slots = Below(5); slots > 0; --slots) {
      const auto slot = static_cast<int64_t>(Below(60));
      node.activity[span.begin + slot * span.slot_seconds] = Count();
    }
  }
  for (uint64_t n = services.empty() ? 0 : Below(8); n > 0; --n) {
    EdgeFigures& edge =
        figures.edges[{.source = services[Below(services.size())],
                       .target = services[Below(services.size())],
                       .link = Below(4) == 0}];
    edge.calls = Calls();
    if (Below(3) == 0) edge.aliases[{"pay.test", "remote"}] = Count();
    if (Below(5) == 0) edge.aliases[{"", ""}] = Count();
    if (Below(4) == 0) edge.ages = Times(8);
  }
  DropEmpty(figures);
  return figures;
}

GraphFigures Negative(const GraphFigures& figures) {
  GraphFigures negative;
  AddFigures(figures, -1, negative);
  return negative;
}

}  // namespace roentgen::testing_support
