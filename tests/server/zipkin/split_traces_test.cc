// Traces that came in two halves, because a service cut their ids of 128 bits
// to 64: dependencies are those of the whole, whichever half came first and
// whether they are open or sealed; reading by id stays exact.
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "base/limits.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "query/spans/span_search.h"
#include "server/http/query_string.h"
#include "server/ingest/span_pipeline.h"
#include "server/zipkin/zipkin_api.h"
#include "server/zipkin/zipkin_reader.h"
#include "tests/support/calls.h"
#include "tests/support/engines.h"
#include "tests/support/segments.h"
#include "trace/model/operation.h"

namespace roentgen::server {
namespace {

using storage::CallSet;
using testing::HasSubstr;
using testing::Not;
using testing::UnorderedElementsAre;
using testing::UnorderedElementsAreArray;
using testing_support::EngineKind;
using testing_support::EngineUnderTest;

constexpr int64_t kStart = 1'700'000'000;
const Timestamp kNow = Timestamp::FromSeconds(kStart + 100);

enum Half { kLong, kShort };

struct Span {
  Half half;
  int id;
  int parent;  // 0: none.
  std::string kind;
  std::string service;
  std::string remote = "";
  std::string more = "";  // Members.
};

using Edges = std::vector<std::string>;

struct Case {
  const char* what;
  std::vector<Span> spans;
  Edges zipkin;  // "front>back 1", with the number of errors behind.
  Edges jaeger;
};

const std::vector<Case>& Cases() {
  static const std::vector<Case> cases = {
      {"a client that names nobody",
       {{kLong, 1, 0, "CLIENT", "front"}, {kShort, 2, 1, "SERVER", "back"}},
       {"front>back 1"},
       {"front>back 1"}},
      {"a client that names the server",
       {{kLong, 1, 0, "CLIENT", "front", "back"},
        {kShort, 2, 1, "SERVER", "back"}},
       {"front>back 1"},
       {"front>back 1"}},
      {"both name each other",
       {{kLong, 1, 0, "CLIENT", "front", "back"},
        {kShort, 2, 1, "SERVER", "back", "front"}},
       {"front>back 1"},
       {"front>back 1"}},
      {"a client that calls the server something else",
       {{kLong, 1, 0, "CLIENT", "front", "alias"},
        {kShort, 2, 1, "SERVER", "back"}},
       {"front>back 1"},
       {"front>back 1"}},
      {"one id for both",
       {{kLong, 1, 0, "CLIENT", "front", "back"},
        {kShort, 1, 0, "SERVER", "back", "", R"("shared":true,)"}},
       {"front>back 1"},
       {"front>back 1"}},
      {"one id for both, with a parent, and not marked",
       {{kLong, 1, 0, "SERVER", "front"},
        {kLong, 2, 1, "CLIENT", "front"},
        {kShort, 2, 1, "SERVER", "back"}},
       {"front>back 1"},
       {"front>front 1", "front>back 1"}},
      {"a call that fails",
       {{kLong, 1, 0, "CLIENT", "front"},
        {kShort, 2, 1, "SERVER", "back", "", R"("tags":{"error":"x"},)"}},
       {"front>back 1 1"},
       {"front>back 1 1"}},
      {"what the server calls, which cuts ids",
       {{kLong, 1, 0, "SERVER", "front"},
        {kLong, 2, 1, "CLIENT", "front"},
        {kShort, 3, 2, "SERVER", "back"},
        {kShort, 4, 3, "CLIENT", "back", "db"},
        {kShort, 5, 3, "CLIENT", "back"},
        {kShort, 6, 5, "SERVER", "last"}},
       {"front>back 1", "back>db 1", "back>last 1"},
       {"front>front 1", "front>back 1", "back>back 2", "back>last 1"}},
      {"two calls of it",
       {{kLong, 1, 0, "CLIENT", "front", "back"},
        {kShort, 2, 1, "SERVER", "back"},
        {kLong, 3, 1, "CLIENT", "front", "back"},
        {kShort, 4, 3, "SERVER", "back"}},
       {"front>back 2"},
       {"front>front 1", "front>back 2"}},
      {"a message",
       {{kLong, 1, 0, "PRODUCER", "front", "kafka"},
        {kShort, 2, 1, "CONSUMER", "back", "kafka"}},
       {"front>kafka 1", "kafka>back 1"},
       {"front>back 1"}},
      {"what is in between did not come",
       {{kLong, 1, 0, "CLIENT", "front"}, {kShort, 3, 2, "SERVER", "back"}},
       {"front>back 1"},
       {}},
      {"the caller is the one with the short id",
       {{kShort, 1, 0, "CLIENT", "front"}, {kLong, 2, 1, "SERVER", "back"}},
       {"front>back 1"},
       {"front>back 1"}},
      {"spans that came in both",
       {{kLong, 1, 0, "CLIENT", "front", "back"},
        {kShort, 1, 0, "CLIENT", "front", "back"},
        {kShort, 2, 1, "SERVER", "back"},
        {kLong, 2, 1, "SERVER", "back"}},
       {"front>back 1"},
       {"front>back 1"}},
      {"no other half",
       {{kShort, 1, 0, "CLIENT", "front", "back"},
        {kShort, 3, 2, "SERVER", "back"}},
       {"front>back 2"},
       {}}};
  return cases;
}

// Of a trace of that number.
std::string Id(Half half, size_t number,
               const std::string& high = "7180c278b62e8f6a") {
  const std::string low = "216a2aea45" + std::to_string(100'000 + number);
  return half == kLong ? high + low : low;
}

// Names of services end with the number of their trace.
std::string JsonOf(const Span& span, size_t number) {
  const std::string end = std::to_string(number) + "\"}";
  std::string json = R"({"traceId":")" + Id(span.half, number) + R"(","id":")" +
                     std::to_string(span.id) + "\",";
  if (span.parent != 0) {
    json += R"("parentId":")" + std::to_string(span.parent) + "\",";
  }
  if (!span.remote.empty()) {
    json += R"("remoteEndpoint":{"serviceName":")" + span.remote + end + ",";
  }
  return json + span.more + R"("kind":")" + span.kind + R"(","timestamp":)" +
         std::to_string(kStart * 1'000'000) +
         R"(,"duration":1000,"localEndpoint":{"serviceName":")" + span.service +
         end + "}";
}

class SplitTracesTest : public testing::TestWithParam<EngineKind> {
 protected:
  void Start() { store_ = std::make_unique<EngineUnderTest>(GetParam(), kNow); }

  // After a restart the engine is another one.
  void Settle() { store_->Settle(); }

  void Put(const std::string& spans) {
    SpanPipeline pipeline(store_->engine(), store_->clock(), {});
    const auto request = ReadZipkinJson("[" + spans + "]");
    ASSERT_TRUE(request.ok()) << request.status();
    const auto outcome = pipeline.ExportAndWait(
        request->otlp, SpanSource::kZipkin, absl::InfiniteFuture());
    ASSERT_TRUE(outcome.ok()) << outcome.status();
    ASSERT_EQ(outcome->rejected, 0u) << outcome->message;
  }

  void PutHalf(Half half) {
    std::string spans;
    for (size_t i = 0; i < Cases().size(); ++i) {
      for (const Span& span : Cases()[i].spans) {
        if (span.half != half) continue;
        spans += (spans.empty() ? "" : ",") + JsonOf(span, i);
      }
    }
    Put(spans);
  }

  Edges EdgesOf(const TimeRange& range, CallSet set) {
    const query::SpanSearch search(store_->engine());
    const auto calls = search.Calls(range, set, testing_support::AnyCall());
    EXPECT_TRUE(calls.ok()) << calls.status();
    Edges edges;
    if (!calls.ok()) return edges;
    for (const auto& [pair, count] : *calls) {
      std::string edge =
          pair.first + ">" + pair.second + " " + std::to_string(count.calls);
      if (count.errors > 0) edge += " " + std::to_string(count.errors);
      edges.push_back(edge);
    }
    return edges;
  }

  // With the numbers of the cases behind the names.
  static Edges Expected(Edges Case::*edges) {
    Edges out;
    for (size_t i = 0; i < Cases().size(); ++i) {
      const std::string number = std::to_string(i);
      for (std::string edge : Cases()[i].*edges) {
        edge.insert(edge.find(' '), number);
        out.push_back(edge.insert(edge.find('>'), number));
      }
    }
    return out;
  }

  template <typename Method>
  std::string Ask(Method method, const std::string& query) {
    const query::SpanSearch search(store_->engine());
    const ZipkinApi api(search, store_->clock());
    const auto json =
        (api.*method)(*QueryString::Parse(query), testing_support::AnyCall());
    return json.ok() ? *json : json.status().ToString();
  }

  std::string Get(const std::string& id) {
    const query::SpanSearch search(store_->engine());
    const ZipkinApi api(search, store_->clock());
    const auto json = api.GetTrace(id, testing_support::AnyCall());
    return json.ok() ? *json : json.status().ToString();
  }

  std::unique_ptr<EngineUnderTest> store_;
};

TEST_P(SplitTracesTest, DependenciesAreThoseOfTheWhole) {
  for (const Half first : {kLong, kShort}) {
    for (const bool between : {false, true}) {
      Start();
      PutHalf(first);
      if (between) Settle();
      PutHalf(first == kLong ? kShort : kLong);
      for (const char* state : {"one settled", "both settled"}) {
        SCOPED_TRACE(testing::Message() << "first: " << first << ", settled "
                                        << between << ", " << state);
        EXPECT_THAT(EdgesOf({}, CallSet::kWithPeers),
                    UnorderedElementsAreArray(Expected(&Case::zipkin)));
        EXPECT_THAT(EdgesOf({}, CallSet::kSpans),
                    UnorderedElementsAreArray(Expected(&Case::jaeger)));
        Settle();
      }
    }
  }
}

// Also what comes when both were sealed.
TEST_P(SplitTracesTest, LateSpans) {
  Start();
  const Span client{kLong, 1, 0, "CLIENT", "front", "back"};
  const Span server{kShort, 2, 1, "SERVER", "back"};
  Put(JsonOf(server, 1));
  Put(JsonOf(client, 1));
  Settle();
  for (const Half half : {kLong, kShort}) {
    Put(JsonOf({half, half + 3, 2, "CLIENT", "back", "db"}, 1));
    for (int i = 0; i < 2; ++i) {
      EXPECT_THAT(EdgesOf({}, CallSet::kWithPeers),
                  UnorderedElementsAre(
                      "front1>back1 1",
                      "back1>db1 " + std::to_string(half == kLong ? 1 : 2)));
      Settle();
    }
  }
}

TEST_P(SplitTracesTest, ZipkinTellsThem) {
  Start();
  Put(JsonOf({kLong, 1, 0, "CLIENT", "Front", "back"}, 1));
  Put(JsonOf({kShort, 2, 1, "SERVER", "back"}, 1));
  Settle();
  EXPECT_EQ(Ask(&ZipkinApi::Dependencies, ""),
            R"([{"parent":"front1","child":"back1","callCount":1}])");
  EXPECT_EQ(Ask(&ZipkinApi::RemoteServices, "serviceName=front1"),
            R"(["back1"])");
}

// As with Zipkin's STRICT_TRACE_ID=true, its default.
TEST_P(SplitTracesTest, ReadingIsExact) {
  Start();
  Put(JsonOf({kLong, 1, 0, "CLIENT", "front"}, 1));
  Put(JsonOf({kShort, 2, 1, "SERVER", "back"}, 1));
  Put(JsonOf({kLong, 1, 0, "CLIENT", "front"}, 2));
  Settle();
  EXPECT_THAT(Get(Id(kLong, 1)),
              testing::AllOf(HasSubstr("front1"), Not(HasSubstr("back1"))));
  EXPECT_THAT(Get(Id(kShort, 1)),
              testing::AllOf(HasSubstr("back1"), Not(HasSubstr("front1"))));
  EXPECT_THAT(Get(Id(kShort, 2)), HasSubstr("NOT_FOUND"));
  EXPECT_THAT(Ask(&ZipkinApi::GetTraces,
                  "traceIds=" + Id(kShort, 1) + "," + Id(kShort, 2)),
              Not(HasSubstr("front")));
}

// A whole counts when its earlier half begins, in one range only.
TEST_P(SplitTracesTest, RangesDoNotCountTwice) {
  Start();
  const auto later = [](int seconds) {
    return R"("timestamp":)" + std::to_string((kStart + seconds) * 1'000'000) +
           ",";
  };
  const auto at = [](Span span, const std::string& time) {
    std::string json = JsonOf(span, 1);
    const size_t begin = json.find(R"("timestamp":)");
    return json.replace(begin, json.find(',', begin) + 1 - begin, time);
  };
  Put(at({kLong, 1, 0, "CLIENT", "front", "back"}, later(0)));
  Put(at({kShort, 2, 1, "SERVER", "back"}, later(60)));
  Settle();
  const auto between = [](int begin, int end) {
    return TimeRange{Timestamp::FromSeconds(kStart + begin),
                     Timestamp::FromSeconds(kStart + end)};
  };
  EXPECT_THAT(EdgesOf(between(-10, 10), CallSet::kWithPeers),
              UnorderedElementsAre("front1>back1 1"));
  EXPECT_THAT(EdgesOf(between(-10, 100), CallSet::kWithPeers),
              UnorderedElementsAre("front1>back1 1"));
  EXPECT_THAT(EdgesOf(between(10, 100), CallSet::kWithPeers),
              testing::IsEmpty());
}

// Ids of which only the lower half is the same are no halves of anything.
TEST_P(SplitTracesTest, OnlyShortIdsAreHalves) {
  Start();
  const auto put = [&](const std::string& id, const Span& span) {
    std::string json = JsonOf(span, 1);
    const std::string old = Id(span.half, 1);
    Put(json.replace(json.find(old), old.size(), id));
  };
  const Span client{kLong, 1, 0, "CLIENT", "front", "back"};
  const Span server{kLong, 2, 1, "SERVER", "back"};
  put(Id(kLong, 1, "7180c278b62e8f6a"), client);
  put(Id(kLong, 1, "0000000000000001"), server);
  Settle();
  EXPECT_THAT(EdgesOf({}, CallSet::kSpans), testing::IsEmpty());
  // Nor is what too many have in common.
  put(Id(kShort, 1), {kShort, 2, 1, "SERVER", "back"});
  EXPECT_THAT(EdgesOf({}, CallSet::kSpans),
              UnorderedElementsAre("front1>back1 1"));
  for (size_t i = 3; i <= limits::kHalvesPerTraceMax; ++i) {
    put(Id(kLong, 1, "000000000000001" + std::to_string(i)), client);
  }
  Settle();
  EXPECT_THAT(EdgesOf({}, CallSet::kSpans), testing::IsEmpty());
}

// What is beyond the limit is counted as it is stored.
TEST_P(SplitTracesTest, WhatIsReadIsBounded) {
  Start();
  if (!store_->engine().traits().indexed) GTEST_SKIP() << "It reads all.";
  constexpr size_t kMore = 50;
  constexpr size_t kTraces = limits::kSplitTracesReadMax + kMore;
  for (size_t first = 0; first < kTraces; first += 1'000) {
    std::string spans;
    for (size_t i = first; i < std::min(first + 1'000, kTraces); ++i) {
      for (const Span& span : {Span{kLong, 1, 0, "CLIENT", "front", "alias"},
                               Span{kShort, 2, 1, "SERVER", "back"}}) {
        std::string json = JsonOf(span, 0);
        const std::string id = Id(span.half, 0);
        json.replace(json.find(id), id.size(), Id(span.half, i));
        spans += (spans.empty() ? "" : ",") + json;
      }
    }
    Put(spans);
    Settle();
  }
  EXPECT_THAT(EdgesOf({}, CallSet::kWithPeers),
              UnorderedElementsAre(
                  "front0>back0 " + std::to_string(limits::kSplitTracesReadMax),
                  "front0>alias0 " + std::to_string(kMore)));
}

// X-Ray's documents, too.
TEST_P(SplitTracesTest, Segments) {
  Start();
  const auto segment = [](const std::string& trace, const std::string& id,
                          const std::string& more) {
    return R"({"trace_id":")" + trace + R"(","id":")" + id + "\"," + more +
           R"("start_time":1700000000,"end_time":1700000001})";
  };
  const std::string documents[] = {
      segment("1-7180c278-b62e8f6a216a2aea45d08fc9", "0000000000000001",
              R"("name":"front","subsegments":[{"id":"0000000000000002",)"
              R"("name":"back","namespace":"remote","start_time":1700000000,)"
              R"("end_time":1700000001}],)"),
      segment("1-00000000-00000000216a2aea45d08fc9", "0000000000000003",
              R"("name":"back","parent_id":"0000000000000002",)")};
  for (const std::string& document : documents) {
    std::vector<storage::NewRecord> records;
    records.push_back(testing_support::Record(document));
    ASSERT_TRUE(
        storage::WriteAndWait(store_->engine(), std::move(records)).ok());
    Settle();
  }
  EXPECT_THAT(EdgesOf({}, CallSet::kWithPeers),
              UnorderedElementsAre("front>back 1"));
}

INSTANTIATE_TEST_SUITE_P(Engines, SplitTracesTest,
                         testing_support::AllEngines(),
                         testing_support::EngineName());

}  // namespace
}  // namespace roentgen::server
