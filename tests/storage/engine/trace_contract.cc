// What every engine must do. Each case runs on every engine, and on RocksDB
// with the traces open, sealed, and read back after a restart.
#include <algorithm>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/limits.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/storage/engine/contract_suites.h"
#include "tests/support/calls.h"
#include "tests/support/segments.h"
#include "trace/assembly/summarize.h"
#include "trace/assembly/trace.h"

namespace roentgen::storage {
namespace {

using testing_support::Document;
using testing_support::Record;
using testing_support::SegmentSpec;
using testing_support::TraceNumber;

TEST_P(TraceContract, AnEmptyStoreFindsNothing) {
  EXPECT_THAT(Documents(1), testing::IsEmpty());
  EXPECT_THAT(Numbers({}), testing::IsEmpty());
  EXPECT_TRUE(engine().Accepts().ok());
  EXPECT_TRUE(engine().Exact().ok());
}

TEST_P(TraceContract, RecordsComeBackByteForByteInOrder) {
  const SegmentSpec odd{.trace = 1,
                        .id = 7,
                        .extra = "\"metadata\": { \"n\" : [1.50, 1e3] } ,\n "};
  Put({{.trace = 1, .id = 1}, odd, {.trace = 2, .id = 1}});
  Put({{.trace = 1, .id = 1}});
  store_->Settle();
  EXPECT_THAT(Documents(1), testing::ElementsAre(
                                Document({.trace = 1, .id = 1}), Document(odd),
                                Document({.trace = 1, .id = 1})));
  EXPECT_EQ(Documents(2).size(), 1u);
  EXPECT_THAT(Documents(3), testing::IsEmpty());
}

TEST_P(TraceContract, UppercaseIdsKeepTheirCase) {
  const std::string upper =
      R"({"trace_id":"1-65000000-0000000000000000000000AB",)"
      R"("id":"00000000000000AF","name":"x","start_time":1,"end_time":2})";
  ASSERT_TRUE(WriteAndWait(engine(), {Record(upper)}).ok());
  store_->Settle();
  EXPECT_THAT(Documents(0xAB), testing::ElementsAre(upper));
}

TEST_P(TraceContract, SequencesAscendAcrossWritesAndRestarts) {
  Put({{.trace = 1, .id = 1}, {.trace = 1, .id = 2}});
  store_->Settle();
  Put({{.trace = 1, .id = 3}});
  store_->Settle();
  const TraceId id = TraceNumber(1);
  auto found = engine().GetTraces({&id, 1}, testing_support::AnyCall());
  ASSERT_TRUE(found.ok() && found->size() == 1);
  const std::vector<StoredRecord>& records = found->front().records;
  ASSERT_EQ(records.size(), 3u);
  EXPECT_LT(records[0].sequence, records[1].sequence);
  EXPECT_LT(records[1].sequence.commit, records[2].sequence.commit);
  EXPECT_EQ(records[0].received, kNow);
}

TEST_P(TraceContract, AnswersKeepTheOrderOfTheIdsAsked) {
  Put({{.trace = 1}, {.trace = 2}, {.trace = 3}});
  store_->Settle();
  const std::vector<TraceId> ids = {TraceNumber(3), TraceNumber(9),
                                    TraceNumber(1)};
  auto found = engine().GetTraces(ids, testing_support::AnyCall());
  ASSERT_TRUE(found.ok());
  ASSERT_EQ(found->size(), 2u);
  EXPECT_EQ((*found)[0].trace_id, TraceNumber(3));
  EXPECT_EQ((*found)[1].trace_id, TraceNumber(1));
}

TEST_P(TraceContract, RecordsThatTakeTooMuchAreNotRead) {
  Put({{.trace = 1}, {.trace = 2}, {.trace = 2, .id = 2}, {.trace = 3}});
  store_->Settle();
  const auto get = [&](std::vector<TraceId> ids, size_t bytes_max) {
    return engine()
        .GetTraces(ids, testing_support::AnyCall(bytes_max))
        .status();
  };
  // A record takes between 150 and 300 bytes.
  EXPECT_TRUE(get({TraceNumber(1)}, 300).ok());
  EXPECT_TRUE(absl::IsResourceExhausted(get({TraceNumber(2)}, 300)));
  EXPECT_TRUE(
      absl::IsResourceExhausted(get({TraceNumber(1), TraceNumber(3)}, 300)));
  EXPECT_TRUE(
      get({TraceNumber(1), TraceNumber(2), TraceNumber(3)}, 1'200).ok());
}

TEST_P(TraceContract, FindIsNewestFirstWithTiesById) {
  const double t = 1'700'000'000;
  Put({{.trace = 1, .start = t},
       {.trace = 2, .start = t + 5},
       {.trace = 4, .start = t + 2},
       {.trace = 3, .start = t + 2}});
  store_->Settle();
  EXPECT_THAT(Numbers({}), testing::ElementsAre(2, 3, 4, 1));
}

TEST_P(TraceContract, RangesAreHalfOpen) {
  Put({{.trace = 1, .start = 1'700'000'000},
       {.trace = 2, .start = 1'700'000'001},
       {.trace = 3, .start = 1'700'000'002}});
  store_->Settle();
  EXPECT_THAT(Numbers({.range = {Timestamp::FromSeconds(1'700'000'000),
                                 Timestamp::FromSeconds(1'700'000'002)}}),
              testing::ElementsAre(2, 1));
}

TEST_P(TraceContract, TheStartIsThatOfTheEarliestEntity) {
  Put({{.trace = 1, .id = 1, .start = 1'700'000'010},
       {.trace = 1,
        .id = 2,
        .start = 1'700'000'005,
        .parent = 99,
        .subsegment = true}});
  store_->Settle();
  const FindResult found = Find({});
  ASSERT_EQ(found.traces.size(), 1u);
  EXPECT_EQ(found.traces[0].position.key, 1'700'000'005'000'000'000);
}

TEST_P(TraceContract, EventTimeIsTheLatestAcceptedUpdate) {
  Put({{.trace = 1, .id = 1}});
  store_->clock().Advance(absl::Seconds(5));
  Put({{.trace = 2, .id = 1}});
  store_->clock().Advance(absl::Seconds(5));
  Put({{.trace = 1, .id = 1, .seconds = 9}});  // Repeated: changes nothing.
  store_->Settle();
  const FindRequest by_event{.time_type = TimeRangeType::kEvent};
  EXPECT_THAT(Numbers(by_event), testing::ElementsAre(2, 1));
  Put({{.trace = 1, .id = 2}});
  store_->Settle();
  EXPECT_THAT(Numbers(by_event), testing::ElementsAre(1, 2));
}

TEST_P(TraceContract, ServiceTimeIsTheLatestEndOfCompleteSegments) {
  const double t = 1'700'000'000;
  Put({{.trace = 1, .id = 1, .start = t, .seconds = 3},
       {.trace = 2, .id = 1, .start = t + 1, .seconds = 1},
       {.trace = 3, .id = 1, .start = t, .in_progress = true},
       {.trace = 2,
        .id = 2,
        .start = t,
        .seconds = 60,
        .parent = 1,
        .subsegment = true}});
  store_->Settle();
  EXPECT_THAT(Numbers({.time_type = TimeRangeType::kService}),
              testing::ElementsAre(1, 2));
}

TEST_P(TraceContract, ACompleteSegmentReplacesItsInProgressVersion) {
  const double t = 1'700'000'000;
  Put({{.trace = 1, .id = 1, .start = t, .in_progress = true}});
  store_->Settle();
  Put({{.trace = 1, .id = 1, .start = t + 3, .seconds = 1}});
  store_->Settle();
  FindResult found = Find({});
  ASSERT_EQ(found.traces.size(), 1u);
  EXPECT_EQ(found.traces[0].position.key, 1'700'000'003'000'000'000);
  // In progress again, and a second final version: both ignored.
  Put({{.trace = 1, .id = 1, .start = t + 9, .in_progress = true},
       {.trace = 1, .id = 1, .start = t + 9, .seconds = 1}});
  store_->Settle();
  found = Find({});
  ASSERT_EQ(found.traces.size(), 1u);
  EXPECT_EQ(found.traces[0].position.key, 1'700'000'003'000'000'000);
  EXPECT_EQ(Documents(1).size(), 4u);
}

TEST_P(TraceContract, PagesJoinToTheWholeResult) {
  std::vector<SegmentSpec> specs;
  for (uint64_t i = 1; i <= 25; ++i) {
    specs.push_back({.trace = i, .start = 1'700'000'000.0 + double(i % 4)});
  }
  Put(specs);
  store_->Settle();
  const std::vector<int> whole = Numbers({});
  ASSERT_EQ(whole.size(), 25u);
  std::vector<int> joined;
  FindRequest request{.limit = 4};
  bool more = true;
  while (more) {
    const FindResult page = Find(request);
    ASSERT_LE(page.traces.size(), 4u);
    for (const auto& p : page.traces)
      joined.push_back(p.position.trace_id.bytes[15]);
    more = page.more;
    ASSERT_FALSE(more && page.traces.empty());
    if (more) request.after = page.traces.back().position;
  }
  EXPECT_EQ(joined, whole);
}

TEST_P(TraceContract, ALimitMetExactlyHasNoMore) {
  Put({{.trace = 1}, {.trace = 2}});
  store_->Settle();
  EXPECT_FALSE(Find({.limit = 2}).more);
  EXPECT_TRUE(Find({.limit = 1}).more);
}

TEST_P(TraceContract, LateRecordsJoinTheirTrace) {
  Put({{.trace = 1, .id = 1}, {.trace = 2, .id = 1}});
  store_->Settle();
  store_->clock().Advance(absl::Hours(30));
  Put({{.trace = 1, .id = 2, .start = 1'699'999'990}});
  EXPECT_EQ(Documents(1).size(), 2u);
  EXPECT_THAT(Numbers({}), testing::ElementsAre(2, 1));
  store_->Settle();
  EXPECT_EQ(Documents(1).size(), 2u);
  EXPECT_THAT(Numbers({}), testing::ElementsAre(2, 1));
  Put({{.trace = 1, .id = 3}});
  store_->Settle();
  EXPECT_EQ(Documents(1).size(), 3u);
  EXPECT_THAT(Numbers({}), testing::ElementsAre(2, 1));
}

TEST_P(TraceContract, RetentionHidesATraceWholeOnceItIsOldEnough) {
  Put({{.trace = 1, .id = 1}, {.trace = 2, .id = 1}});
  store_->Settle();
  store_->clock().Advance(absl::Hours(24));
  Put({{.trace = 2, .id = 2}});
  store_->Settle();
  store_->clock().Advance(kContractRetention - absl::Hours(24));
  EXPECT_EQ(Documents(1).size(), 1u);  // Exactly the retention period.
  store_->clock().Advance(absl::Seconds(1));
  EXPECT_THAT(Documents(1), testing::IsEmpty());
  EXPECT_EQ(Documents(2).size(), 2u);
  EXPECT_THAT(Numbers({}), testing::ElementsAre(2));
  ASSERT_TRUE(engine().Retain().ok());
  EXPECT_EQ(Documents(2).size(), 2u);
  store_->clock().Advance(absl::Hours(24));
  ASSERT_TRUE(engine().Retain().ok());
  EXPECT_THAT(Documents(2), testing::IsEmpty());
  EXPECT_THAT(Numbers({}), testing::IsEmpty());
}

TEST_P(TraceContract, AnExpiredTraceDoesNotComeBackWithNewRecords) {
  Put({{.trace = 1, .id = 1}});
  store_->Settle();
  store_->clock().Advance(kContractRetention + absl::Seconds(1));
  ASSERT_TRUE(engine().Retain().ok());
  Put({{.trace = 1, .id = 2}});
  store_->Settle();
  EXPECT_THAT(Documents(1),
              testing::ElementsAre(Document({.trace = 1, .id = 2})));
}

TEST_P(TraceContract, ALargeTraceComesBackWhole) {
  std::vector<SegmentSpec> specs;
  for (uint64_t i = 1; i <= 3'000; ++i) {
    specs.push_back({.trace = 1,
                     .id = i,
                     .extra = "\"user\":\"" + std::string(400, 'u') + "\","});
  }
  specs.push_back({.trace = 2});
  Put(specs);
  store_->Settle();
  EXPECT_EQ(Documents(1).size(), 3'000u);
  EXPECT_EQ(Documents(2).size(), 1u);
  Put({{.trace = 1, .id = 5'000}});
  store_->Settle();
  const std::vector<std::string> documents = Documents(1);
  ASSERT_EQ(documents.size(), 3'001u);
  EXPECT_EQ(documents.back(), Document({.trace = 1, .id = 5'000}));
}

TEST_P(TraceContract, ManyWritersLoseNothing) {
  constexpr uint64_t kThreads = 4;
  constexpr uint64_t kWrites = 50;
  std::vector<std::thread> threads;
  for (uint64_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (uint64_t i = 0; i < kWrites; ++i) {
        // All threads share traces.
        std::vector<NewRecord> records;
        records.push_back(
            Record(SegmentSpec{.trace = 1 + i % 7, .id = 1 + t * kWrites + i}));
        EXPECT_TRUE(WriteAndWait(engine(), std::move(records)).ok());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  store_->Settle();
  size_t total = 0;
  for (uint64_t trace = 1; trace <= 7; ++trace) {
    total += Documents(trace).size();
  }
  EXPECT_EQ(total, kThreads * kWrites);
}

TEST_P(TraceContract, AClosedStoreSaysSo) {
  Put({{.trace = 1}});
  ASSERT_TRUE(engine().Close().ok());
  EXPECT_TRUE(absl::IsUnavailable(
      WriteAndWait(engine(), {Record(SegmentSpec{.trace = 2})})));
  const TraceId id = TraceNumber(1);
  EXPECT_TRUE(absl::IsUnavailable(
      engine().GetTraces({&id, 1}, testing_support::AnyCall()).status()));
  EXPECT_TRUE(absl::IsUnavailable(
      engine().Find({}, testing_support::AnyCall()).status()));
  EXPECT_TRUE(absl::IsUnavailable(engine().Accepts()));
  EXPECT_TRUE(absl::IsUnavailable(engine().Exact()));
  EXPECT_TRUE(
      absl::IsUnavailable(engine().CatchUp(testing_support::AnyCall())));
  EXPECT_TRUE(engine().Close().ok());
}

// "fault" of the root, as an index may answer it.
TEST_P(TraceContract, FindLeavesOutNoMatchOfAPredicate) {
  Put({{.trace = 1, .extra = kFault},
       {.trace = 2},
       {.trace = 3, .extra = kFault}});
  store_->Settle();
  Put({{.trace = 4, .extra = kFault}, {.trace = 5}});
  const FindResult found = Find({.predicate = Faults()});
  std::vector<int> numbers;
  for (const FoundTrace& trace : found.traces) {
    const int number = trace.position.trace_id.bytes[15];
    numbers.push_back(number);
    EXPECT_TRUE(!trace.certain || number == 1 || number == 3 || number == 4);
  }
  EXPECT_THAT(numbers, testing::IsSupersetOf({1, 3, 4}));
  EXPECT_EQ(numbers.size(), traits().indexed ? 3u : 5u);
}

TEST_P(TraceContract, APredicateFollowsItsTrace) {
  Put({{.trace = 1, .in_progress = true, .extra = kFault}});
  store_->Settle();
  if (traits().indexed) {
    EXPECT_THAT(Find({.predicate = Faults()}).traces, testing::IsEmpty());
  }
  Put({{.trace = 1, .extra = kFault}});
  EXPECT_EQ(Find({.predicate = Faults()}).traces.size(), 1u);
  store_->Settle();
  EXPECT_EQ(Find({.predicate = Faults()}).traces.size(), 1u);
}

TEST_P(TraceContract, WithoutAPredicateAllIsCertain) {
  Put({{.trace = 1}, {.trace = 2, .in_progress = true}});
  store_->Settle();
  const FindResult found = Find({});
  ASSERT_EQ(found.traces.size(), 2u);
  EXPECT_TRUE(found.traces[0].certain && found.traces[1].certain);
}

TEST_P(TraceContract, SummariesAreWhatTheTracesSay) {
  constexpr char kAnnotations[] =
      R"("annotations":{"tenant":"t1","size":3},"user":"ann",)";
  Put({{.trace = 1, .extra = kAnnotations},
       {.trace = 1, .id = 2, .parent = 1, .name = "cart", .extra = kFault},
       {.trace = 2, .extra = kFault},
       {.trace = 3, .in_progress = true}});
  store_->Settle();
  Put({{.trace = 4, .extra = kAnnotations}, {.trace = 2, .id = 5}});
  const FindResult found = Find({.predicate = {}, .summaries = 10});
  ASSERT_EQ(found.traces.size(), 4u);
  ASSERT_LE(found.summaries.size(), 4u);
  for (size_t i = 0; i < found.summaries.size(); ++i) {
    if (!found.summaries[i]) continue;
    const TraceId id = found.traces[i].position.trace_id;
    const auto records =
        engine().GetTraces({&id, 1}, testing_support::AnyCall());
    ASSERT_TRUE(records.ok() && records->size() == 1) << records.status();
    const auto trace =
        AssembleTrace(records->front(), testing_support::AnyCall());
    ASSERT_TRUE(trace.ok()) << trace.status();
    TraceSummary wanted = Summarize(*trace);
    wanted.matched_event_time = trace->times.event;
    EXPECT_EQ(found.summaries[i], wanted) << i;
  }
}

TEST_P(TraceContract, NobodyGetsSummariesUnasked) {
  Put({{.trace = 1}, {.trace = 2}, {.trace = 3}});
  store_->Settle();
  EXPECT_THAT(Find({}).summaries, testing::IsEmpty());
  const FindResult found = Find({.summaries = 2});
  for (size_t i = 2; i < found.summaries.size(); ++i) {
    EXPECT_FALSE(found.summaries[i]) << i;
  }
}

TEST_P(TraceContract, LongestFirstWithTiesByIdAndCursors) {
  Put({{.trace = 1, .seconds = 2},
       {.trace = 2, .seconds = 9},
       {.trace = 4, .seconds = 2},
       {.trace = 3, .in_progress = true},
       {.trace = 5, .seconds = 2},
       {.trace = 5, .id = 2, .seconds = 30, .parent = 1}});
  store_->Settle();
  EXPECT_THAT(Numbers({.order = FindOrder::kDuration}),
              testing::ElementsAre(5, 2, 1, 4));
  EXPECT_THAT(Numbers({.order = FindOrder::kResponseTime}),
              testing::ElementsAre(2, 1, 4, 5));
  for (FindOrder order : {FindOrder::kDuration, FindOrder::kResponseTime}) {
    const std::vector<int> whole = Numbers({.order = order});
    std::vector<int> joined;
    FindRequest request{.order = order, .limit = 1};
    for (bool more = true; more;) {
      const FindResult page = Find(request);
      ASSERT_EQ(page.traces.size(), 1u);
      joined.push_back(page.traces[0].position.trace_id.bytes[15]);
      more = page.more;
      request.after = page.traces[0].position;
    }
    EXPECT_EQ(joined, whole);
  }
}

TEST_P(TraceContract, CountIsOfTracesInRange) {
  for (uint64_t t = 1; t <= 9; ++t) {
    Put({{.trace = t, .start = 1'700'000'000.0 + double(t)}});
    if (t == 5) store_->Settle();
  }
  Put({{.trace = 2, .id = 2, .start = 1'700'000'001}});
  const TimeRange range{Timestamp::FromSeconds(1'700'000'001),
                        Timestamp::FromSeconds(1'700'000'009)};
  const auto count = [&](const TimeRange& r) {
    const FindResult by_time = Find({.range = r, .limit = 99, .counted = r});
    const FindResult longest = Find(
        {.range = r, .order = FindOrder::kDuration, .limit = 1, .counted = r});
    EXPECT_EQ(longest.passed, by_time.passed);
    return by_time.passed;
  };
  EXPECT_EQ(count(range), 8u);
  EXPECT_EQ(count({}), 9u);
  store_->Settle();
  EXPECT_EQ(count(range), 8u);
  EXPECT_EQ(count({}), 9u);
  store_->clock().Advance(kContractRetention + absl::Seconds(1));
  EXPECT_EQ(count({}), 0u);
}

TEST_P(TraceContract, AggregateCountsEachMatchOrIsUnsureOfIt) {
  Put({{.trace = 1, .seconds = 2, .extra = kFault},
       {.trace = 2},
       {.trace = 3, .seconds = 4, .extra = kFault}});
  store_->Settle();
  Put({{.trace = 4, .in_progress = true}, {.trace = 5, .extra = kFault}});
  const auto result =
      engine().Aggregate({.predicate = Faults(), .group_by = GroupBy::kService},
                         testing_support::AnyCall());
  ASSERT_TRUE(result.ok()) << result.status();
  std::set<int> unsure;
  for (const TraceId& id : result->unsure) unsure.insert(id.bytes[15]);
  const uint64_t open =
      unsure.contains(1) + unsure.contains(3) + unsure.contains(5);
  EXPECT_EQ(unsure.size(), result->unsure.size()) << "each once";
  EXPECT_EQ(result->total.traces + open, 3u);
  if (traits().indexed) {
    EXPECT_THAT(result->unsure, testing::IsEmpty());
    ASSERT_EQ(result->groups.size(), 1u);
    EXPECT_EQ(result->groups.begin()->first.service.name, "shop");
    EXPECT_EQ(result->groups.begin()->second.durations.Percentile(1),
              absl::Seconds(4));
  }
}

TEST_P(TraceContract, WatchersAreToldInOrderOfWhatIsVisible) {
  std::vector<int> told;
  auto watch = engine().Watch([&](std::span<const TraceId> ids) {
    for (const TraceId& id : ids) told.push_back(id.bytes[15]);
  });
  Put({{.trace = 1}});
  Put({{.trace = 3}, {.trace = 2, .id = 1}, {.trace = 2, .id = 2}});
  Put({{.trace = 1, .id = 2}});
  ASSERT_THAT(told, testing::ElementsAre(1, testing::AnyOf(2, 3),
                                         testing::AnyOf(2, 3), 1));
  EXPECT_NE(told[1], told[2]);
  watch.reset();
  Put({{.trace = 4}});
  EXPECT_EQ(told.size(), 4u);
}

TEST_P(TraceContract, CallsEndWhenNobodyWaits) {
  Put({{.trace = 1}, {.trace = 2}});
  store_->Settle();
  Put({{.trace = 3}});
  const Call gone = testing_support::CancelledCall();
  const Call late = testing_support::CallUntil(
      SystemClock(), kNow.ToTime() - absl::Seconds(1));
  EXPECT_TRUE(absl::IsCancelled(engine().Find({}, gone).status()));
  EXPECT_TRUE(absl::IsCancelled(engine().Aggregate({}, gone).status()));
  EXPECT_TRUE(absl::IsDeadlineExceeded(engine().Find({}, late).status()));
  EXPECT_TRUE(absl::IsDeadlineExceeded(engine().Aggregate({}, late).status()));
  // What was given up is found by the next call.
  EXPECT_EQ(Find({}).traces.size(), 3u);
}

TEST_P(TraceContract, ASearchWithoutMemorySaysSo) {
  if (!traits().indexed) GTEST_SKIP() << "Its caller has the figures.";
  for (uint64_t t = 1; t <= 50; ++t) {
    Put({{.trace = t, .extra = "\"user\":\"u" + std::to_string(t) + "\","}});
  }
  store_->Settle();
  const auto result = engine().Aggregate({.group_by = GroupBy::kUser},
                                         testing_support::AnyCall(64));
  ASSERT_TRUE(absl::IsResourceExhausted(result.status())) << result.status();
  EXPECT_THAT(
      std::string(result.status().message()),
      testing::AllOf(testing::HasSubstr("memory"), testing::HasSubstr("64")));
}

}  // namespace
}  // namespace roentgen::storage
