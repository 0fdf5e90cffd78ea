// Searches by spans: on every engine they find what looking at every span
// finds, whatever the index knows.
#include "query/spans/span_search.h"

#include <algorithm>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "query/spans/span_summary.h"
#include "storage/engine/trace_engine.h"
#include "tests/support/calls.h"
#include "tests/support/engines.h"
#include "tests/support/segments.h"
#include "tests/support/spans.h"
#include "trace/span/span_view.h"

namespace roentgen::query {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing_support::EngineKind;
using testing_support::EngineUnderTest;
using testing_support::SegmentSpec;
using testing_support::SpanSpec;
using testing_support::TraceNumber;

constexpr int64_t kStart = 1'700'000'000;
constexpr Timestamp kNow = Timestamp::FromSeconds(kStart + 100);

class SpanSearchTest : public testing::TestWithParam<EngineKind> {
 protected:
  void Put(const std::vector<SpanSpec>& specs) {
    std::vector<storage::NewRecord> records;
    for (const SpanSpec& spec : specs) {
      records.push_back(testing_support::Record(spec));
    }
    const absl::Status status =
        storage::WriteAndWait(store_.engine(), std::move(records));
    ASSERT_TRUE(status.ok()) << status;
  }
  void PutSegment(const SegmentSpec& spec) {
    ASSERT_TRUE(
        storage::WriteAndWait(store_.engine(), {testing_support::Record(spec)})
            .ok());
  }

  // Traces of a busy service and of another one, and of segments.
  void PutBusyServices() {
    constexpr int kTraces = 1'200;
    std::vector<SpanSpec> specs;
    std::vector<SegmentSpec> segments;
    for (uint64_t i = 1; i <= kTraces; ++i) {
      // Of each sixty traces one has what is asked for in the busy service; in
      // the other one half have it.
      const bool special = i % 60 == 0;
      specs.push_back({.trace = i,
                       .id = 1,
                       .name = i % 2 == 0 ? "read" : "write",
                       .kind = special ? 5u : 2u,
                       .seconds = special ? 3.0 : 1.0,
                       .status = special ? 2u : 0u,
                       .service = "busy",
                       .scope = special ? "rare" : "tests",
                       .scope_version = special ? "2" : "1",
                       .trace_state = special ? "a=1" : "",
                       .status_message = special ? "no" : "",
                       .events = {special ? "boom" : "step"}});
      SpanSpec other = specs.back();
      other.id = 2;
      other.parent = 1;
      other.service = "other";
      if (i % 2 == 0) {
        other.status = 2;
        other.kind = 5;
        other.scope = "rare";
        other.scope_version = "2";
        other.trace_state = "a=1";
        other.status_message = "no";
        other.events = {"boom"};
      }
      specs.push_back(other);
      segments.push_back(
          {.trace = kTraces + i,
           .name = "segments",
           .extra = special ? R"("http":{"response":{"status":503}},)"
                            : R"("http":{"response":{"status":200}},)"});
    }
    Put(specs);
    std::vector<storage::NewRecord> records;
    for (const SegmentSpec& s : segments) {
      records.push_back(testing_support::Record(s));
    }
    ASSERT_TRUE(
        storage::WriteAndWait(store_.engine(), std::move(records)).ok());
    store_.Settle();
  }

  // Numbers of the traces found, in order.
  std::vector<int> Find(const SpanQuery& query) {
    const SpanSearch search(store_.engine());
    std::vector<int> out;
    const absl::Status status =
        search.Find(query, testing_support::AnyCall(), [&](SpanTrace trace) {
          out.push_back(trace.id.bytes[14] * 256 + trace.id.bytes[15]);
          return true;
        });
    EXPECT_TRUE(status.ok()) << status;
    return out;
  }

  EngineUnderTest store_{GetParam(), kNow};
};

TEST_P(SpanSearchTest, ATraceThatDoesNotFitNamesTheSetting) {
  Put({{.trace = 1, .id = 1}, {.trace = 1, .id = 2}, {.trace = 2, .id = 3}});
  const SpanSearch search(store_.engine());
  const Call large = testing_support::AnyCall(1'000);
  const Call small = testing_support::AnyCall(500);
  EXPECT_TRUE(search.Get(TraceNumber(1), large).ok());
  const auto get = search.Get(TraceNumber(1), small);
  EXPECT_TRUE(absl::IsResourceExhausted(get.status())) << get.status();
  EXPECT_THAT(std::string(get.status().message()),
              testing::HasSubstr("memory.query, which is 500 bytes"));
  // Other traces must be found for all that.
  std::vector<storage::TraceId> found;
  const absl::Status find =
      search.Find({.service = "shop"}, small, [&](const SpanTrace& trace) {
        found.push_back(trace.id);
        return true;
      });
  EXPECT_TRUE(find.ok()) << find;
  EXPECT_EQ(found, std::vector<storage::TraceId>{TraceNumber(2)});
  EXPECT_TRUE(search.Get(TraceNumber(2), small).ok());
}

TEST_P(SpanSearchTest, FindsByServiceNameAndTime) {
  Put({{.trace = 1, .name = "a", .start = kStart},
       {.trace = 2, .name = "b", .start = kStart + 1},
       {.trace = 3, .name = "a", .start = kStart + 2, .service = "cart"}});
  store_.Settle();
  EXPECT_THAT(Find({}), ElementsAre(3, 2, 1));
  EXPECT_THAT(Find({.service = "shop"}), ElementsAre(2, 1));
  EXPECT_THAT(Find({.service = "shop", .limit = 1}), ElementsAre(2));
  EXPECT_THAT(Find({.operation = "a"}), ElementsAre(3, 1));
  EXPECT_THAT(Find({.service = "shop", .operation = "a"}), ElementsAre(1));
  EXPECT_THAT(Find({.service = "nobody"}), IsEmpty());
  EXPECT_THAT(Find({.start_min = Timestamp::FromSeconds(kStart + 1),
                    .start_max = Timestamp::FromSeconds(kStart + 1)}),
              ElementsAre(2));
}

// One span must meet all of it.
TEST_P(SpanSearchTest, OneSpanMeetsAllOrNone) {
  Put({{.trace = 1, .id = 1, .name = "a", .seconds = 1},
       {.trace = 1, .id = 2, .parent = 1, .name = "b", .seconds = 5},
       {.trace = 2, .name = "a", .seconds = 5}});
  store_.Settle();
  EXPECT_THAT(Find({.operation = "a", .duration_min_ns = 5'000'000'000}),
              ElementsAre(2));
  EXPECT_THAT(Find({.duration_min_ns = 5'000'000'000,
                    .duration_max_ns = 5'000'000'000}),
              testing::UnorderedElementsAre(1, 2));
  EXPECT_THAT(Find({.duration_min_ns = 5'000'000'001}), IsEmpty());
}

TEST_P(SpanSearchTest, AttributesAreFoundWhereverTheyStand) {
  Put({{.trace = 1, .attributes = {{"color", "red"}}},
       {.trace = 2, .resource = {{"color", "red"}}},
       {.trace = 3, .kind = 3, .resource = {{"color", "red"}}},
       {.trace = 4, .attributes = {{"http.method", "red"}}},
       {.trace = 5, .attributes = {{"co-lor", "red"}, {"co_lor", "blue"}}},
       {.trace = 6, .status = 2}});
  store_.Settle();
  const auto tag = [&](std::string key, std::optional<std::string> text) {
    std::vector<int> found =
        Find({.attributes = {{std::move(key), std::move(text)}}});
    std::sort(found.begin(), found.end());
    return found;
  };
  EXPECT_THAT(tag("color", "red"), ElementsAre(1, 2, 3));
  EXPECT_THAT(tag("color", "blue"), IsEmpty());
  EXPECT_THAT(tag("color", std::nullopt), ElementsAre(1, 2, 3));
  EXPECT_THAT(tag("resource.color", "red"), ElementsAre(2, 3));
  EXPECT_THAT(tag("http.method", "red"), ElementsAre(4));
  // Two keys that one annotation would have to tell.
  EXPECT_THAT(tag("co-lor", "red"), ElementsAre(5));
  EXPECT_THAT(tag("co_lor", "blue"), ElementsAre(5));
  EXPECT_THAT(tag("error", "true"), ElementsAre(6));
  EXPECT_THAT(tag("error", "false"), ElementsAre(1, 2, 3, 4, 5));
  EXPECT_THAT(tag("span.kind", "client"), ElementsAre(3));
  EXPECT_THAT(tag("scope.name", "tests"), ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_THAT(tag("service.name", "shop"), ElementsAre(1, 2, 3, 4, 5, 6));
}

// What searches cost: looks at the call's call, of which each trace that is
// read takes two or three.
TEST_P(SpanSearchTest, MembersOfSpansAreLookedUp) {
  if (!store_.engine().traits().indexed) GTEST_SKIP() << "It reads all.";
  PutBusyServices();
  const SpanSearch search(store_.engine());
  using Tags = decltype(SpanQuery::attributes);
  const auto expect = [&](SpanQuery query, const Tags& tags, size_t traces,
                          int looks_max) {
    SCOPED_TRACE(query.service.value_or("") + " " + tags.front().first + "=" +
                 tags.front().second.value_or("(any)"));
    query.attributes = tags;
    query.limit = 10;
    int looks = 0;
    size_t found = 0;
    const testing_support::WatchedCall call([&] {
      ++looks;
      return false;
    });
    ASSERT_TRUE(search
                    .Find(query, call,
                          [&](const SpanTrace&) {
                            ++found;
                            return true;
                          })
                    .ok());
    EXPECT_EQ(found, traces);
    EXPECT_LE(looks, looks_max);
  };
  const SpanQuery busy{.service = "busy"};
  Find(busy);  // Open traces are indexed by whoever asks first.
  // The index knows these per operation.
  for (const Tags& tags :
       std::vector<Tags>{{{"error", "true"}},
                         {{"error", std::nullopt}},
                         {{"span.status", "Error"}},
                         {{"otel.status_code", "ERROR"}},
                         {{"span.kind", "consumer"}},
                         {{"error", "true"}, {"span.kind", "consumer"}},
                         {{"otel.status_code", "ERROR"}, {"error", "true"}}}) {
    expect(busy, tags, 10, 100);
    SpanQuery slow = busy;
    slow.duration_min_ns = 2'000'000'000;
    expect(slow, tags, 10, 100);
    SpanQuery reads = busy;
    reads.operation = "read";
    expect(reads, tags, 10, 100);
    reads.operation = "write";
    expect(reads, tags, 0, 30);
    expect({.service = "nobody"}, tags, 0, 30);
  }
  expect(busy, {{"error", "false"}}, 10, 100);
  expect(busy, {{"span.status", "ok"}}, 0, 30);
  expect(busy, {{"error", "maybe"}}, 0, 30);
  expect(busy, {{"error", "true"}, {"span.kind", "server"}}, 0, 30);
  expect({.service = "segments"}, {{"error", "true"}}, 10, 100);
  expect({.service = "segments"}, {{"error", "true"}, {"span.kind", "client"}},
         0, 30);
  expect({.service = "segments"}, {{"http.status_code", "503"}}, 0, 30);
  expect({.service = "segments"}, {{"w3c.tracestate", "a=1"}}, 0, 30);
  expect({.service = "segments"}, {{"otel.scope.name", "rare"}}, 0, 30);
  // These it knows per 128 traces: a trace or two of each have it.
  for (const Tags& tags : std::vector<Tags>{{{"otel.scope.name", "rare"}},
                                            {{"scope.version", "2"}},
                                            {{"w3c.tracestate", "a=1"}},
                                            {{"otel.status_description", "no"}},
                                            {{"event", "boom"}}}) {
    expect(busy, tags, 10, 3 * 128 * 11);
    Tags nobody = tags;
    nobody.front().second = "nobody's";
    expect(busy, nobody, 0, 30);
    expect({.service = "nobody"}, tags, 0, 30);
  }
  expect({.service = "segments"}, {{"http.response.status_code", "503"}}, 10,
         3 * 128 * 11);
  expect({.service = "segments"}, {{"http.response.status_code", "404"}}, 0,
         30);
}

TEST_P(SpanSearchTest, SegmentsAreFoundAsSpans) {
  PutSegment({.trace = 1,
              .start = double(kStart),
              .name = "api",
              .extra = R"("annotations":{"user":"ann","n":31},)"
                       R"("http":{"request":{"method":"GET"}},)"});
  store_.Settle();
  EXPECT_THAT(Find({.service = "api"}), ElementsAre(1));
  EXPECT_THAT(Find({.service = "api", .operation = "api", .kind = "server"}),
              ElementsAre(1));
  EXPECT_THAT(Find({.attributes = {{"user", "ann"}}}), ElementsAre(1));
  EXPECT_THAT(Find({.attributes = {{"n", "31"}}}), ElementsAre(1));
  EXPECT_THAT(Find({.attributes = {{"http.request.method", "GET"}}}),
              ElementsAre(1));
  EXPECT_THAT(Find({.attributes = {{"http.request.method", "PUT"}}}),
              IsEmpty());
}

TEST_P(SpanSearchTest, RefusesWhatMakesNoSense) {
  const SpanSearch search(store_.engine());
  const auto refused = [&](const SpanQuery& query) {
    return absl::IsInvalidArgument(
        search.Find(query, testing_support::AnyCall(),
                    [](const SpanTrace&) { return true; }));
  };
  EXPECT_TRUE(refused({.start_min = Timestamp{2}, .start_max = Timestamp{1}}));
  EXPECT_TRUE(refused({.duration_min_ns = 2, .duration_max_ns = 1}));
  EXPECT_TRUE(refused({.limit = limits::kSpanSearchTracesMax + 1}));
}

TEST_P(SpanSearchTest, SummariesCountSpansErrorsAndOrphans) {
  Put({{.trace = 1, .id = 1, .name = "root", .start = 1'000, .seconds = 3},
       {.trace = 1,
        .id = 2,
        .parent = 1,
        .start = 1'001,
        .status = 2,
        .service = "cart"},
       {.trace = 1, .id = 3, .parent = 9, .start = 999, .service = "cart"}});
  store_.Settle();
  const SpanSearch search(store_.engine());
  auto trace = search.Get(TraceNumber(1), testing_support::AnyCall());
  ASSERT_TRUE(trace.ok() && trace->has_value());
  const auto summary = Summarize(**trace);
  ASSERT_TRUE(summary.ok()) << summary.status();
  EXPECT_EQ(summary->root_service, "shop");
  EXPECT_EQ(summary->root_operation, "root");
  EXPECT_EQ(summary->start_ns, 999'000'000'000u);
  EXPECT_EQ(summary->end_ns, 1'003'000'000'000u);
  EXPECT_EQ(summary->spans, 3u);
  EXPECT_EQ(summary->errors, 1u);
  EXPECT_EQ(summary->orphans, 1u);
  ASSERT_EQ(summary->services.size(), 2u);
  EXPECT_EQ(summary->services[0].name, "cart");
  EXPECT_EQ(summary->services[0].spans, 2u);
  EXPECT_EQ(summary->services[0].errors, 1u);
  auto absent = search.Get(TraceNumber(2), testing_support::AnyCall());
  ASSERT_TRUE(absent.ok());
  EXPECT_FALSE(absent->has_value());
}

// A world small enough that queries meet something.
class RandomWorld {
 public:
  explicit RandomWorld(uint64_t seed) : random_(seed) {}

  SpanSpec Span(uint64_t trace, uint64_t id) {
    SpanSpec span{.trace = trace,
                  .id = id,
                  .parent = Below(3) == 0 ? 0 : Below(6),
                  .name = Pick({"a", "b", "c"}),
                  .kind = Below(6),
                  .start = double(kStart + int64_t(Below(20))),
                  .seconds = double(Below(9)) / 2,
                  .status = Below(4) == 0 ? 2u : unsigned(Below(2)),
                  .service = Pick({"x", "y", "z", ""})};
    if (Below(4) == 0) span.status_message = Value();
    if (Below(4) == 0) span.trace_state = Value();
    if (Below(3) == 0) span.events.push_back(Value());
    if (Below(2) == 0) {
      span.scope = Pick({"v", "lib"});
      span.scope_version = Pick({"", "1"});
    }
    for (uint64_t i = Below(4); i > 0; --i) {
      span.attributes.emplace_back(Key(), Value());
    }
    for (uint64_t i = Below(2); i > 0; --i) {
      span.resource.emplace_back(Key(), Value());
    }
    return span;
  }

  SpanQuery Query() {
    SpanQuery query;
    if (Below(2) == 0) query.service = Pick({"x", "y", "unknown_service"});
    if (Below(3) == 0) query.operation = Pick({"a", "b", "q"});
    if (Below(4) == 0) query.kind = Pick({"server", "client", "internal"});
    for (uint64_t i = Below(3); i > 0; --i) {
      std::optional<std::string> text;
      if (Below(5) != 0) text = Value();
      if (Below(2) == 0) {
        query.attributes.push_back(Member());
      } else {
        query.attributes.emplace_back(Key(), text);
      }
    }
    if (Below(3) == 0) {
      query.start_min = Timestamp::FromSeconds(kStart + int64_t(Below(20)));
      query.start_max = query.start_min + absl::Seconds(int64_t(Below(9)));
    }
    if (Below(3) == 0) {
      query.duration_min_ns = int64_t(Below(9)) * 500'000'000;
      query.duration_max_ns = query.duration_min_ns + 1'000'000'000;
    }
    if (Below(8) == 0) query.words.push_back(Pick({"v", "k", "error", "q"}));
    query.limit = 1 + Below(40);
    return query;
  }

  // Members of segments that make something of their spans' members.
  std::string MemberOfSegment() {
    return Pick(
        {"", R"("fault":true,)", R"("error":false,)", R"("throttle":true,)",
         R"("http":{"response":{"status":500}},)",
         R"("http":{"response":{"status":404}},)",
         R"("http":{"response":{"status":200}},)",
         R"("cause":{"exceptions":[{"id":"0123456789abcdef"}]},)",
         R"("cause":{"working_directory":"v"},)",
         R"("cause":"0123456789abcdef",)",
         R"("links":[{"trace_id":"1-5f84c7a1-0123456789abcdef01234567",)"
         R"("id":"0123456789abcdef","attributes":{"k-l":"v","k.l":"1"}}],)"});
  }

  uint64_t Below(uint64_t n) { return random_() % n; }

 private:
  std::string Pick(const std::vector<std::string>& of) {
    return of[Below(of.size())];
  }
  std::string Key() {
    return Pick({"k", "l", "k.l", "k-l", "http.method", "http.url",
                 "peer.service", "db.system", "otel.resource.k", "error",
                 "span.kind", "http.status_code", "event",
                 "http.response.status_code", "otel.scope.name"});
  }
  // What goes by a name besides attributes.
  std::pair<std::string, std::optional<std::string>> Member() {
    const std::pair<std::string, std::vector<std::string>> members[] = {
        {"error", {"true", "false", "TRUE", "1", ""}},
        {"span.status", {"error", "ERROR", "ok", "unset", "Ok", "bad"}},
        {"otel.status_code", {"ERROR", "OK", "UNSET", "error"}},
        {"otel.status_description", {"v", "1", "mysql"}},
        {"span.kind", {"server", "client", "internal", "SERVER", ""}},
        {"scope.name", {"v", "lib", "nobody"}},
        {"otel.scope.name", {"lib", "v"}},
        {"scope.version", {"1", ""}},
        {"otel.scope.version", {"1", "2"}},
        {"w3c.tracestate", {"v", "007", "true"}},
        {"event", {"v", "mysql", "exception"}},
        {"http.status_code", {"500", "404", "1"}},
        {"http.response.status_code", {"500", "404", "200"}},
        {"resource.k", {"1", "v"}}};
    const auto& [key, texts] = members[Below(std::size(members))];
    if (Below(6) == 0) return {key, std::nullopt};
    return {key, texts[Below(texts.size())]};
  }
  std::string Value() { return Pick({"1", "v", "true", "mysql", "007"}); }

  std::mt19937_64 random_;
};

TEST_P(SpanSearchTest, FindsWhatLookingAtEverySpanFinds) {
  constexpr uint64_t kSeed = 20'261'124;
  SCOPED_TRACE(kSeed);
  RandomWorld world(kSeed);
  EngineUnderTest reference(EngineKind::kMemory, kNow);
  for (int round = 0; round < 6; ++round) {
    std::vector<storage::NewRecord> records, same;
    for (uint64_t trace = 1; trace <= 150; ++trace) {
      if (world.Below(2) == 0) continue;
      if (world.Below(8) == 0) {
        const SegmentSpec spec{
            .trace = trace,
            .id = 1 + world.Below(5),
            .start = double(kStart + int64_t(world.Below(20))),
            .name = world.Below(2) == 0 ? "x" : "shop",
            .extra =
                R"("annotations":{"k":"v","l":1},)" + world.MemberOfSegment()};
        records.push_back(testing_support::Record(spec));
        same.push_back(testing_support::Record(spec));
        continue;
      }
      const SpanSpec spec = world.Span(trace, 1 + world.Below(5));
      records.push_back(testing_support::Record(spec));
      same.push_back(testing_support::Record(spec));
    }
    ASSERT_TRUE(
        storage::WriteAndWait(store_.engine(), std::move(records)).ok());
    ASSERT_TRUE(
        storage::WriteAndWait(reference.engine(), std::move(same)).ok());
    if (round % 2 == 0) store_.Settle();
    const SpanSearch all(reference.engine());
    for (int i = 0; i < 60; ++i) {
      const SpanQuery query = world.Query();
      std::vector<int> expected;
      ASSERT_TRUE(all.Find(query, testing_support::AnyCall(),
                           [&](const SpanTrace& trace) {
                             expected.push_back(trace.id.bytes[14] * 256 +
                                                trace.id.bytes[15]);
                             return true;
                           })
                      .ok());
      EXPECT_EQ(Find(query), expected) << "round " << round << " query " << i;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Engines, SpanSearchTest, testing_support::AllEngines(),
                         testing_support::EngineName());

}  // namespace
}  // namespace roentgen::query
