// What searches cost on a day of many segments.
//
//   search_bench --fill 10000000 --dir /tmp/day    writes the store, once
//   search_bench --query --dir /tmp/day            the suite, cold and warm
//   search_bench --mixed --dir /tmp/day            beside ingest; writes to it
//   search_bench --graph --dir /tmp/day            service maps, with --days
//   search_bench --index                           cost of the index itself
//
// Also: --only PART of the searches' names, --runs N, --seconds S a search,
// --cold N runs, --days N that are filled and asked for.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "bench/search/graph_run.h"
#include "bench/search/index_cost.h"
#include "bench/search/mixed_load.h"
#include "bench/search/query_run.h"
#include "bench/search/store_fill.h"

namespace roentgen::bench {
namespace {

int Run(int argc, char** argv) {
  std::string dir, task;
  uint64_t segments = 0;
  int days = 1;
  SuiteOptions options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view flag = argv[i];
    const auto value = [&] { return i + 1 < argc ? argv[++i] : ""; };
    if (flag == "--dir") {
      dir = value();
    } else if (flag == "--fill") {
      task = flag;
      segments = std::strtoull(value(), nullptr, 10);
    } else if (flag == "--days") {
      days = std::atoi(value());
    } else if (flag == "--only") {
      options.only = value();
    } else if (flag == "--runs") {
      options.runs = std::atoi(value());
    } else if (flag == "--seconds") {
      options.seconds_max = std::atof(value());
    } else if (flag == "--cold") {
      options.cold_runs = std::atoi(value());
    } else {
      task = flag;
    }
  }
  absl::Status status;
  if (task == "--index") {
    PrintIndexCost();
  } else if (dir.empty()) {
    status = absl::InvalidArgumentError("--dir is missing");
  } else if (task == "--fill") {
    status = FillStore(dir, segments, days);
  } else if (task == "--query") {
    status = RunSuite(dir, options);
  } else if (task == "--mixed") {
    status = RunMixed(dir, options);
  } else if (task == "--graph") {
    status = RunGraphs(dir, days, options);
  } else {
    status = absl::InvalidArgumentError(
        "--fill, --query, --mixed, --graph or --index");
  }
  if (status.ok()) return 0;
  std::fprintf(stderr, "%s\n", status.ToString().c_str());
  return 1;
}

}  // namespace
}  // namespace roentgen::bench

int main(int argc, char** argv) { return roentgen::bench::Run(argc, argv); }
