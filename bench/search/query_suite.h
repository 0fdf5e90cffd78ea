// The named searches that are measured.
//
// Threads: plain data; pure functions but for the random numbers.
#ifndef ROENTGEN_BENCH_SEARCH_QUERY_SUITE_H_
#define ROENTGEN_BENCH_SEARCH_QUERY_SUITE_H_

#include <cstdint>
#include <functional>
#include <random>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "base/timestamp.h"
#include "query/search/summary_search.h"
#include "storage/engine/trace_engine.h"

namespace roentgen::bench {

using Random = std::mt19937_64;

struct NamedQuery {
  enum class Kind { kPage, kFigures };

  std::string name;
  double target_ms = 0;  // Of the 99th percentile; 0 none.
  // A new expression at every call.
  std::function<std::string(Random&)> expression;
  Kind kind = Kind::kPage;
  storage::FindOrder order = storage::FindOrder::kTime;
  storage::GroupBy group_by = storage::GroupBy::kNone;
  std::string annotation_key;
  absl::Duration window = absl::Hours(24);
};

std::vector<NamedQuery> QuerySuite();

query::TraceSummariesRequest PageOf(const NamedQuery& query, Random& random);
query::TraceFiguresRequest FiguresOf(const NamedQuery& query, Random& random);

}  // namespace roentgen::bench

#endif  // ROENTGEN_BENCH_SEARCH_QUERY_SUITE_H_
