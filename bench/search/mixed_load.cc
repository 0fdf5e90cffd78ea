#include "bench/search/mixed_load.h"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <thread>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "base/call.h"
#include "base/clock.h"
#include "base/status_macros.h"
#include "bench/search/measure.h"
#include "bench/search/query_suite.h"
#include "bench/search/store_fill.h"
#include "query/search/summary_search.h"
#include "storage/rocks/rocks_engine.h"
#include "trace/model/ids.h"

namespace roentgen::bench {
namespace {

constexpr size_t kRecordsPerWrite = 200;
constexpr absl::Duration kPhase = absl::Seconds(10);

// Repeats something on a thread of its own until it goes.
class Loop {
 public:
  explicit Loop(std::function<void()> body)
      : thread_([this, body = std::move(body)] {
          while (!stop_) body();
        }) {}
  ~Loop() {
    stop_ = true;
    thread_.join();
  }

 private:
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

// Writes as fast as the engine takes it.
class Ingest {
 public:
  Ingest(storage::TraceEngine& engine, const Clock& clock)
      : engine_(engine), clock_(clock), maker_(31) {}

  void WriteSome() {
    std::vector<storage::NewRecord> records;
    while (records.size() < kRecordsPerWrite) {
      maker_.AddTrace(clock_.Now().ns / 1'000 - 2'000'000, records);
    }
    if (WritePatiently(engine_, records).ok()) written_ += records.size();
  }

  uint64_t written() const { return written_; }

 private:
  storage::TraceEngine& engine_;
  const Clock& clock_;
  RecordMaker maker_;
  std::atomic<uint64_t> written_{0};
};

NamedQuery Named(const std::string& name) {
  for (NamedQuery& query : QuerySuite()) {
    if (query.name == name) return query;
  }
  return {};
}

// Ids from all over the day.
absl::StatusOr<std::vector<storage::TraceId>> SomeIds(
    storage::TraceEngine& engine) {
  std::vector<storage::TraceId> ids;
  for (int64_t hour = 0; hour < 24; ++hour) {
    storage::FindRequest request;
    request.range = {kDayBegin + absl::Hours(hour),
                     kDayBegin + absl::Hours(hour) + absl::Minutes(30)};
    RTG_ASSIGN_OR_RETURN(const storage::FindResult found,
                         engine.Find(request, UnattendedCall()));
    for (const auto& trace : found.traces) {
      ids.push_back(trace.position.trace_id);
    }
  }
  return ids;
}

// Point reads of five traces for a while.
absl::Status ReadPoints(storage::TraceEngine& engine,
                        const std::vector<storage::TraceId>& ids,
                        const char* beside) {
  Samples ms;
  Random random(3);
  const double stop = WallNow() + absl::ToDoubleSeconds(kPhase);
  while (WallNow() < stop) {
    std::vector<storage::TraceId> wanted;
    while (wanted.size() < 5) {
      const storage::TraceId id = ids[random() % ids.size()];
      if (std::find(wanted.begin(), wanted.end(), id) == wanted.end()) {
        wanted.push_back(id);
      }
    }
    const double begin = WallNow();
    RTG_RETURN_IF_ERROR(engine.GetTraces(wanted, UnattendedCall()).status());
    ms.Add((WallNow() - begin) * 1e3);
    absl::SleepFor(absl::Milliseconds(5));
  }
  std::printf("read of 5 traces %s: p50 %.2f p99 %.2f max %.2f ms (%zu)\n",
              beside, ms.Percentile(0.5), ms.Percentile(0.99), ms.Max(),
              ms.size());
  std::fflush(stdout);
  return absl::OkStatus();
}

void PrintIngest(Ingest& ingest, const char* beside,
                 const std::function<void()>& meanwhile) {
  const uint64_t before = ingest.written();
  const double begin = WallNow();
  meanwhile();
  std::printf(
      "ingest %s: %.0f segments/s\n", beside,
      static_cast<double>(ingest.written() - before) / (WallNow() - begin));
  std::fflush(stdout);
}

// How long a search goes on after its caller left, or its deadline passed.
void PrintStops(const query::SummarySearch& search, const Clock& clock,
                const std::string& name) {
  const NamedQuery query = Named(name);
  Samples cancelled_ms, deadline_ms;
  Random random(4);
  for (int i = 0; i < 40; ++i) {
    const double stop_at = WallNow() + 0.01 + 0.002 * i;
    std::stop_source leaves;
    std::jthread caller([&] {
      absl::SleepFor(absl::Seconds(stop_at - WallNow()));
      leaves.request_stop();
    });
    const Call cancel(clock, absl::InfiniteFuture(), SIZE_MAX,
                      leaves.get_token(), nullptr);
    if (absl::IsCancelled(RunOnce(search, query, random, cancel).status())) {
      cancelled_ms.Add((WallNow() - stop_at) * 1e3);
    }
    const absl::Duration allowed = absl::Milliseconds(10 + 2 * i);
    const double begin = WallNow();
    const Call late(clock, (clock.Now() + allowed).ToTime(), SIZE_MAX,
                    std::stop_token(), nullptr);
    if (absl::IsDeadlineExceeded(
            RunOnce(search, query, random, late).status())) {
      deadline_ms.Add((WallNow() - begin) * 1e3 -
                      absl::ToDoubleMilliseconds(allowed));
    }
  }
  std::printf(
      "%s stops after cancelling: p50 %.2f max %.2f ms (%zu); after its "
      "deadline: p50 %.2f max %.2f ms (%zu)\n",
      name.c_str(), cancelled_ms.Percentile(0.5), cancelled_ms.Max(),
      cancelled_ms.size(), deadline_ms.Percentile(0.5), deadline_ms.Max(),
      deadline_ms.size());
  std::fflush(stdout);
}

}  // namespace

absl::Status RunMixed(const std::string& dir, const SuiteOptions& options) {
  const AfterDayClock clock;
  RTG_ASSIGN_OR_RETURN(const auto engine, OpenStore(dir, clock));
  const query::SummarySearch search(*engine, {});
  RTG_ASSIGN_OR_RETURN(const auto ids, SomeIds(*engine));
  for (const char* name :
       {"count: http.url CONTAINS", "by service", "root cause of faults",
        "longest 100 of all", "customer, one of 100,000"}) {
    PrintStops(search, clock, name);
  }
  const auto run_heavy = [&, heavy = Named("count: http.url CONTAINS"),
                          random = Random(6)]() mutable {
    RunOnce(search, heavy, random, UnattendedCall())
        .IgnoreError(); /* It is there to be in the way. */
  };
  RTG_RETURN_IF_ERROR(ReadPoints(*engine, ids, "alone"));
  {
    Loop heavy(run_heavy);
    RTG_RETURN_IF_ERROR(ReadPoints(*engine, ids, "beside a heavy search"));
  }
  Ingest ingest(*engine, clock);
  absl::Status status;
  {
    Loop writer([&] { ingest.WriteSome(); });
    PrintIngest(ingest, "alone", [] { absl::SleepFor(kPhase); });
    PrintIngest(ingest, "beside point reads", [&] {
      status.Update(ReadPoints(*engine, ids, "beside ingest"));
    });
    {
      Loop heavy(run_heavy);
      PrintIngest(ingest, "beside a heavy search and point reads", [&] {
        status.Update(ReadPoints(*engine, ids, "beside both"));
      });
    }
    PrintIngest(ingest, "beside the suite",
                [&] { status.Update(RunWarm(*engine, options)); });
  }
  RTG_RETURN_IF_ERROR(status);
  return engine->Close();
}

}  // namespace roentgen::bench
