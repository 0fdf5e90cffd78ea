// Searches beside ingest and beside each other, and how soon they stop.
//
// Threads: makes its own.
#ifndef ROENTGEN_BENCH_SEARCH_MIXED_LOAD_H_
#define ROENTGEN_BENCH_SEARCH_MIXED_LOAD_H_

#include <string>

#include "absl/status/status.h"
#include "bench/search/query_run.h"

namespace roentgen::bench {

// Prints the figures. Writes to the store, after the day it holds.
absl::Status RunMixed(const std::string& dir, const SuiteOptions& options);

}  // namespace roentgen::bench

#endif  // ROENTGEN_BENCH_SEARCH_MIXED_LOAD_H_
