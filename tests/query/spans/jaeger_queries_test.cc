// The searches that Jaeger's own suite asks of a storage: what stands where in
// a span, durations in nanoseconds, traces over midnight, several traces; each
// finds its trace among all the others, on every engine, with values as text.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "query/spans/span_search.h"
#include "storage/engine/trace_engine.h"
#include "tests/support/calls.h"
#include "tests/support/engines.h"
#include "tests/support/span_builder.h"

namespace roentgen::query {
namespace {

using testing_support::EngineKind;
using testing_support::EngineUnderTest;
using Lines = std::vector<std::string>;

constexpr int64_t kNoon = 1'700'049'600;  // Seconds; 12:00 of its day.
constexpr Timestamp kNow = Timestamp::FromSeconds(kNoon + 3'600);

const Lines kTags = {R"(tag1 = "value")", "tag2 = 123", "tag3 = 72.5",
                     "tag4 = true", R"(blob = bytes "abc")"};

// `where` attributes of that kind.
Lines Tagged(const std::string& where, const Lines& tags = kTags) {
  Lines out;
  for (const std::string& tag : tags) out.push_back(where + " " + tag);
  return out;
}

Lines operator+(Lines a, const Lines& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

struct Case {
  std::string caption;
  std::vector<Lines> spans;  // Of one trace, unless they say otherwise.
  SpanQuery query;           // The service is added.
  size_t traces = 1;
};

SpanQuery Query(bool tags, std::optional<std::string> operation,
                int64_t low = 0, int64_t high = INT64_MAX) {
  SpanQuery query{.operation = std::move(operation),
                  .start_min = Timestamp::FromSeconds(kNoon - 600),
                  .start_max = Timestamp::FromSeconds(kNoon + 600),
                  .duration_min_ns = low,
                  .duration_max_ns = high,
                  .limit = 1'000};
  if (tags) {
    query.attributes = {{"tag1", "value"},
                        {"tag2", "123"},
                        {"tag3", "72.5"},
                        {"tag4", "true"},
                        {"blob", "YWJj"}};
  }
  return query;
}

Lines Span(const std::string& name, int64_t ns, const Lines& more) {
  return Lines{"name " + name, "start " + std::to_string(kNoon) + "000000000",
               "end " + std::to_string(kNoon * 1'000'000'000 + ns)} +
         more;
}

std::vector<Case> Cases() {
  const Lines some = {kTags[0], kTags[1]};
  const Lines others = {kTags[2], kTags[3], kTags[4]};
  const Lines events = Lines{"event a"} + Tagged("event.attr");
  const Lines links =
      Lines{"link 0123456789abcdef0123456789abcdef 00000000000000cd"} +
      Tagged("link.attr");
  const Lines scope = Lines{"scope library 1.1.1"} + Tagged("scope.attr");
  const Lines spread = Tagged("resource", {kTags[0]}) +
                       Tagged("attr", {kTags[2], kTags[3], kTags[4]}) +
                       Lines{"event a"} + Tagged("event.attr", {kTags[1]});
  const Lines two_events = Lines{"event a"} + Tagged("event.attr", some) +
                           Lines{"event b"} + Tagged("event.attr", others);
  std::vector<Case> cases = {
      {"tags of the span",
       {Span("op", 7'000, Tagged("attr"))},
       Query(true, {})},
      {"tags of an event", {Span("op", 7'000, events)}, Query(true, {})},
      {"tags of the resource",
       {Span("op", 7'000, Tagged("resource"))},
       Query(true, {})},
      {"tags in different spots", {Span("op", 7'000, spread)}, Query(true, {})},
      {"tags of two events", {Span("op", 7'000, two_events)}, Query(true, {})},
      {"tags of a link", {Span("op", 7'000, links)}, Query(true, {})},
      {"tags of the scope", {Span("op", 7'000, scope)}, Query(true, {})},
      {"operation", {Span("op-name", 1, {})}, Query(false, "op-name")},
      {"operation and longest",
       {Span("op-name", 1'000, {}),
        Span("op-name", 2'000,
             {"id 00000000000000aa", "parent 53995c3f42cd8ad8"})},
       Query(false, "op-name", 0, 2'000)},
      {"operation and range",
       {Span("op-name", 5'000, {})},
       Query(false, "op-name", 4'500, 5'500)},
      {"range", {Span("op", 5'000, {})}, Query(false, {}, 4'500, 5'500)},
      {"longest", {Span("op", 1'000, {})}, Query(false, {}, 0, 1'000)},
      {"service alone", {Span("op", 1, {})}, Query(false, {})},
      {"tags, operation and range",
       {Span("op-name", 5'000, events)},
       Query(true, "op-name", 4'500, 5'500)},
      {"tags of the resource and longest",
       {Span("op", 2'000, Tagged("resource") + Tagged("attr", {"other = 1"}))},
       Query(true, {}, 0, 2'000)},
      {"tags in different spots, operation and range",
       {Span("op-name", 5'000, spread)},
       Query(true, "op-name", 4'500, 5'500)},
      {"scope by name and version",
       {Span("op", 1, {"scope library 1.1.1"})},
       Query(false, {})},
      {"several traces",
       {Span("op", 1, {}), Span("op", 1, {"trace a1"}),
        Span("op", 1, {"trace a2"})},
       Query(false, {}),
       3},
      {"over midnight",
       {Span("op", 1, {}),
        Span("op", 1,
             {"id 00000000000000aa", "start 1699999000000000000",
              "end 1699999000000000001"})},
       Query(false, {})},
  };
  cases[16].query.attributes = {{"scope.name", "library"},
                                {"scope.version", "1.1.1"}};
  return cases;
}

// Ids of 12 zero bytes and a number, as the suite's are.
std::string TraceHex(size_t number) {
  char hex[33];
  std::snprintf(hex, sizeof(hex), "%032zx", number);
  return hex;
}

class JaegerQueries : public testing::TestWithParam<EngineKind> {
 protected:
  void Put(const std::vector<Lines>& spans) {
    std::vector<storage::NewRecord> records;
    for (const Lines& lines : spans) {
      records.push_back(
          testing_support::AsNewRecord(testing_support::SpanOf(lines)));
    }
    ASSERT_TRUE(
        storage::WriteAndWait(store_.engine(), std::move(records)).ok());
  }

  // Numbers of the traces, and how many spans they have.
  std::vector<std::pair<int, size_t>> Find(const SpanQuery& query) {
    const SpanSearch search(store_.engine());
    std::vector<std::pair<int, size_t>> out;
    const absl::Status status =
        search.Find(query, testing_support::AnyCall(), [&](SpanTrace trace) {
          out.emplace_back(trace.id.bytes[14] * 256 + trace.id.bytes[15],
                           trace.spans.size());
          return true;
        });
    EXPECT_TRUE(status.ok()) << status;
    std::sort(out.begin(), out.end());
    return out;
  }

  EngineUnderTest store_{GetParam(), kNow};
};

TEST_P(JaegerQueries, EachFindsItsTraceAmongAllOthers) {
  const std::vector<Case> cases = Cases();
  std::vector<Lines> spans;
  std::vector<std::vector<std::pair<int, size_t>>> expected;
  for (size_t i = 0; i < cases.size(); ++i) {
    const std::string service = "query" + std::to_string(i) + "-service";
    std::vector<std::pair<int, size_t>> traces;
    size_t number = 16 * (i + 1);
    for (Lines lines : cases[i].spans) {
      const bool own = std::any_of(
          lines.begin(), lines.end(),
          [](const std::string& line) { return line.starts_with("trace "); });
      std::erase_if(lines, [](const std::string& line) {
        return line.starts_with("trace ");
      });
      if (own) ++number;
      if (traces.empty() || traces.back().first != static_cast<int>(number)) {
        traces.emplace_back(number, 0);
      }
      ++traces.back().second;
      spans.push_back(Lines{"trace " + TraceHex(number),
                            "resource service.name = \"" + service + "\""} +
                      lines);
    }
    ASSERT_EQ(traces.size(), cases[i].traces) << cases[i].caption;
    expected.push_back(std::move(traces));
  }
  Put(spans);
  store_.Settle();
  for (size_t i = 0; i < cases.size(); ++i) {
    SpanQuery query = cases[i].query;
    query.service = "query" + std::to_string(i) + "-service";
    EXPECT_EQ(Find(query), expected[i]) << cases[i].caption;
    // No other service's trace, and none when one thing is not so.
    query.attributes.emplace_back("tag1", "another");
    EXPECT_THAT(Find(query), testing::IsEmpty()) << cases[i].caption;
  }
}

TEST_P(JaegerQueries, AnAttributeFindsTracesOfAllServices) {
  Put({{"trace " + TraceHex(1), R"(resource service.name = "a")",
        R"(attr cross = "yes")"},
       {"trace " + TraceHex(2), R"(resource service.name = "b")",
        R"(attr cross = "yes")"},
       {"trace " + TraceHex(3), R"(resource service.name = "b")"}});
  store_.Settle();
  SpanQuery query;
  query.attributes = {{"cross", "yes"}};
  EXPECT_THAT(Find(query),
              testing::ElementsAre(std::pair(1, 1u), std::pair(2, 1u)));
}

// Every 20th span repeats the id of the one before, with times of its own.
TEST_P(JaegerQueries, LargeTracesAndRepeatedIdsComeBackWhole) {
  constexpr size_t kSpans = 10'008;
  std::vector<Lines> spans;
  for (size_t i = 0; i < kSpans; ++i) {
    const size_t id = i % 20 == 0 && i > 0 ? i : i + 1;
    spans.push_back({"trace " + TraceHex(7), "id " + TraceHex(id).substr(16),
                     R"(resource service.name = "large")",
                     "start " + std::to_string(kNoon * 1'000'000'000 +
                                               static_cast<int64_t>(i)),
                     "end " + std::to_string(kNoon * 1'000'000'000 + 10'000 +
                                             static_cast<int64_t>(i))});
  }
  Put(spans);
  store_.Settle();
  SpanQuery query;
  query.service = "large";
  EXPECT_THAT(Find(query), testing::ElementsAre(std::pair(7, kSpans)));
}

INSTANTIATE_TEST_SUITE_P(Engines, JaegerQueries, testing_support::AllEngines(),
                         testing_support::EngineName());

}  // namespace
}  // namespace roentgen::query
