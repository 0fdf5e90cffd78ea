// What columns tell of a trace's summary must be just what its documents do.
#include "storage/index/column_summaries.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "storage/index/chunk_columns.h"
#include "tests/query/plan/random_traces.h"
#include "tests/storage/index/index_fixture.h"
#include "tests/support/segments.h"
#include "tests/support/spans.h"
#include "trace/assembly/summarize.h"

namespace roentgen::storage {
namespace {

using testing_support::Document;
using testing_support::IndexFixture;
using testing_support::RandomTraces;
using testing_support::SegmentSpec;
using testing_support::SpanSpec;

// By ordinal; nothing where the columns do not tell.
std::vector<std::optional<TraceSummary>> ReadAll(const IndexFixture& index) {
  ChunkColumns columns = index.Packed();
  ColumnSummaries summaries(columns);
  std::vector<std::optional<TraceSummary>> out;
  for (uint32_t i = 0; i < index.traces().size(); ++i) {
    auto read = summaries.Read(index.traces()[i].id, i);
    EXPECT_TRUE(read.ok()) << read.status();
    out.push_back(read.ok() ? *std::move(read) : std::nullopt);
  }
  return out;
}

// How many are told; all of these right.
size_t Told(const IndexFixture& index) {
  size_t told = 0;
  const auto summaries = ReadAll(index);
  for (size_t i = 0; i < summaries.size(); ++i) {
    if (!summaries[i]) continue;
    ++told;
    TraceSummary wanted = Summarize(index.traces()[i]);
    wanted.matched_event_time = index.traces()[i].times.event;
    const TraceSummary& got = *summaries[i];
    EXPECT_EQ(got.annotations, wanted.annotations) << i;
    EXPECT_EQ(got.users, wanted.users) << i;
    EXPECT_EQ(got.service_ids, wanted.service_ids) << i;
    EXPECT_EQ(got.entry_point, wanted.entry_point) << i;
    EXPECT_EQ(got.fault_root_causes, wanted.fault_root_causes) << i;
    EXPECT_EQ(got.error_root_causes, wanted.error_root_causes) << i;
    EXPECT_EQ(got.response_time_root_causes, wanted.response_time_root_causes)
        << i;
    EXPECT_EQ(got, wanted) << i;
  }
  return told;
}

TEST(ColumnSummariesTest, GeneratedTracesAreTold) {
  const IndexFixture index(1'500, 11);
  EXPECT_EQ(Told(index), index.traces().size());
}

// Numbers, texts and truth values under one key, users, causes, orphans, open
// segments, late versions: what is told is right, and much of it is told.
TEST(ColumnSummariesTest, RandomTraces) {
  for (uint64_t seed = 1; seed <= 4; ++seed) {
    RandomTraces random(seed, {.extra_keys = seed % 2 * 7});
    std::vector<std::vector<std::string>> traces;
    for (uint64_t t = 1; t <= 300; ++t) traces.push_back(random.Trace(t));
    const IndexFixture index(traces);
    EXPECT_GE(Told(index), 150U) << "seed " << seed;
  }
}

// Of texts that nobody has twice the index keeps prints only.
TEST(ColumnSummariesTest, PrintsDoNotTell) {
  RandomTraces random(5, {.unique_texts = true});
  std::vector<std::vector<std::string>> traces;
  for (uint64_t t = 1; t <= 900; ++t) traces.push_back(random.Trace(t));
  const IndexFixture index(traces);
  EXPECT_LT(Told(index), 400U);
}

// One document, with these annotations.
std::string Annotated(uint64_t trace, const std::string& annotations) {
  return Document(
      {.trace = trace, .extra = R"("annotations":{)" + annotations + "},"});
}

struct Case {
  std::string name;
  std::vector<std::string> documents;
  bool told = true;
};

class SummaryCaseTest : public testing::TestWithParam<Case> {};

TEST_P(SummaryCaseTest, IsToldOrNot) {
  const IndexFixture index(
      std::vector<std::vector<std::string>>{GetParam().documents});
  EXPECT_EQ(Told(index), GetParam().told ? 1U : 0U);
}

std::string Child(uint64_t id, const std::string& name, double start,
                  double seconds, const std::string& extra) {
  return Document({.id = id,
                   .start = start,
                   .seconds = seconds,
                   .parent = 1,
                   .name = name,
                   .extra = extra});
}

std::vector<std::string> Values(int count, bool texts) {
  std::vector<std::string> documents = {Document({.id = 1})};
  for (int i = 0; i < count; ++i) {
    const std::string value = std::to_string(i * 7 % 1'000);
    documents.push_back(Child(
        i + 2, "cart", 1'700'000'000, 0.5,
        R"("annotations":{"k":)" + (texts ? '"' + value + '"' : value) + "},"));
  }
  return documents;
}

std::string Exception(uint64_t id) {
  return R"({"id":")" + testing_support::EntityText(id) +
         R"(","type":"E","message":")" + std::string(1'000, 'm') + "\"}";
}

INSTANTIATE_TEST_SUITE_P(
    Cases, SummaryCaseTest,
    testing::Values(
        Case{"Nothing", {Document({})}},
        Case{"Kinds", {Annotated(1, R"("a":"x","b":3,"c":3.5,"d":true)")}},
        Case{"ThreeIsThree",
             {Document({.id = 1, .extra = R"("annotations":{"k":3},)"}),
              Child(2, "cart", 1'700'000'000, 0.5,
                    R"("annotations":{"k":3.0},)")}},
        Case{
            "KindsOfOneKey",
            {Document({.id = 1, .extra = R"("annotations":{"k":3},)"}),
             Child(2, "cart", 1'700'000'000, 0.5,
                   R"("annotations":{"k":"3"},)"),
             Child(3, "pay", 1'700'000'000, 0.5,
                   R"("annotations":{"k":true},)"),
             Child(4, "pay", 1'700'000'000, 0.5, R"("annotations":{"k":1},)")}},
        Case{"LargestWholeDouble", {Annotated(1, R"("k":9007199254740991)")}},
        Case{"NoDouble", {Annotated(1, R"("k":9007199254740993)")}, false},
        Case{"MinusZero", {Annotated(1, R"("k":-0.0)")}, false},
        Case{"SmallestDouble", {Annotated(1, R"("k":5e-324)")}},
        Case{"EmptyText", {Annotated(1, R"("k":"")")}},
        Case{"LongerThanACount",
             {Document({.start = -9e9, .seconds = 1.8e10})},
             false},
        Case{"InProgress", {Document({.in_progress = true})}, false},
        Case{"Users",
             {Document({.id = 1, .extra = R"("user":"ann",)"}),
              Child(2, "cart", 1'700'000'000, 0.5, R"("user":"bob",)"),
              Child(3, "pay", 1'700'000'000, 0.5, R"("user":"ann",)")}},
        Case{"NoRoot", {Child(2, "cart", 1'700'000'000, 1, "")}},
        Case{"LoneSubsegment",
             {Document({.id = 2,
                        .parent = 1,
                        .subsegment = true,
                        .extra = R"("annotations":{"k":1},)"})}},
        Case{"SlowPath",
             {Document({.id = 1, .seconds = 3}),
              Child(2, "cart", 1'700'000'000.1, 2.123456, ""),
              Child(3, "pay", 1'700'000'000.2, 2.9999, "")}},
        Case{"Fault",
             {Document({.id = 1, .extra = R"("fault":true,)"}),
              Child(
                  2, "cart", 1'700'000'000.1, 0.2,
                  R"("fault":true,"cause":{"exceptions":[)"
                  R"({"id":"aaaaaaaaaaaaaaaa","type":"E","message":"m"}]},)")}},
        Case{"LongMessages",
             {Document({.id = 1,
                        .extra = R"("fault":true,"cause":{"exceptions":[)" +
                                 Exception(1) + ',' + Exception(2) + ',' +
                                 Exception(3) + "]},"})},
             false},
        Case{"ManyTexts", Values(60, true)},
        Case{"TooManyTexts", Values(70, true), false},
        Case{"ManyNumbers", Values(60, false)},
        Case{"TooManyNumbers", Values(70, false), false}),
    [](const auto& c) { return c.param.name; });

TraceRecords TraceOf(uint64_t number, std::vector<SpanSpec> spans) {
  TraceRecords trace{.trace_id = testing_support::TraceNumber(number),
                     .records = {}};
  for (SpanSpec& span : spans) {
    span.trace = number;
    NewRecord record = testing_support::Record(span);
    trace.records.push_back(
        {.sequence = {1, static_cast<uint32_t>(trace.records.size())},
         .received = Timestamp::FromSeconds(1'700'000'010),
         .format = record.format,
         .document = record.document,
         .context = record.context});
  }
  return trace;
}

// Services, their resources and what they call, of two shapes.
TEST(ColumnSummariesTest, Spans) {
  std::vector<TraceRecords> traces;
  for (uint64_t t = 1; t <= 40; ++t) {
    std::vector<SpanSpec> spans = {
        {.id = 1,
         .seconds = 2,
         .attributes = {{"http.request.method", "GET"},
                        {"page", std::to_string(t)}},
         .resource = {{"host.name", "a"}}},
        {.id = 2,
         .parent = 1,
         .kind = 3,
         .seconds = 1.5 + 0.001 * static_cast<double>(t),
         .attributes = {{"http.request.method", "POST"}},
         .resource = {{"host.name", "a"}}},
        {.id = 3,
         .parent = 2,
         .seconds = 1.2,
         .attributes = {{"http.request.method", "POST"}, {"cart", "7"}},
         .service = "cart",
         .resource = {{"host.name", "b"}}}};
    if (t % 3 == 0) {
      spans[2].status = 2;
      spans[2].status_message = "no stock";
      spans[2].events = {"exception"};
    }
    if (t % 4 == 0) spans[1].service = "";
    traces.push_back(TraceOf(t, std::move(spans)));
  }
  const IndexFixture index(traces);
  EXPECT_EQ(Told(index), index.traces().size());
}

}  // namespace
}  // namespace roentgen::storage
