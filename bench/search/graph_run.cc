#include "bench/search/graph_run.h"

#include <cstdio>
#include <functional>
#include <random>
#include <utility>
#include <vector>

#include "base/call.h"
#include "base/status_macros.h"
#include "bench/search/measure.h"
#include "bench/search/store_fill.h"
#include "query/maps/service_graphs.h"

namespace roentgen::bench {
namespace {

using query::ServiceGraphs;

const Call& kForever = UnattendedCall();

struct GraphCase {
  std::string name;
  double target_ms = 0;  // 0: none.
  absl::Duration window;
  // Returns how many nodes, or points.
  std::function<absl::StatusOr<size_t>(const ServiceGraphs&,
                                       const query::MapWindow&)>
      run;
};

absl::StatusOr<size_t> Map(const ServiceGraphs& graphs,
                           const query::MapWindow& window, std::string filter) {
  query::ServiceGraphRequest request;
  request.window = window;
  request.filter_expression = std::move(filter);
  RTG_ASSIGN_OR_RETURN(const query::ServiceGraphAnswer answer,
                       graphs.Graph(request, kForever));
  return answer.map.nodes.size();
}

absl::StatusOr<size_t> Series(const ServiceGraphs& graphs,
                              const query::MapWindow& window,
                              const std::string& selector) {
  query::TimeSeriesRequest request;
  request.start = window.start;
  request.end = window.end;
  request.selector = selector;
  RTG_ASSIGN_OR_RETURN(const query::TimeSeriesAnswer answer,
                       graphs.TimeSeries(request, kForever));
  return answer.points.size();
}

std::vector<GraphCase> Cases(int days) {
  const auto map = [](std::string filter) {
    return [filter](const ServiceGraphs& graphs, const query::MapWindow& w) {
      return Map(graphs, w, filter);
    };
  };
  const auto series = [](std::string selector) {
    return [selector](const ServiceGraphs& graphs, const query::MapWindow& w) {
      return Series(graphs, w, selector);
    };
  };
  std::vector<GraphCase> cases = {
      {"map of 5 min", 50, absl::Minutes(5), map("")},
      {"map of 1 h", 50, absl::Hours(1), map("")},
      {"map of 6 h", 50, absl::Hours(6), map("")},
      {"map of 24 h", 0, absl::Hours(24), map("")},
      {"series of 6 h by minute, entry calls", 0, absl::Hours(6), series("")},
      {"series of 6 h by minute, a service", 0, absl::Hours(6),
       series("service(\"payments\")")},
      {"map of 1 h, service(x) {fault}", 0, absl::Hours(1),
       map("service(\"payments\") {fault}")},
      {"map of 1 h, an annotation of 10 %", 0, absl::Hours(1),
       map("annotation.plan = \"enterprise\"")},
      {"map of 24 h, a tenant", 0, absl::Hours(24),
       map("annotation.tenant = \"tenant-7\"")},
  };
  if (days > 1) {
    cases.push_back(
        {"map of all days", 1'000, absl::Hours(24) * days, map("")});
  }
  return cases;
}

// Windows end anywhere in the filled days, seconds do not fit to minutes.
query::MapWindow WindowOf(const GraphCase& graph_case, int days,
                          std::mt19937_64& random) {
  const absl::Duration all = absl::Hours(24) * days;
  const int64_t slack = absl::ToInt64Seconds(all - graph_case.window);
  const Timestamp begin =
      kDayEnd - all +
      absl::Seconds(static_cast<int64_t>(random() % (slack + 1)));
  return {begin, begin + graph_case.window};
}

absl::Status Report(const ServiceGraphs& graphs, const GraphCase& graph_case,
                    int days, const SuiteOptions& options) {
  std::mt19937_64 random(5);
  Samples wall_ms;
  size_t found = 0;
  const double cpu = ThreadCpuNow();
  const double stop = WallNow() + options.seconds_max;
  for (int i = 0; i < options.runs && (i < 3 || WallNow() < stop); ++i) {
    const double begin = WallNow();
    RTG_ASSIGN_OR_RETURN(
        found, graph_case.run(graphs, WindowOf(graph_case, days, random)));
    wall_ms.Add((WallNow() - begin) * 1e3);
  }
  const double cpu_ms = (ThreadCpuNow() - cpu) * 1e3;
  std::printf("%-38s %6.0f | %7.1f %7.1f %7.1f %7.1f %5zu | %6zu\n",
              graph_case.name.c_str(), graph_case.target_ms,
              wall_ms.Percentile(0.5), wall_ms.Percentile(0.99), wall_ms.Max(),
              cpu_ms / static_cast<double>(wall_ms.size()), wall_ms.size(),
              found);
  std::fflush(stdout);
  return absl::OkStatus();
}

}  // namespace

absl::Status RunGraphs(const std::string& dir, int days,
                       const SuiteOptions& options) {
  const AfterDayClock clock;
  RTG_ASSIGN_OR_RETURN(const auto engine, OpenStore(dir, clock));
  const ServiceGraphs graphs(*engine, {});
  std::printf("%-38s %6s | %7s %7s %7s %7s %5s | %6s\n", "map", "target",
              "p50 ms", "p99 ms", "max ms", "cpu ms", "runs", "found");
  for (const GraphCase& graph_case : Cases(days)) {
    if (graph_case.name.find(options.only) == std::string::npos) continue;
    RTG_RETURN_IF_ERROR(Report(graphs, graph_case, days, options));
  }
  return engine->Close();
}

}  // namespace roentgen::bench
