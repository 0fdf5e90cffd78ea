// What every engine must do for the service map. Each case runs on every
// engine that has one, and on RocksDB with the traces open, sealed, and read
// back after a restart.
#include <algorithm>
#include <string>
#include <vector>

#include "base/call.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/storage/engine/contract_suites.h"
#include "tests/support/calls.h"
#include "tests/support/graph_text.h"
#include "tests/support/segments.h"
#include "trace/assembly/message_links.h"
#include "trace/assembly/trace.h"
#include "trace/assembly/trace_graph.h"

namespace roentgen::storage {
namespace {

using testing_support::EntityText;
using testing_support::GraphText;
using testing_support::Record;
using testing_support::SegmentSpec;
using testing_support::TraceNumber;

const TracePredicate kMaybe{TracePredicate::Constant{Truth::kMaybe}};
constexpr int64_t kBase = kGraphBase;
// A call by subsegment `id`, which took as long as its segment.
std::string Call(uint64_t id, const std::string& name, double start,
                 double seconds) {
  return "\"subsegments\":[{\"id\":\"" + EntityText(id) + "\",\"name\":\"" +
         name +
         "\",\"namespace\":\"remote\",\"start_time\":" + std::to_string(start) +
         ",\"end_time\":" + std::to_string(start + seconds) + "}],";
}

std::string Link(uint64_t trace, uint64_t entity) {
  return "\"links\":[{\"trace_id\":\"" + TraceNumber(trace).ToString() +
         "\",\"id\":\"" + EntityText(entity) + "\"}],";
}

SegmentSpec Shop(uint64_t trace, double seconds) {
  return {.trace = trace,
          .id = 1,
          .start = kBase,
          .seconds = seconds,
          .extra = Call(17, "pay.test", kBase, seconds / 2)};
}

SegmentSpec Pay(uint64_t trace, double seconds) {
  return {.trace = trace,
          .id = 2,
          .start = kBase,
          .seconds = seconds,
          .parent = 17,
          .name = "pay"};
}

struct GraphCase {
  std::string name;
  // Each is one write; the store settles after it.
  std::vector<std::vector<SegmentSpec>> puts;
  GraphRequest request;
  std::string expected;
};

TimeRange Seconds(int64_t begin, int64_t end) {
  return {Timestamp::FromSeconds(kBase + begin),
          Timestamp::FromSeconds(kBase + end)};
}

const char kInferredShop[] = R"(
node pay.test|remote inferred 1 ok 1 ns 1000000000 times {1000ms:1} @1700000041:1
node shop| roots 1 ok 1 ns 2000000000 times {2000ms:1} @1700000042:1
node shop|client @1700000042:1
edge shop| -> pay.test|remote ok 1 ns 1000000000 times {1000ms:1}
edge shop|client -> shop| ok 1 ns 2000000000 times {2000ms:1}
)";

const char kAnsweredShop[] = R"(
node pay| ok 1 ns 500000000 times {500ms:1} @1700000040:1
node shop| roots 1 ok 1 ns 2000000000 times {2000ms:1} @1700000042:1
node shop|client @1700000042:1
edge shop| -> pay| ok 1 ns 1000000000 times {1000ms:1} alias pay.test|remote:1
edge shop|client -> shop| ok 1 ns 2000000000 times {2000ms:1}
)";

std::vector<GraphCase> GraphCases() {
  return {
      {"NothingStored", {}, {}, "\n"},
      {"OneTrace", {{Shop(1, 2)}}, {}, kInferredShop},
      {"AnInferredNodeBecomesReal",
       {{Shop(1, 2)}, {Pay(1, 0.5)}},
       {},
       kAnsweredShop},
      {"TheCalleeCameFirst", {{Pay(1, 0.5)}, {Shop(1, 2)}}, {}, kAnsweredShop},
      {"RepeatedDocumentsCountOnce",
       {{Shop(1, 2), Shop(1, 2)}, {Pay(1, 0.5)}, {Shop(1, 9), Pay(1, 7)}},
       {},
       kAnsweredShop},
      {"InProgressDoesNotCountUntilComplete",
       {{{.trace = 1, .start = kBase, .in_progress = true}}},
       {},
       "\n"},
      {"InProgressThenComplete",
       {{{.trace = 1, .start = kBase, .in_progress = true}},
        {Shop(1, 2)},
        {{.trace = 1, .start = kBase, .in_progress = true}}},
       {},
       kInferredShop},
      {"OnlyWhatEndedInTheRange",
       {{Shop(1, 2), Shop(2, 4)}},
       {.range = Seconds(1, 3)},
       R"(
node pay.test|remote inferred 2 ok 2 ns 3000000000 times {1000ms:1 2000ms:1} @1700000041:1 @1700000042:1
node shop| roots 1 ok 1 ns 2000000000 times {2000ms:1} @1700000042:1
node shop|client @1700000042:1
edge shop| -> pay.test|remote ok 2 ns 3000000000 times {1000ms:1 2000ms:1}
edge shop|client -> shop| ok 1 ns 2000000000 times {2000ms:1}
)"},
      {"ByMinutes",
       {{{.trace = 1, .start = kBase, .seconds = 59.5}},
        {{.trace = 2, .start = kBase, .seconds = 60}}},
       {.range = Seconds(0, 61), .period = absl::Minutes(1)},
       R"(period 1700000040
node shop| roots 1 ok 1 ns 59500000000 times {59500ms:1} @1700000099:1
node shop|client @1700000099:1
edge shop|client -> shop| ok 1 ns 59500000000 times {59500ms:1}
period 1700000100
node shop| roots 1 ok 1 ns 60000000000 times {60000ms:1} @1700000100:1
node shop|client @1700000100:1
edge shop|client -> shop| ok 1 ns 60000000000 times {60000ms:1}
)"},
      {"ALinkBetweenTwoTraces",
       {{{.trace = 1, .start = kBase}},
        {{.trace = 2,
          .start = kBase + 4,
          .name = "worker",
          .extra = Link(1, 1)},
         {.trace = 3,
          .start = kBase + 4,
          .name = "worker",
          .extra = Link(9, 1)}}},
       {.range = Seconds(2, 9)},
       R"(
node shop|
node worker| roots 2 ok 2 ns 2000000000 times {1000ms:2} @1700000045:2
node worker|client @1700000045:2
link shop| -> worker| ok 1 ages {3000ms:1}
edge worker|client -> worker| ok 2 ns 2000000000 times {1000ms:2}
)"},
  };
}

// holds the text.
TEST_P(GraphContract, FiguresAreThoseOfTheTraces) {
  for (const GraphCase& c : GraphCases()) {
    SCOPED_TRACE(c.name);
    store_ = GetParam().open(kNow);
    for (const std::vector<SegmentSpec>& put : c.puts) Put(put);
    const GraphResult graph = Graph(c.request);
    EXPECT_TRUE(graph.unsure.empty());
    std::string text = "\n";
    if (c.request.period > absl::ZeroDuration()) {
      text = GraphText(graph.periods);
    } else if (!graph.periods.empty()) {
      EXPECT_EQ(graph.periods.size(), 1u);
      EXPECT_EQ(graph.periods.begin()->first, SecondOf(c.request.range.begin));
      text += GraphText(graph.periods.begin()->second);
    }
    EXPECT_EQ(text, c.expected);
  }
}

TEST_P(GraphContract, ExpiredTracesAreGoneWithTheirFigures) {
  Put({Shop(1, 2)});
  store_->clock().Advance(absl::Hours(1));
  Put({Shop(2, 4)});
  store_->clock().Advance(kContractRetention - absl::Minutes(1));
  EXPECT_THAT(TextOf({}), testing::HasSubstr("{4000ms:1}"));
  EXPECT_THAT(TextOf({}), testing::Not(testing::HasSubstr("{2000ms:1 ")));
  ASSERT_TRUE(engine().Retain().ok());
  EXPECT_THAT(TextOf({}), testing::Not(testing::HasSubstr("{2000ms:1 ")));
  store_->clock().Advance(absl::Hours(2));
  EXPECT_EQ(TextOf({}), "\n");
}

// While a trace is open, the senders of its messages are looked for again.
TEST_P(GraphContract, ASenderMayComeAfterItsConsumer) {
  const auto put = [&](const SegmentSpec& spec) {
    ASSERT_TRUE(WriteAndWait(engine(), {Record(spec)}).ok());
  };
  put({.trace = 2, .start = kBase + 4, .name = "work", .extra = Link(1, 1)});
  EXPECT_THAT(TextOf({}), testing::Not(testing::HasSubstr("link ")));
  put({.trace = 1, .start = kBase});
  EXPECT_THAT(TextOf({}), testing::HasSubstr("link shop| -> work| ok 1"));
  store_->Settle();
  EXPECT_THAT(TextOf({}), testing::HasSubstr("link shop| -> work| ok 1"));
}

// Its clock went back: it counts when it says it ended.
TEST_P(GraphContract, ASegmentMayEndBeforeItStarts) {
  Put({{.trace = 1, .start = kBase + 30, .seconds = -25}});
  EXPECT_THAT(TextOf({.range = Seconds(2, 10)}),
              testing::HasSubstr("node shop| roots 1 ok 1"));
  EXPECT_THAT(TextOf({.range = Seconds(0, 60)}),
              testing::HasSubstr("node shop| roots 1 ok 1"));
}

// Every trace that may match is in the figures or among the unsure ones.
TEST_P(GraphContract, WithAPredicateNoTraceIsMissed) {
  Put({Shop(1, 2), Shop(2, 4)});
  const GraphResult graph =
      Graph({.range = Seconds(0, 9), .predicate = kMaybe});
  GraphPeriods periods = graph.periods;
  const GraphWindow window(Seconds(0, 9), absl::ZeroDuration());
  auto traces = engine().GetTraces(graph.unsure, testing_support::AnyCall());
  ASSERT_TRUE(traces.ok());
  for (const TraceRecords& records : *traces) {
    const auto trace = AssembleTrace(records, testing_support::AnyCall());
    ASSERT_TRUE(trace.ok());
    AddTraceGraph(*trace, {}, window, 1, periods);
  }
  EXPECT_EQ(periods, Graph({.range = Seconds(0, 9)}).periods);
}

TEST_P(GraphContract, GoesByDeadlinesAndEndsWithTheStore) {
  Put({Shop(1, 2)});
  const roentgen::Call gone = testing_support::CancelledCall();
  EXPECT_TRUE(absl::IsCancelled(engine().Graph({}, gone).status()));
  const roentgen::Call late = testing_support::CallUntil(
      SystemClock(), kNow.ToTime() - absl::Seconds(1));
  EXPECT_TRUE(absl::IsDeadlineExceeded(engine().Graph({}, late).status()));
  ASSERT_TRUE(engine().Close().ok());
  EXPECT_TRUE(absl::IsUnavailable(
      engine().Graph({}, testing_support::AnyCall()).status()));
}

TEST_P(GraphGroupsContract, OnlyTracesOfTheGroupCount) {
  groups_.Add("one", "red", {});
  groups_.Add("two", "re", {});
  PutNamed(1, "red");
  PutNamed(2, "green");
  PutNamed(3, "blue");
  EXPECT_THAT(NodesOf("one"), testing::ElementsAre("red"));
  EXPECT_THAT(NodesOf("two"), testing::ElementsAre("green", "red"));
  EXPECT_THAT(NodesOf("three"), testing::IsEmpty());
  EXPECT_THAT(NodesOf(""), testing::ElementsAre("blue", "green", "red"));
}

TEST_P(GraphGroupsContract, TheExpressionInForceAtTheNewestRecordCounts) {
  const Timestamp change = kNow + absl::Minutes(1);
  groups_.Add("one", "red", {Timestamp::Min(), change});
  groups_.Add("one", "blue", {change, Timestamp::Max()});
  PutNamed(1, "red");
  PutNamed(2, "blue");
  PutNamed(3, "red");
  EXPECT_THAT(NodesOf("one"), testing::ElementsAre("red"));
  store_->clock().Advance(absl::Minutes(2));
  PutNamed(4, "blue");
  EXPECT_THAT(NodesOf("one"), testing::ElementsAre("blue", "red"));
  // Trace 3 is red still, but was heard of after the change.
  Put({{.trace = 3, .id = 2, .start = kBase, .name = "green"}});
  PutNamed(1, "red");  // Repeated, and yet its newest record.
  EXPECT_THAT(NodesOf("one"), testing::ElementsAre("blue"));
}

TEST_P(GraphGroupsContract, ATraceComesAndGoesAsItsSegmentsSay) {
  groups_.Add("one", "red", {});
  PutNamed(1, "green");
  EXPECT_THAT(NodesOf("one"), testing::IsEmpty());
  Put({{.trace = 1, .id = 2, .start = kBase, .name = "red"}});
  EXPECT_THAT(NodesOf("one"), testing::ElementsAre("green", "red"));
}

TEST_P(GraphSettledContract, AnExpiredTraceLeavesNothingToItsNextLife) {
  groups_.Add("one", "red", {});
  PutNamed(1, "red");
  store_->clock().Advance(kContractRetention + absl::Hours(48));
  PutNamed(1, "blue");
  EXPECT_THAT(NodesOf("one"), testing::IsEmpty());
  EXPECT_THAT(NodesOf(""), testing::ElementsAre("blue"));
}

}  // namespace
}  // namespace roentgen::storage
