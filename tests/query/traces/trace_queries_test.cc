#include "query/traces/trace_queries.h"

#include <atomic>
#include <map>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "base/clock.h"
#include "base/limits.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "query/search/trace_searches.h"
#include "query/traces/trace_reader.h"
#include "storage/memory/memory_engine.h"
#include "tests/support/calls.h"
#include "tests/support/engines.h"
#include "tests/support/segments.h"
#include "tests/support/spans.h"
#include "trace/assembly/render.h"
#include "trace/assembly/trace.h"

namespace roentgen::query {
namespace {

using storage::TimeRangeType;
using testing_support::EngineKind;
using testing_support::EngineUnderTest;
using testing_support::SegmentSpec;
using testing_support::SpanSpec;
using testing_support::TraceNumber;

constexpr Timestamp kNow = Timestamp::FromSeconds(1'700'000'100);
constexpr Timestamp kBegin = Timestamp::FromSeconds(1'699'999'000);
constexpr Timestamp kEnd = Timestamp::FromSeconds(1'700'010'000);

class TraceQueriesTest : public testing::Test {
 protected:
  void Put(const std::vector<SegmentSpec>& specs) {
    std::vector<storage::NewRecord> records;
    for (const SegmentSpec& s : specs) {
      records.push_back(testing_support::Record(s));
    }
    ASSERT_TRUE(WriteAndWait(store_.engine(), std::move(records)).ok());
  }
  void PutSpans(const std::vector<SpanSpec>& specs) {
    std::vector<storage::NewRecord> records;
    for (const SpanSpec& s : specs) {
      records.push_back(testing_support::Record(s));
    }
    ASSERT_TRUE(WriteAndWait(store_.engine(), std::move(records)).ok());
  }

  std::string BatchError(const std::vector<std::string>& ids) {
    const auto got =
        queries_.BatchGetTraces(ids, "", testing_support::AnyCall());
    EXPECT_TRUE(absl::IsInvalidArgument(got.status()));
    return std::string(got.status().message());
  }

  std::string SearchError(const TraceSummariesRequest& request) {
    const auto got =
        searches_.summaries().Page(request, testing_support::AnyCall());
    EXPECT_TRUE(absl::IsInvalidArgument(got.status()));
    return std::string(got.status().message());
  }

  TraceSummariesPage Search(const TraceSummariesRequest& request) {
    auto got = searches_.summaries().Page(request, testing_support::AnyCall());
    EXPECT_TRUE(got.ok()) << got.status();
    return got.ok() ? *std::move(got) : TraceSummariesPage();
  }

  EngineUnderTest store_{EngineKind::kRocksOpen, kNow};
  TraceQueries queries_{store_.engine(), {}};
  TraceSearches searches_{store_.engine(), {}};
};

TEST_F(TraceQueriesTest, BatchRequestsAreCheckedAsXrayDoes) {
  const std::string a = TraceNumber(1).ToString();
  EXPECT_EQ(BatchError({a, a}), "Containing duplicate trace ids");
  EXPECT_EQ(BatchError({"x"}), "Invalid trace id x: incorrect id format");
  EXPECT_EQ(BatchError({a, a, a, a, a, a}), "Exceeding maximum query size: 5");
  EXPECT_EQ(BatchError({}), "Zero trace ids provided");
}

TEST_F(TraceQueriesTest, BatchAnswersInOrderAndLeavesUnknownIdsOut) {
  Put({{.trace = 1}, {.trace = 2}});
  const std::vector<std::string> ids = {TraceNumber(2).ToString(),
                                        TraceNumber(9).ToString(),
                                        TraceNumber(1).ToString()};
  const auto got = queries_.BatchGetTraces(ids, "", testing_support::AnyCall());
  ASSERT_TRUE(got.ok());
  ASSERT_EQ(got->traces.size(), 2u);
  EXPECT_EQ(got->traces[0].id, TraceNumber(2));
  EXPECT_EQ(got->traces[1].segments.size(), 1u);
  EXPECT_FALSE(got->traces[1].limit_exceeded);
  EXPECT_THAT(got->unprocessed, testing::IsEmpty());
  EXPECT_EQ(got->next_token, "");
}

TEST_F(TraceQueriesTest, ATraceOverTheAnswerLimitIsCutEarliestFirst) {
  Put({{.trace = 1, .id = 1, .start = 1'700'000'005},
       {.trace = 1, .id = 2, .start = 1'700'000'001},
       {.trace = 1, .id = 3, .start = 1'700'000'003}});
  const auto got =
      queries_.GetTrace(TraceNumber(1), 300, testing_support::AnyCall());
  ASSERT_TRUE(got.ok());
  EXPECT_TRUE(got->limit_exceeded);
  ASSERT_EQ(got->segments.size(), 2u);
  EXPECT_EQ(got->segments[0].id.value, 2u);
  EXPECT_EQ(got->segments[1].id.value, 3u);
  EXPECT_FALSE(queries_.GetTrace(TraceNumber(1), 0, testing_support::AnyCall())
                   ->limit_exceeded);
}

// A server span that calls, again and again.
std::vector<SpanSpec> LargeTrace(uint64_t spans) {
  std::vector<SpanSpec> specs = {{.id = 1}};
  for (uint64_t id = 2; id <= spans; ++id) {
    specs.push_back({.id = id,
                     .parent = 1 + id / 10,
                     .kind = id % 4,
                     .start = 1.7e9 + double(id),
                     .attributes = {{"text", std::string(300, 'x')}}});
  }
  return specs;
}

// Texts of large traces are made in another way.
TEST_F(TraceQueriesTest, LargeTracesAreAnsweredAsSmallOnesAre) {
  PutSpans(LargeTrace(5'000));
  const auto records = store_.engine().GetTraces(std::vector{TraceNumber(1)},
                                                 testing_support::AnyCall());
  ASSERT_TRUE(records.ok());
  ASSERT_GT(DocumentBytes(records->front()), 1'000'000u);
  const auto trace = storage::AssembleTrace(
      records->front(), testing_support::AnyCall(), storage::Texts::kWanted);
  ASSERT_TRUE(trace.ok());
  std::map<std::string, std::string> expected;
  for (const uint32_t node : trace->segments) {
    expected[trace->entity(node).id.ToString()] =
        storage::RenderSegment(*trace, node);
  }
  for (const storage::InferredSegment& made : trace->inferred) {
    expected[made.id.ToString()] = storage::RenderInferred(*trace, made);
  }
  const auto got =
      queries_.GetTrace(TraceNumber(1), 0, testing_support::AnyCall());
  ASSERT_TRUE(got.ok());
  EXPECT_FALSE(got->limit_exceeded);
  EXPECT_EQ(got->segments.size(), expected.size());
  for (const TraceSegment& segment : got->segments) {
    EXPECT_EQ(segment.document, expected.at(segment.id.ToString()));
  }
  size_t bytes = 0;
  const size_t bytes_max = got->segments[0].document.size() + 300'000;
  const auto cut =
      queries_.GetTrace(TraceNumber(1), bytes_max, testing_support::AnyCall());
  ASSERT_TRUE(cut.ok());
  EXPECT_TRUE(cut->limit_exceeded);
  ASSERT_LT(cut->segments.size(), got->segments.size());
  for (size_t i = 0; i < cut->segments.size(); ++i) {
    EXPECT_EQ(cut->segments[i].id, got->segments[i].id);
    bytes += cut->segments[i].document.size();
  }
  EXPECT_LE(bytes, bytes_max);
  EXPECT_GT(bytes + got->segments[cut->segments.size()].document.size(),
            bytes_max);
}

// All ids of entities in a document.
std::vector<std::string> IdsIn(const std::string& document) {
  constexpr std::string_view kId = R"("id":")";
  std::vector<std::string> ids;
  for (size_t at = document.find(kId); at != document.npos;
       at = document.find(kId, at + 1)) {
    ids.push_back(document.substr(at + kId.size(), 16));
  }
  return ids;
}

// One segment, whose text is larger than an answer.
TEST_F(TraceQueriesTest, ASegmentTooLargeForAnAnswerComesInPiecesAndPages) {
  std::vector<SpanSpec> specs = LargeTrace(30'000);
  for (SpanSpec& spec : specs) spec.kind = spec.id == 1 ? 2 : 1;
  PutSpans(specs);
  const std::vector<std::string> ids = {TraceNumber(2).ToString(),
                                        TraceNumber(1).ToString()};
  std::multiset<std::string> seen;
  std::string token;
  size_t pages = 0;
  do {
    const auto page =
        queries_.BatchGetTraces(ids, token, testing_support::AnyCall());
    ASSERT_TRUE(page.ok()) << page.status();
    ASSERT_EQ(page->traces.size(), 1u);
    const AssembledTrace& trace = page->traces.front();
    size_t bytes = 0;
    for (const TraceSegment& segment : trace.segments) {
      bytes += segment.document.size();
      const bool first = seen.empty();
      for (std::string& id : IdsIn(segment.document)) {
        seen.insert(std::move(id));
      }
      for (const char* member :
           {R"("type":"subsegment")", R"("parent_id":")"}) {
        EXPECT_EQ(segment.document.find(member) == std::string::npos, first);
      }
      EXPECT_NE(segment.document.find(R"("trace_id":")"), std::string::npos);
    }
    EXPECT_LE(bytes, limits::kTraceAnswerBytesMax);
    EXPECT_EQ(trace.limit_exceeded, !page->next_token.empty());
    token = page->next_token;
    ASSERT_LT(++pages, 10u);
  } while (!token.empty());
  EXPECT_GT(pages, 1u);
  std::multiset<std::string> expected;
  for (const SpanSpec& spec : specs) {
    expected.insert(testing_support::EntityText(spec.id));
  }
  EXPECT_EQ(seen, expected);
}

TEST_F(TraceQueriesTest, TokensBelongToTheirIds) {
  PutSpans({{.id = 1}});
  const std::vector<std::string> ids = {TraceNumber(1).ToString()};
  for (const char* token : {"x", "1-0.0.0", "-", "1"}) {
    const absl::Status status =
        queries_.BatchGetTraces(ids, token, testing_support::AnyCall())
            .status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
    EXPECT_EQ(status.message(), "NextToken is currently not supported");
  }
}

TEST_F(TraceQueriesTest, ATraceThatDoesNotFitNamesTheSetting) {
  PutSpans(LargeTrace(2'000));
  const Call small = testing_support::AnyCall(500'000);
  const std::vector<std::string> ids = {TraceNumber(1).ToString()};
  for (const absl::Status& status :
       {queries_.BatchGetTraces(ids, "", small).status(),
        queries_.GetTrace(TraceNumber(1), 0, small).status()}) {
    EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
    EXPECT_THAT(status.message(),
                testing::HasSubstr("takes more than memory.query, which is "
                                   "500000 bytes"));
  }
  // Other traces must be found for all that.
  PutSpans({{.trace = 2, .id = 9'000}});
  const auto page =
      searches_.summaries().Page({.start = kBegin, .end = kEnd}, small);
  ASSERT_TRUE(page.ok()) << page.status();
  ASSERT_EQ(page->summaries.size(), 1u);
  EXPECT_EQ(page->summaries[0].id, TraceNumber(2));
}

std::vector<storage::TraceId> IdsOf(const TracesPage& page) {
  std::vector<storage::TraceId> ids;
  for (const AssembledTrace& trace : page.traces) ids.push_back(trace.id);
  return ids;
}

TEST_F(TraceQueriesTest, ATraceThatDoesNotFitLeavesTheOthersAnswered) {
  PutSpans(LargeTrace(2'000));
  std::vector<SpanSpec> second = LargeTrace(2'000);
  for (SpanSpec& spec : second) spec.trace = 4;
  PutSpans(second);
  Put({{.trace = 2}, {.trace = 3}});
  const Call small = testing_support::AnyCall(500'000);
  const auto get = [&](const std::vector<uint64_t>& numbers) {
    std::vector<std::string> ids;
    for (uint64_t n : numbers) ids.push_back(TraceNumber(n).ToString());
    return queries_.BatchGetTraces(ids, "", small);
  };
  const auto page = get({2, 1, 3});
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_THAT(IdsOf(*page),
              testing::ElementsAre(TraceNumber(2), TraceNumber(3)));
  EXPECT_THAT(page->unprocessed,
              testing::ElementsAre(TraceNumber(1).ToString()));
  EXPECT_EQ(page->next_token, "");
  // Asked for again, fewer are left each time; at last it is said why.
  const auto both = get({4, 9, 1});
  ASSERT_TRUE(both.ok()) << both.status();
  EXPECT_THAT(both->traces, testing::IsEmpty());
  EXPECT_THAT(both->unprocessed,
              testing::ElementsAre(TraceNumber(4).ToString(),
                                   TraceNumber(1).ToString()));
  const absl::Status status = get({4, 1}).status();
  EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
  EXPECT_THAT(status.message(), testing::HasSubstr(TraceNumber(4).ToString()));
}

TEST_F(TraceQueriesTest, ADamagedTraceLeavesTheOthersAnswered) {
  const ManualClock clock(kNow);
  storage::MemoryEngine engine(clock, absl::Hours(720));
  std::vector<storage::NewRecord> records = {
      testing_support::Record(SegmentSpec{.trace = 1}),
      testing_support::Record(SegmentSpec{.trace = 2})};
  records[0].document = "{";
  ASSERT_TRUE(WriteAndWait(engine, std::move(records)).ok());
  TraceQueries queries(engine, {});
  const std::vector<std::string> ids = {TraceNumber(1).ToString(),
                                        TraceNumber(2).ToString()};
  const auto page = queries.BatchGetTraces(ids, "", testing_support::AnyCall());
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_THAT(IdsOf(*page), testing::ElementsAre(TraceNumber(2)));
  EXPECT_THAT(page->unprocessed, testing::ElementsAre(ids[0]));
  const std::span<const std::string> alone(ids.data(), 1);
  EXPECT_TRUE(absl::IsDataLoss(
      queries.BatchGetTraces(alone, "", testing_support::AnyCall()).status()));
}

TEST_F(TraceQueriesTest, TracesThatHaveNoRoomFollowOnTheNextPage) {
  Put({{.trace = 1}, {.trace = 2}, {.trace = 3}, {.trace = 3, .id = 2}});
  const std::vector<std::string> ids = {
      TraceNumber(3).ToString(), TraceNumber(1).ToString(),
      TraceNumber(9).ToString(), TraceNumber(2).ToString()};
  const size_t bytes = testing_support::Document({.trace = 1}).size();
  for (const absl::Status& no_room :
       {absl::UnavailableError("x"), absl::ResourceExhaustedError("x")}) {
    const auto get = [&](const std::string& token, size_t bytes_max) {
      return queries_.BatchGetTraces(
          ids, token,
          testing_support::AnyCall(
              limits::kQueryMemoryBytes, [&](size_t answer) {
                return answer <= bytes_max ? absl::OkStatus() : no_room;
              }));
    };
    const auto whole = get("", 4 * bytes);
    ASSERT_TRUE(whole.ok()) << whole.status();
    EXPECT_EQ(whole->traces.size(), 3u);
    EXPECT_EQ(whole->next_token, "");
    const auto first = get("", 2 * bytes);
    ASSERT_TRUE(first.ok()) << first.status();
    EXPECT_THAT(IdsOf(*first), testing::ElementsAre(TraceNumber(3)));
    EXPECT_EQ(first->traces[0].segments.size(), 2u);
    EXPECT_FALSE(first->traces[0].limit_exceeded);
    const auto second = get(first->next_token, bytes);
    ASSERT_TRUE(second.ok()) << second.status();
    EXPECT_THAT(IdsOf(*second), testing::ElementsAre(TraceNumber(1)));
    const auto third = get(second->next_token, bytes);
    ASSERT_TRUE(third.ok()) << third.status();
    EXPECT_THAT(IdsOf(*third), testing::ElementsAre(TraceNumber(2)));
    EXPECT_EQ(third->next_token, "");
    // Of the first one nothing could be answered.
    EXPECT_EQ(get("", bytes).status(), no_room);
    EXPECT_EQ(get(second->next_token, bytes - 1).status(), no_room);
  }
  const auto late = queries_.BatchGetTraces(
      ids, "",
      testing_support::AnyCall(limits::kQueryMemoryBytes, [&](size_t answer) {
        return answer <= 2 * bytes ? absl::OkStatus()
                                   : absl::DeadlineExceededError("x");
      }));
  EXPECT_TRUE(absl::IsDeadlineExceeded(late.status())) << late.status();
}

// What a trace is put together to is several times what it is made of.
TEST_F(TraceQueriesTest, WhatIsMadeOfATraceCountsAsMemory) {
  PutSpans(LargeTrace(2'000));  // Some 800 kB of spans.
  const auto get = [&](size_t bytes_max) {
    return queries_
        .GetTrace(TraceNumber(1), 0, testing_support::AnyCall(bytes_max))
        .status();
  };
  EXPECT_TRUE(absl::IsResourceExhausted(get(2'000'000)));
  EXPECT_TRUE(get(20'000'000).ok());
}

// So are the resources of its spans.
TEST_F(TraceQueriesTest, WhatIsMadeOfResourcesCountsAsMemory) {
  std::vector<SpanSpec> specs;
  for (uint64_t id = 1; id <= 100; ++id) {
    SpanSpec spec{.id = id};
    for (int i = 0; i < 500; ++i) {
      spec.resource.emplace_back(std::to_string(i), std::to_string(id));
    }
    specs.push_back(std::move(spec));
  }
  PutSpans(specs);  // Some 6 kB each.
  const auto get = [&](size_t bytes_max) {
    return queries_
        .GetTrace(TraceNumber(1), 0, testing_support::AnyCall(bytes_max))
        .status();
  };
  EXPECT_TRUE(absl::IsResourceExhausted(get(5'000'000)));
  EXPECT_TRUE(get(40'000'000).ok());
}

// Later with each look at it.
class HurryingClock : public Clock {
 public:
  Timestamp Now() const override {
    return kNow + absl::Seconds(static_cast<double>(++looks_));
  }
  absl::Duration Elapsed() const override { return Now() - kNow; }
  int looks() const { return looks_; }

 private:
  mutable std::atomic<int> looks_{0};
};

TEST_F(TraceQueriesTest, DeadlinesAreLookedAtWithinOneTrace) {
  PutSpans(LargeTrace(5'000));
  const HurryingClock clock;
  const std::vector<std::string> ids = {TraceNumber(1).ToString()};
  const Call hurried =
      testing_support::CallUntil(clock, (kNow + absl::Seconds(3.5)).ToTime());
  EXPECT_TRUE(absl::IsDeadlineExceeded(
      queries_.BatchGetTraces(ids, "", hurried).status()));
  EXPECT_EQ(clock.looks(), 4);
}

// The tail and the check of the index read traces, too.
TEST_F(TraceQueriesTest, EveryReaderOfTracesHasBounds) {
  const auto tail = searches_.Tail(std::nullopt, [] {});
  const auto large_tail = searches_.Tail(std::nullopt, [] {});
  PutSpans(LargeTrace(5'000));
  const auto left_out = tail->Take(testing_support::AnyCall(5'000'000));
  ASSERT_TRUE(left_out.ok()) << left_out.status();
  EXPECT_TRUE(left_out->summaries.empty());
  const auto taken = large_tail->Take(testing_support::AnyCall());
  ASSERT_TRUE(taken.ok()) << taken.status();
  EXPECT_EQ(taken->summaries.size(), 1u);
  // Deadlines are looked at within one trace.
  const HurryingClock clock;
  const Call hurried =
      testing_support::CallUntil(clock, (kNow + absl::Seconds(1.5)).ToTime());
  EXPECT_TRUE(absl::IsDeadlineExceeded(
      searches_.CheckIndex({.start = kBegin, .end = kEnd}, hurried).status()));
  const auto late_tail = searches_.Tail(std::nullopt, [] {});
  PutSpans({{.trace = 1, .id = 9'999}});
  EXPECT_TRUE(absl::IsDeadlineExceeded(late_tail->Take(hurried).status()));
}

TEST_F(TraceQueriesTest, SearchRequestsAreCheckedAsXrayDoes) {
  EXPECT_EQ(SearchError({.start = kEnd, .end = kBegin}),
            "End time cannot be earlier than start time");
  EXPECT_EQ(SearchError({.start = kBegin, .end = kEnd, .next_token = "x"}),
            "Invalid token x");
  EXPECT_EQ(
      SearchError(
          {.start = kBegin,
           .end = kEnd,
           .sampling = true,
           .strategy =
               SamplingStrategy{.name = SamplingStrategyName::kFixedRate,
                                .value = 1}}),
      "Cannot use FixedRate with input time range type: TraceId. Please try "
      "using time range type: Event");
  EXPECT_EQ(
      SearchError(
          {.start = kBegin,
           .end = kEnd,
           .time_type = TimeRangeType::kEvent,
           .sampling = true,
           .strategy =
               SamplingStrategy{.name = SamplingStrategyName::kFixedRate,
                                .value = 2}}),
      "sampling rate must be specified and its value must be between [0, 1]");
  EXPECT_THAT(
      SearchError(
          {.start = kBegin, .end = kEnd, .filter_expression = "duratoin > 5"}),
      testing::StartsWith("Error Location: line 1, position 1 : Invalid input "
                          "symbol: 'duratoin'"));
}

TEST_F(TraceQueriesTest, PagesAreStableWhileNewTracesArrive) {
  std::vector<SegmentSpec> specs;
  for (uint64_t i = 1; i <= 250; ++i) {
    specs.push_back({.trace = i, .start = 1'700'000'000.0 + double(i)});
  }
  Put(specs);
  TraceSummariesRequest request{.start = kBegin, .end = kEnd};
  std::vector<storage::TraceId> seen;
  int pages = 0;
  do {
    const TraceSummariesPage page = Search(request);
    for (const auto& s : page.summaries) seen.push_back(s.id);
    EXPECT_EQ(page.traces_processed, int64_t(page.summaries.size()));
    request.next_token = page.next_token;
    if (!page.next_token.empty()) {
      EXPECT_EQ(page.approximate_time, page.summaries.back().start);
    } else {
      EXPECT_EQ(page.approximate_time, kBegin);
    }
    // Newer than every page: must not shift the later ones.
    Put({{.trace = 1'000 + uint64_t(pages), .start = 1'700'009'000}});
  } while (!request.next_token.empty() && ++pages < 10);
  ASSERT_EQ(seen.size(), 250u);
  for (size_t i = 0; i < seen.size(); ++i) {
    EXPECT_EQ(seen[i], TraceNumber(250 - i));
  }
}

TEST_F(TraceQueriesTest, ATokenBelongsToItsRequest) {
  std::vector<SegmentSpec> specs;
  for (uint64_t i = 1; i <= 101; ++i) specs.push_back({.trace = i});
  Put(specs);
  TraceSummariesRequest request{.start = kBegin, .end = kEnd};
  request.next_token = Search(request).next_token;
  ASSERT_FALSE(request.next_token.empty());
  EXPECT_EQ(Search(request).summaries.size(), 1u);
  request.end.ns += 1;
  EXPECT_THAT(SearchError(request), testing::HasSubstr("Invalid token"));
}

TEST_F(TraceQueriesTest, FixedRateTakesTheSameShareEveryTime) {
  std::vector<SegmentSpec> specs;
  for (uint64_t i = 1; i <= 100; ++i) specs.push_back({.trace = i});
  Put(specs);
  TraceSummariesRequest request{
      .start = kBegin,
      .end = kEnd,
      .time_type = TimeRangeType::kEvent,
      .sampling = true,
      .strategy = SamplingStrategy{.name = SamplingStrategyName::kFixedRate,
                                   .value = 0.5}};
  const TraceSummariesPage page = Search(request);
  EXPECT_GT(page.summaries.size(), 25u);
  EXPECT_LT(page.summaries.size(), 75u);
  EXPECT_EQ(Search(request).summaries, page.summaries);
  EXPECT_EQ(page.summaries[0].matched_event_time, kNow);
  request.strategy->value = 0;
  EXPECT_TRUE(Search(request).summaries.empty());
  request.strategy->value = 1;
  EXPECT_EQ(Search(request).summaries.size(), 100u);
}

}  // namespace
}  // namespace roentgen::query
