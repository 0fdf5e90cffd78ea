// Service maps of a filled store.
//
// Threads: one.
#ifndef ROENTGEN_BENCH_SEARCH_GRAPH_RUN_H_
#define ROENTGEN_BENCH_SEARCH_GRAPH_RUN_H_

#include <string>

#include "absl/status/status.h"
#include "bench/search/query_run.h"

namespace roentgen::bench {

// Prints what maps and time series of windows up to `days` cost, warm.
absl::Status RunGraphs(const std::string& dir, int days,
                       const SuiteOptions& options);

}  // namespace roentgen::bench

#endif  // ROENTGEN_BENCH_SEARCH_GRAPH_RUN_H_
