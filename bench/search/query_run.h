// Runs searches and prints what they cost.
//
// Threads: one thread; the engine may be busy otherwise.
#ifndef ROENTGEN_BENCH_SEARCH_QUERY_RUN_H_
#define ROENTGEN_BENCH_SEARCH_QUERY_RUN_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/call.h"
#include "bench/search/measure.h"
#include "bench/search/query_suite.h"
#include "query/search/summary_search.h"
#include "storage/engine/trace_engine.h"

namespace roentgen::bench {

// Traces that came back or were counted.
absl::StatusOr<uint64_t> RunOnce(const query::SummarySearch& search,
                                 const NamedQuery& query, Random& random,
                                 const Call& call);

struct SuiteOptions {
  int runs = 200;
  double seconds_max = 5;  // Of one query; at least 3 runs.
  int cold_runs = 2;
  std::string only;  // Part of a name; empty all.
};

// Cold, with a store opened anew and no file in the page cache, then warm.
absl::Status RunSuite(const std::string& dir, const SuiteOptions& options);

// Warm, on an engine that is open.
absl::Status RunWarm(storage::TraceEngine& engine, const SuiteOptions& options);

}  // namespace roentgen::bench

#endif  // ROENTGEN_BENCH_SEARCH_QUERY_RUN_H_
