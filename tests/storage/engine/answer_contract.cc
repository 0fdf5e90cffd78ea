// What answers say of themselves: how many traces they passed, and of which
// time they are.
#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/storage/engine/contract_suites.h"
#include "tests/support/calls.h"
#include "tests/support/segments.h"

namespace roentgen::storage {
namespace {

using testing_support::SegmentSpec;

// Open and sealed traces, some sealed twice; times that several have; pages
// that end at each of them.
TEST_P(TraceContract, PagesSayHowManyTracesTheyPassed) {
  std::mt19937 random(7);
  const auto below = [&](uint64_t n) { return random() % n; };
  for (uint64_t t = 1; t <= 60; ++t) {
    Put({{.trace = t,
          .start = 1'700'000'000.0 + double(below(12)),
          .seconds = double(below(3)),
          .in_progress = below(6) == 0,
          .extra = below(4) == 0 ? kFault : ""}});
    if (t % 17 == 0) store_->Settle();
    if (t % 9 == 0) {
      Put({{.trace = 1 + below(t), .id = 2, .start = 1'700'000'005}});
    }
  }
  for (const TimeRangeType type :
       {TimeRangeType::kTraceId, TimeRangeType::kEvent, TimeRangeType::kService,
        TimeRangeType::kLatestStart}) {
    for (int round = 0; round < 30; ++round) {
      FindRequest request{
          .time_type = type,
          .order = below(3) != 0 ? FindOrder::kTime : FindOrder::kDuration,
          .limit = 1 + below(20)};
      request.range.begin.ns += static_cast<int64_t>(below(2));
      if (below(3) != 0) request.predicate = Faults();
      TimeRange counted = request.range;
      if (below(3) != 0) {
        const int64_t first = 1'699'999'999 + static_cast<int64_t>(below(14));
        counted = {Timestamp::FromSeconds(first),
                   Timestamp::FromSeconds(first + 1 + int64_t(below(14)))};
        if (below(2) != 0) request.range = counted;
      }
      const FindResult all =
          Find({.time_type = type, .range = counted, .limit = 99});
      request.counted = counted;
      for (bool more = true; more;) {
        const FindResult page = Find(request);
        more = page.more;
        const bool by_time = request.order == FindOrder::kTime;
        const auto passed = [&](int64_t down_to) {
          return static_cast<uint64_t>(std::count_if(
              all.traces.begin(), all.traces.end(), [&](const FoundTrace& t) {
                return !by_time || (t.position.key >= down_to &&
                                    (!request.after ||
                                     t.position.key < request.after->key));
              }));
        };
        for (const FoundTrace& found : page.traces) {
          ASSERT_EQ(found.passed, by_time ? passed(found.position.key) : 0);
        }
        ASSERT_EQ(page.passed,
                  passed(more ? page.traces.back().position.key : INT64_MIN));
        if (more) request.after = page.traces.back().position;
      }
    }
  }
}

// Tells the time, and writes a trace before.
class WritingClock : public Clock {
 public:
  WritingClock(ContractStore& store, Timestamp now)
      : store_(store), now_(now) {}

  Timestamp Now() const override {
    const absl::Status written = WriteAndWait(
        store_.engine(),
        {testing_support::Record(SegmentSpec{.trace = ++written_})});
    EXPECT_TRUE(written.ok()) << written;
    now_ = now_ + absl::Seconds(1);
    return now_;
  }
  absl::Duration Elapsed() const override { return absl::ZeroDuration(); }

  Timestamp last() const { return now_; }

 private:
  ContractStore& store_;  // Its engine changes when it is opened again.
  mutable Timestamp now_;
  mutable uint64_t written_ = 0;
};

TEST_P(TraceContract, AnswersHaveAllThatWasAcknowledgedBefore) {
  const WritingClock clock(*store_, kNow);
  const auto check = [&](const auto& ask, const auto& traces_of) {
    const Timestamp before = clock.Now();
    const Call call = testing_support::CallUntil(clock, absl::InfiniteFuture());
    const auto answer = ask(call);
    ASSERT_TRUE(answer.ok()) << answer.status();
    EXPECT_GT(answer->scope.as_of, before);
    EXPECT_LE(answer->scope.as_of, clock.last());
    EXPECT_THAT(answer->scope.missing, testing::IsEmpty());
    // Trace n was acknowledged before second n.
    const auto seconds = absl::ToInt64Seconds(answer->scope.as_of - kNow);
    EXPECT_GE(traces_of(*answer), static_cast<uint64_t>(seconds));
  };
  for (int round = 0; round < 2; ++round) {
    check([&](const Call& call) { return engine().Find({}, call); },
          [](const FindResult& r) { return r.traces.size(); });
    check([&](const Call& call) { return engine().Aggregate({}, call); },
          [](const AggregateResult& r) {
            return r.total.traces + r.unsure.size();
          });
    check(
        [&](const Call& call) {
          return engine().Graph(
              {.range = {Timestamp::FromSeconds(0), kNow + absl::Hours(24)}},
              call);
        },
        [](const GraphResult& r) {
          uint64_t calls = 0;
          for (const auto& [begin, figures] : r.periods) {
            for (const auto& [service, node] : figures.nodes) {
              if (service.type == "client") continue;
              calls += static_cast<uint64_t>(node.calls.count());
            }
          }
          return calls;
        });
    store_->Settle();
  }
}

}  // namespace
}  // namespace roentgen::storage
