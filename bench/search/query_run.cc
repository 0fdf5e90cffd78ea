#include "bench/search/query_run.h"

#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "base/call.h"
#include "base/clock.h"
#include "base/status_macros.h"
#include "bench/search/store_fill.h"
#include "query/search/compiled_filter.h"

namespace roentgen::bench {
namespace {

const Call& kForever = UnattendedCall();

// Asks the kernel to forget the files' pages.
void DropPages(const std::string& dir) {
  for (const auto& entry : std::filesystem::directory_iterator(dir)) {
    const int fd = open(entry.path().c_str(), O_RDONLY);
    if (fd < 0) continue;
    posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
    close(fd);
  }
}

struct Measured {
  Samples wall_ms;
  double cpu_ms = 0;  // Of all runs.
  uint64_t traces = 0;
};

absl::Status Measure(const query::SummarySearch& search,
                     const NamedQuery& query, Random& random, Measured& out) {
  const double wall = WallNow();
  const double cpu = ThreadCpuNow();
  RTG_ASSIGN_OR_RETURN(const uint64_t traces,
                       RunOnce(search, query, random, kForever));
  out.wall_ms.Add((WallNow() - wall) * 1e3);
  out.cpu_ms += (ThreadCpuNow() - cpu) * 1e3;
  out.traces += traces;
  return absl::OkStatus();
}

absl::StatusOr<Measured> MeasureWarm(const query::SummarySearch& search,
                                     const NamedQuery& query,
                                     const SuiteOptions& options) {
  Random random(5);
  Measured warm_up;
  for (int i = 0; i < 2; ++i) {
    RTG_RETURN_IF_ERROR(Measure(search, query, random, warm_up));
  }
  Measured out;
  const double stop = WallNow() + options.seconds_max;
  for (int i = 0; i < options.runs && (i < 3 || WallNow() < stop); ++i) {
    RTG_RETURN_IF_ERROR(Measure(search, query, random, out));
  }
  return out;
}

// What one search reads of the index.
absl::StatusOr<storage::FindStats> StatsOf(storage::TraceEngine& engine,
                                           const NamedQuery& query) {
  Random random(9);
  const query::TraceSummariesRequest page = PageOf(query, random);
  std::optional<storage::TracePredicate> plan;
  if (!query::IsBlank(page.filter_expression)) {
    RTG_ASSIGN_OR_RETURN(
        query::CompiledFilter filter,
        query::CompileFilter(page.filter_expression, query::NoGroups()));
    plan = std::move(filter.plan);
  }
  if (query.kind == NamedQuery::Kind::kPage) {
    storage::FindRequest request{.range = {page.start, page.end},
                                 .predicate = std::move(plan),
                                 .order = query.order};
    RTG_ASSIGN_OR_RETURN(const storage::FindResult found,
                         engine.Find(request, kForever));
    return found.stats;
  }
  storage::AggregateRequest request{.range = {page.start, page.end},
                                    .predicate = std::move(plan),
                                    .group_by = query.group_by,
                                    .annotation_key = query.annotation_key};
  RTG_ASSIGN_OR_RETURN(const storage::AggregateResult result,
                       engine.Aggregate(request, kForever));
  return result.stats;
}

void PrintHead() {
  std::printf("%-36s %6s | %7s %7s %7s %7s %5s | %8s | %8s %6s %7s %9s\n",
              "search", "target", "p50 ms", "p99 ms", "max ms", "cpu ms",
              "runs", "cold ms", "traces", "batch", "chunks", "rows");
}

absl::Status Report(storage::TraceEngine& engine, const NamedQuery& query,
                    const SuiteOptions& options, const Samples& cold) {
  const query::SummarySearch search(engine, {});
  RTG_ASSIGN_OR_RETURN(const Measured warm,
                       MeasureWarm(search, query, options));
  RTG_ASSIGN_OR_RETURN(const storage::FindStats stats, StatsOf(engine, query));
  const double runs = static_cast<double>(warm.wall_ms.size());
  std::printf(
      "%-36s %6.0f | %7.1f %7.1f %7.1f %7.1f %5zu | %8.1f | %8.0f %6llu %7llu "
      "%9llu\n",
      query.name.c_str(), query.target_ms, warm.wall_ms.Percentile(0.5),
      warm.wall_ms.Percentile(0.99), warm.wall_ms.Max(), warm.cpu_ms / runs,
      warm.wall_ms.size(), cold.Percentile(0.5),
      static_cast<double>(warm.traces) / runs,
      static_cast<unsigned long long>(stats.batches - stats.batches_skipped),
      static_cast<unsigned long long>(stats.chunks_read),
      static_cast<unsigned long long>(stats.rows_scanned));
  std::fflush(stdout);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<uint64_t> RunOnce(const query::SummarySearch& search,
                                 const NamedQuery& query, Random& random,
                                 const Call& call) {
  if (query.kind == NamedQuery::Kind::kPage) {
    RTG_ASSIGN_OR_RETURN(const query::TraceSummariesPage page,
                         search.Page(PageOf(query, random), call));
    return page.summaries.size();
  }
  RTG_ASSIGN_OR_RETURN(const query::TraceFiguresAnswer answer,
                       search.Figures(FiguresOf(query, random), call));
  return answer.total.traces;
}

absl::Status RunWarm(storage::TraceEngine& engine,
                     const SuiteOptions& options) {
  PrintHead();
  for (const NamedQuery& query : QuerySuite()) {
    if (query.name.find(options.only) == std::string::npos) continue;
    RTG_RETURN_IF_ERROR(Report(engine, query, options, {}));
  }
  return absl::OkStatus();
}

absl::Status RunSuite(const std::string& dir, const SuiteOptions& options) {
  const AfterDayClock clock;
  PrintHead();
  for (const NamedQuery& query : QuerySuite()) {
    if (query.name.find(options.only) == std::string::npos) continue;
    std::unique_ptr<storage::RocksEngine> engine;
    Measured cold;
    Random random(7);
    for (int i = 0; i < options.cold_runs; ++i) {
      engine.reset();
      DropPages(dir);
      RTG_ASSIGN_OR_RETURN(engine, OpenStore(dir, clock));
      const query::SummarySearch search(*engine, {});
      RTG_RETURN_IF_ERROR(Measure(search, query, random, cold));
    }
    if (engine == nullptr) {
      RTG_ASSIGN_OR_RETURN(engine, OpenStore(dir, clock));
    }
    RTG_RETURN_IF_ERROR(Report(*engine, query, options, cold.wall_ms));
  }
  return absl::OkStatus();
}

}  // namespace roentgen::bench
