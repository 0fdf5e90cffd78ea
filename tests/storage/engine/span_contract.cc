// What every engine must do with spans. Each case runs on every engine, and on
// RocksDB with the traces open, sealed, and read back after a restart.
#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "base/limits.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/storage/engine/contract_suites.h"
#include "tests/support/calls.h"
#include "tests/support/segments.h"
#include "tests/support/spans.h"
#include "trace/assembly/trace.h"
#include "trace/model/operation.h"

namespace roentgen::storage {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using testing::UnorderedElementsAre;
using testing_support::SegmentSpec;
using testing_support::SpanSpec;
using testing_support::TraceNumber;

TEST_P(SpanContract, SpansComeBackByteForByteWithWhatTheyShare) {
  const SpanSpec server{.id = 1, .resource = {{"host.name", "a"}}};
  const SpanSpec client{.id = 2,
                        .parent = 1,
                        .kind = 3,
                        .start = 1'700'000'000.000123,
                        .attributes = {{"peer.service", "db"}},
                        .service = "cart",
                        .scope = "other"};
  const SpanSpec orphan{.trace = 2, .id = 3, .parent = 99};
  Put({client, server, orphan});
  store_->Settle();
  Put({server});
  const TraceRecords trace = Get(1);
  ASSERT_EQ(trace.records.size(), 3u);
  EXPECT_EQ(trace.records[0].document, SpanBytes(client));
  EXPECT_EQ(trace.records[1].document, SpanBytes(server));
  EXPECT_EQ(trace.records[2].document, SpanBytes(server));
  EXPECT_TRUE(SameContext(trace.records[0].context, ContextOf(client)));
  EXPECT_TRUE(SameContext(trace.records[1].context, ContextOf(server)));
  EXPECT_EQ(trace.records[1].format, RecordFormat::kOtlpSpan);
  const TraceRecords other = Get(2);
  ASSERT_EQ(other.records.size(), 1u);
  EXPECT_EQ(other.records[0].document, SpanBytes(orphan));
}

// A resource counts once, however many spans have it; with what it takes when
// it is looked at that is twice its bytes and more.
TEST_P(SpanContract, ResourcesCountInTheSizeOfATrace) {
  if (!traits().exact_limits) GTEST_SKIP() << "Its limits are not exact.";
  const auto span = [](uint64_t id, size_t resource) {
    return SpanSpec{
        .id = id,
        .resource = {
            {"text", std::to_string(resource) +
                         std::string(limits::kTraceBytesMax / 64, 'x')}}};
  };
  uint64_t id = 0;
  const auto put = [&](size_t first, size_t end) {
    std::vector<NewRecord> records;
    for (size_t resource = first; resource < end; ++resource) {
      records.push_back(testing_support::Record(span(++id, resource)));
    }
    return WriteAndWait(engine(), std::move(records));
  };
  for (size_t first = 0; first < 30; first += 5) {
    ASSERT_TRUE(put(first, first + 5).ok());
  }
  store_->Settle();
  for (int again = 0; again < 4; ++again) {
    EXPECT_TRUE(put(0, 5).ok());
  }
  EXPECT_TRUE(absl::IsResourceExhausted(put(30, 35)));
  const size_t stored = Get(1).records.size();
  EXPECT_EQ(stored, 50u);
  // It costs its own records alone, also now that it is known, and when it was
  // sealed since.
  using enum RecordOutcome;
  const auto refused = [&](size_t count) {
    std::vector<NewRecord> records;
    for (size_t resource = 40; resource < 40 + count; ++resource) {
      records.push_back(testing_support::Record(span(++id, resource)));
    }
    return records;
  };
  for (uint64_t other = 10; other < 13; ++other) {
    std::vector<NewRecord> records = refused(5);
    for (const size_t at : {1, 6}) {
      records.insert(
          records.begin() + static_cast<std::ptrdiff_t>(at),
          testing_support::Record(SpanSpec{.trace = other, .id = ++id}));
    }
    const WriteOutcome outcome = WriteForOutcome(engine(), std::move(records));
    ASSERT_TRUE(outcome.status.ok()) << outcome.status;
    EXPECT_THAT(
        outcome.records,
        testing::ElementsAre(kTraceFull, kStored, kTraceFull, kTraceFull,
                             kTraceFull, kTraceFull, kStored));
    EXPECT_EQ(outcome.refused(), 5u);
    EXPECT_EQ(Get(other).records.size(), 2u);
    if (other == 11) store_->Settle();
  }
  EXPECT_EQ(Get(1).records.size(), stored);
  const WriteOutcome none = WriteForOutcome(engine(), refused(5));
  EXPECT_TRUE(none.status.ok()) << none.status;
  EXPECT_EQ(none.records, std::vector<RecordOutcome>(5, kTraceFull));
  const WriteOutcome all = WriteForOutcome(
      engine(), {testing_support::Record(SpanSpec{.trace = 4, .id = ++id})});
  EXPECT_TRUE(all.status.ok()) << all.status;
  EXPECT_EQ(all.refused(), 0u);
}

// A repeated span is stored, and counts once where it says the same.
TEST_P(SpanContract, RepeatsAreKeptAndCountOnce) {
  const SpanSpec span{.id = 1};
  SpanSpec later = span;
  later.start += 5;
  Put({span, span, later});
  store_->Settle();
  const TraceRecords records = Get(1);
  EXPECT_EQ(records.records.size(), 3u);
  const absl::StatusOr<Trace> trace =
      AssembleTrace(records, testing_support::AnyCall());
  ASSERT_TRUE(trace.ok()) << trace.status();
  EXPECT_EQ(trace->segments.size(), 2u);
}

TEST_P(SpanContract, SegmentsAndSpansOfATraceJoin) {
  Write({testing_support::Record(SegmentSpec{
             .id = 1,
             .extra = R"("subsegments":[{"id":"0000000000000002",)"
                      R"("name":"cart","namespace":"remote",)"
                      R"("start_time":1700000000,"end_time":1700000001}],)"}),
         testing_support::Record(
             SpanSpec{.id = 3, .parent = 2, .service = "cart"})});
  store_->Settle();
  const absl::StatusOr<Trace> trace =
      AssembleTrace(Get(1), testing_support::AnyCall());
  ASSERT_TRUE(trace.ok()) << trace.status();
  EXPECT_EQ(trace->segments.size(), 2u);
  EXPECT_THAT(trace->inferred, IsEmpty());  // The span answers the call.
  EXPECT_FALSE(trace->partial);
  auto calls = engine().Calls({}, CallSet::kSpans, testing_support::AnyCall());
  ASSERT_TRUE(calls.ok()) << calls.status();
  EXPECT_THAT(*calls, UnorderedElementsAre(
                          Pair(Pair("shop", "cart"), CallCount{1, 0}),
                          Pair(Pair("shop", "shop"), CallCount{1, 0})));
}

TEST_P(SpanContract, TracesAreFoundByWhenTheirSpansStarted) {
  Put({{.trace = 1, .start = 1'000},
       {.trace = 1, .id = 2, .start = 2'000},
       {.trace = 2, .start = 1'500},
       {.trace = 3, .start = 3'000}});
  store_->Settle();
  const auto in = [](int64_t begin, int64_t end) {
    return FindRequest{
        .range = {Timestamp::FromSeconds(begin), Timestamp::FromSeconds(end)}};
  };
  EXPECT_THAT(Find(in(0, 10'000)), ElementsAre(3, 1, 2));
  EXPECT_THAT(Find(in(1'900, 2'500)), ElementsAre(1));
  // Both its ends are elsewhere: some span may have started between.
  EXPECT_THAT(Find(in(1'400, 1'600)), ElementsAre(1, 2));
  EXPECT_THAT(Find(in(1'000, 1'001)), ElementsAre(1));
  EXPECT_THAT(Find(in(3'001, 10'000)), IsEmpty());
  EXPECT_THAT(Find(in(0, 1'000)), IsEmpty());
}

// Internal spans that miss their parent: of type Service they are found by the
// latest end, unless there is a segment, whose end it is then.
TEST_P(SpanContract, TracesWithoutASegmentHaveATimeOfTypeService) {
  constexpr uint64_t kInternal = 1;
  constexpr double kStart = 1'700'000'000;
  const SpanSpec first{
      .trace = 1, .id = 1, .parent = 9, .kind = kInternal, .seconds = 5};
  const SpanSpec second{
      .trace = 1, .id = 2, .parent = 9, .kind = kInternal, .seconds = 20};
  const auto found_until = [&](double seconds) {
    return Find({.range = {Timestamp::FromSeconds(kStart),
                           Timestamp::FromSeconds(kStart + seconds)}},
                TimeRangeType::kService);
  };
  Put({first});
  EXPECT_EQ(found_until(6), std::vector<int>{1});
  EXPECT_EQ(found_until(4), std::vector<int>{});
  Put({second});
  EXPECT_EQ(found_until(6), std::vector<int>{});
  EXPECT_EQ(found_until(21), std::vector<int>{1});
  Put({{.trace = 1, .id = 9, .parent = 0, .seconds = 10}});
  EXPECT_EQ(found_until(9), std::vector<int>{});
  EXPECT_EQ(found_until(11), std::vector<int>{1});
}

// Nodes of the trace, and commits that changed it.
TEST_P(SpanContract, OnlyWhatIsTheSameIsARepeat) {
  const SpanSpec first{.id = 1, .kind = 3, .service = "front"};
  SpanSpec answer = first, other = first, later = first, longer = first;
  answer.kind = 2;
  other.service = "back";
  later.start += 1;
  longer.seconds += 1;
  SpanSpec unnamed = first;
  unnamed.service = "";
  size_t nodes = 0;
  for (const SpanSpec& spec : {first, answer, other, later, longer, unnamed}) {
    ++nodes;
    for (int time = 0; time < 2; ++time) {
      Put({spec});
      store_->Settle();
      const auto trace = AssembleTrace(Get(1), testing_support::AnyCall());
      ASSERT_TRUE(trace.ok()) << trace.status();
      size_t spans = 0;
      for (const TraceNode& node : trace->nodes) {
        const SegmentDocument& document = trace->documents[node.document];
        spans +=
            trace->entity(static_cast<uint32_t>(&node - trace->nodes.data()))
                        .id == document.identity.id
                ? 1
                : 0;
      }
      EXPECT_EQ(spans, nodes) << spec.service << " " << spec.kind;
      EXPECT_EQ(trace->times.revision, static_cast<int>(nodes));
    }
  }
}

TEST_P(SpanContract, OperationsAreListedOnce) {
  Put({{.trace = 1, .id = 1, .name = "GET /"},
       {.trace = 2, .id = 1, .name = "GET /"},
       {.trace = 2, .id = 2, .parent = 1, .name = "query", .kind = 3},
       {.trace = 3, .name = "work", .kind = 0, .service = ""},
       {.trace = 5, .name = "work", .kind = 0, .service = "unknown_service"}});
  store_->Settle();
  Write({testing_support::Record(SegmentSpec{.trace = 4})});
  auto operations = engine().Operations({}, testing_support::AnyCall());
  ASSERT_TRUE(operations.ok()) << operations.status();
  EXPECT_THAT(*operations,
              ElementsAre(Operation{"shop", "GET /", "server"},
                          Operation{"shop", "query", "client"},
                          Operation{"shop", "shop", "server"},
                          Operation{"unknown_service", "work", "", false},
                          Operation{"unknown_service", "work", "", true}));
}

TEST_P(SpanContract, CallsAreCountedByTheStartOfTheirTrace) {
  const std::vector<SpanSpec> trace = {
      {.id = 1, .start = 1'000, .service = "a"},
      {.id = 2, .parent = 1, .kind = 3, .start = 1'000, .service = "a"},
      {.id = 3, .parent = 2, .start = 1'000, .status = 2, .service = "b"},
      {.id = 4, .parent = 77, .start = 1'000, .service = "c"}};
  Put(trace);
  std::vector<SpanSpec> later = trace;
  for (SpanSpec& span : later) {
    span.trace = 2;
    span.start = 2'000;
  }
  Put(later);
  store_->Settle();
  const auto calls = [&](int64_t begin, int64_t end) {
    auto found = engine().Calls(
        {Timestamp::FromSeconds(begin), Timestamp::FromSeconds(end)},
        CallSet::kSpans, testing_support::AnyCall());
    EXPECT_TRUE(found.ok()) << found.status();
    return *found;
  };
  EXPECT_THAT(calls(0, 1'500),
              UnorderedElementsAre(Pair(Pair("a", "a"), CallCount{1, 0}),
                                   Pair(Pair("a", "b"), CallCount{1, 1})));
  EXPECT_THAT(calls(0, 2'001),
              UnorderedElementsAre(Pair(Pair("a", "a"), CallCount{2, 0}),
                                   Pair(Pair("a", "b"), CallCount{2, 2})));
  EXPECT_THAT(calls(2'001, 9'000), IsEmpty());
}

// Who is named by a span and sent none, by the rules of Zipkin's linker.
TEST_P(SpanContract, CallsOfPeersAreCountedWhenAskedFor) {
  const auto peer = [](const char* name) {
    return SpanSpec::Attributes{{"peer.service", name}};
  };
  constexpr uint64_t kInternal = 1, kServer = 2, kClient = 3, kProducer = 4,
                     kConsumer = 5;
  Put({{.id = 1, .kind = kServer, .attributes = peer("browser")},
       // Nobody answers.
       {.id = 2, .parent = 1, .kind = kClient, .attributes = peer("db")},
       {.id = 3,
        .parent = 1,
        .kind = kClient,
        .status = 2,
        .attributes = peer("db")},
       {.id = 4, .parent = 1, .kind = kInternal, .attributes = peer("cache")},
       // Somebody does, under another name.
       {.id = 5, .parent = 1, .kind = kClient, .attributes = peer("alias")},
       {.id = 6, .parent = 5, .kind = kServer, .service = "cart"},
       // Whoever has a parent here is not called by whom it names.
       {.id = 7,
        .parent = 5,
        .kind = kServer,
        .attributes = peer("proxy"),
        .service = "cart"},
       // Brokers are on both sides.
       {.id = 8, .parent = 1, .kind = kProducer, .attributes = peer("kafka")},
       {.id = 9,
        .parent = 8,
        .kind = kConsumer,
        .attributes = peer("kafka"),
        .service = "mail"},
       {.id = 10, .parent = 1, .kind = kClient}});
  // Two halves with one id.
  Put({{.trace = 2, .id = 1, .kind = kClient, .attributes = peer("alias")},
       {.trace = 2,
        .id = 1,
        .kind = kServer,
        .start = 1'700'000'000.1,
        .service = "cart"}});
  store_->Settle();
  const auto calls = [&](CallSet set) {
    auto found = engine().Calls({}, set, testing_support::AnyCall());
    EXPECT_TRUE(found.ok()) << found.status();
    return *found;
  };
  EXPECT_THAT(
      calls(CallSet::kSpans),
      UnorderedElementsAre(Pair(Pair("shop", "shop"), CallCount{6, 1}),
                           Pair(Pair("shop", "cart"), CallCount{3, 0}),
                           Pair(Pair("shop", "mail"), CallCount{1, 0})));
  EXPECT_THAT(
      calls(CallSet::kWithPeers),
      UnorderedElementsAre(Pair(Pair("shop", "cart"), CallCount{3, 0}),
                           Pair(Pair("browser", "shop"), CallCount{1, 0}),
                           Pair(Pair("shop", "db"), CallCount{2, 1}),
                           Pair(Pair("shop", "cache"), CallCount{1, 0}),
                           Pair(Pair("shop", "kafka"), CallCount{1, 0}),
                           Pair(Pair("kafka", "mail"), CallCount{1, 0})));
  EXPECT_THAT(
      calls(CallSet::kNames),
      UnorderedElementsAre(Pair(Pair("shop", "browser"), CallCount{1, 0}),
                           Pair(Pair("shop", "db"), CallCount{2, 1}),
                           Pair(Pair("shop", "cache"), CallCount{1, 0}),
                           Pair(Pair("shop", "alias"), CallCount{2, 0}),
                           Pair(Pair("cart", "proxy"), CallCount{1, 0}),
                           Pair(Pair("shop", "kafka"), CallCount{1, 0}),
                           Pair(Pair("mail", "kafka"), CallCount{1, 0})));
}

// Of engines that look at more than times.
TEST_P(IndexedSpanContract, OperationsAndAttributesNarrowASearch) {
  Put({{.trace = 1, .name = "a", .seconds = 1},
       {.trace = 2, .name = "b", .seconds = 2},
       {.trace = 3, .name = "a", .seconds = 3, .service = "cart"},
       {.trace = 4,
        .name = "d",
        .attributes = {{"http.method", "GET"}, {"color", "red"}}}});
  store_->Settle();
  using P = TracePredicate;
  const auto find = [&](auto leaf) {
    std::vector<int> found = Find({.predicate = P{std::move(leaf)}});
    std::sort(found.begin(), found.end());
    return found;
  };
  EXPECT_THAT(find(P::Operation{.service = "shop"}), ElementsAre(1, 2, 4));
  EXPECT_THAT(find(P::Operation{.service = "shop", .name = "a"}),
              ElementsAre(1));
  EXPECT_THAT(find(P::Operation{.kind = "client"}), IsEmpty());
  EXPECT_THAT(find(P::Operation{.service = "shop",
                                .duration_ns = {1'900'000'000, 2'100'000'000}}),
              ElementsAre(2));
  EXPECT_THAT(find(P::Attribute{"http.method"}), ElementsAre(4));
  EXPECT_THAT(find(P::Attribute{"http.method", "GET"}), ElementsAre(4));
  EXPECT_THAT(find(P::Attribute{"http.method", "PUT"}), IsEmpty());
  EXPECT_THAT(find(P::Attribute{"color"}), IsEmpty());
  EXPECT_THAT(find(P::AnnotationText{"color", {TextOp::kEqual, "red"}}),
              ElementsAre(4));
}

// Whose operations do not fit the index.
TEST_P(IndexedSpanContract, ATraceOfManyNamesIsInTheWayOfNoOther) {
  std::vector<SpanSpec> noisy;
  for (uint64_t id = 1; id <= 3'000; ++id) {
    noisy.push_back({.trace = 1,
                     .id = id,
                     .name = std::to_string(id) + std::string(450, 'x'),
                     .service = "noisy"});
  }
  noisy.push_back({.trace = 1, .id = 3'001, .name = "z", .service = "quiet"});
  Put(noisy);
  Put({{.trace = 2, .name = "a"}, {.trace = 3, .service = "noisy"}});
  store_->Settle();
  using P = TracePredicate;
  const auto find = [&](P::Operation leaf) {
    std::vector<int> found = Find({.predicate = P{std::move(leaf)}});
    std::sort(found.begin(), found.end());
    return found;
  };
  // Names are told in their order: the second of these is not.
  for (const SpanSpec& spec : {noisy.front(), noisy[998]}) {
    EXPECT_THAT(find({.service = "noisy", .name = spec.name}), ElementsAre(1));
    EXPECT_THAT(find({.name = spec.name}), ElementsAre(1));
  }
  EXPECT_THAT(find({.service = "noisy"}), ElementsAre(1, 3));
  EXPECT_THAT(find({.service = "quiet", .name = "z"}), ElementsAre(1));
  EXPECT_THAT(find({.service = "quiet", .name = "no"}), IsEmpty());
  EXPECT_THAT(find({.service = "shop"}), ElementsAre(2));
  const auto operations = engine().Operations({}, testing_support::AnyCall());
  ASSERT_TRUE(operations.ok());
  std::set<std::string> services;
  for (const Operation& o : *operations) {
    services.insert(o.service);
    EXPECT_NE(o.kind, "*");
  }
  EXPECT_THAT(services, ElementsAre("noisy", "quiet", "shop"));
}

TEST_P(SpanContract, PurgeForgetsEverything) {
  Put({{.trace = 1}});
  store_->Settle();
  Put({{.trace = 2}});
  ASSERT_TRUE(engine().Purge().ok());
  EXPECT_THAT(Find({}), IsEmpty());
  EXPECT_THAT(Get(1).records, IsEmpty());
  EXPECT_THAT(Get(2).records, IsEmpty());
  auto operations = engine().Operations({}, testing_support::AnyCall());
  ASSERT_TRUE(operations.ok());
  EXPECT_THAT(*operations, IsEmpty());
  Put({{.trace = 3}});
  store_->Settle();
  EXPECT_THAT(Find({}), ElementsAre(3));
}

TEST_P(SpanContract, OperationsByServiceKindTimeAndLimit) {
  Put({{.trace = 1, .id = 1, .name = "a", .kind = 2},
       {.trace = 1, .id = 2, .name = "b", .kind = 3},
       {.trace = 2, .id = 3, .name = "c", .kind = 2, .service = "cart"}});
  store_->Settle();
  store_->clock().Advance(absl::Hours(48));
  Put({{.trace = 3, .id = 4, .name = "d", .kind = 2, .service = "late"}});
  store_->Settle();
  const auto names = [&](const OperationsRequest& request) {
    auto found = engine().Operations(request, testing_support::AnyCall());
    EXPECT_TRUE(found.ok()) << found.status();
    std::vector<std::string> out;
    for (const Operation& o : *found) out.push_back(o.service + "/" + o.name);
    return out;
  };
  EXPECT_THAT(names({}), ElementsAre("cart/c", "late/d", "shop/a", "shop/b"));
  EXPECT_THAT(names({.service = "shop"}), ElementsAre("shop/a", "shop/b"));
  EXPECT_THAT(names({.service = "shop", .kind = "client"}),
              ElementsAre("shop/b"));
  EXPECT_THAT(names({.service = "none"}), IsEmpty());
  EXPECT_THAT(names({.limit = 2}), ElementsAre("cart/c", "late/d"));
  // Others may be among those of a time, but none is missing.
  const TimeRange early{kNow, kNow + absl::Hours(1)};
  const TimeRange late{kNow + absl::Hours(47), kNow + absl::Hours(49)};
  EXPECT_THAT(names({.range = early}),
              testing::IsSupersetOf({"cart/c", "shop/a", "shop/b"}));
  EXPECT_THAT(names({.range = late}), testing::Contains("late/d"));
  // Some of a batch arrived in the range, others after it.
  Put({{.trace = 4, .id = 5, .name = "e", .kind = 2, .service = "first"}});
  store_->clock().Advance(absl::Hours(1));
  Put({{.trace = 5, .id = 6, .name = "f", .kind = 2, .service = "second"}});
  store_->Settle();
  EXPECT_THAT(names({.range = {kNow + absl::Minutes(48 * 60 - 1),
                               kNow + absl::Minutes(48 * 60 + 30)}}),
              testing::Contains("first/e"));
  const auto services = [&](const TimeRange& range) {
    auto found = engine().Services(range, testing_support::AnyCall());
    EXPECT_TRUE(found.ok()) << found.status();
    return *found;
  };
  EXPECT_THAT(services({}),
              ElementsAre("cart", "first", "late", "second", "shop"));
  EXPECT_THAT(services(early), testing::IsSupersetOf({"cart", "shop"}));
  EXPECT_THAT(services(late), testing::Contains("late"));
}

}  // namespace
}  // namespace roentgen::storage
