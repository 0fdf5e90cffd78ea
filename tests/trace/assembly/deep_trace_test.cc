// Traces that are hostile by their shape.
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/support/calls.h"
#include "tests/support/segments.h"
#include "tests/support/spans.h"
#include "trace/assembly/render.h"
#include "trace/assembly/summarize.h"
#include "trace/assembly/trace.h"
#include "trace/document/document_parser.h"

namespace roentgen::storage {
namespace {

using testing_support::Document;

Trace Assemble(const std::vector<std::string>& documents) {
  TraceRecords records{.trace_id = testing_support::TraceNumber(1),
                       .records = {}};
  for (const std::string& d : documents) {
    records.records.push_back(
        {.sequence = {1, uint32_t(records.records.size())},
         .received = {1},
         .document = d});
  }
  absl::StatusOr<Trace> trace =
      AssembleTrace(records, testing_support::AnyCall());
  EXPECT_TRUE(trace.ok()) << trace.status();
  return *std::move(trace);
}

TEST(DeepTraceTest, AChainOfSubsegmentsIsNestedOnlySoFar) {
  constexpr uint64_t kLinks = 60'000;
  std::vector<std::string> documents = {Document({.id = 1})};
  for (uint64_t i = 2; i <= kLinks; ++i) {
    documents.push_back(
        Document({.id = i, .parent = i - 1, .subsegment = true}));
  }
  const Trace trace = Assemble(documents);
  ASSERT_EQ(trace.segments.size(), 1u);
  EXPECT_FALSE(trace.partial);
  const std::string rendered = RenderSegment(trace, trace.segments[0]);
  int depth = 0, deepest = 0;
  size_t entities = 0;
  for (char c : rendered) {
    if (c == '{') {
      ++entities;
      deepest = std::max(deepest, ++depth);
    }
    if (c == '}') --depth;
  }
  EXPECT_EQ(entities, kLinks);
  EXPECT_LE(deepest, 130);
  EXPECT_GE(deepest, 128);
}

Trace AssembleSpans(const std::vector<testing_support::SpanSpec>& specs) {
  TraceRecords records{.trace_id = testing_support::TraceNumber(1),
                       .records = {}};
  for (const testing_support::SpanSpec& spec : specs) {
    const NewRecord made = testing_support::Record(spec);
    records.records.push_back(
        {.sequence = {1, uint32_t(records.records.size())},
         .received = {1},
         .format = made.format,
         .document = made.document,
         .context = made.context});
  }
  absl::StatusOr<Trace> trace =
      AssembleTrace(records, testing_support::AnyCall());
  EXPECT_TRUE(trace.ok()) << trace.status();
  return *std::move(trace);
}

// Each needs an inferred segment with an id of its own.
TEST(DeepTraceTest, CallsThatShareOneIdTakeLinearTime) {
  constexpr size_t kCalls = 60'000;
  std::vector<testing_support::SpanSpec> spans = {{.id = 1}};
  for (size_t i = 0; i < kCalls; ++i) {
    spans.push_back({.id = 2,
                     .parent = 1,
                     .kind = 3,
                     .start = 1.7e9 + double(i),
                     .attributes = {{"peer.service", "stock"}}});
  }
  const Trace trace = AssembleSpans(spans);
  EXPECT_EQ(trace.inferred.size(), kCalls);
  EXPECT_GT(Summarize(trace).service_ids.size(), 1u);
}

TEST(DeepTraceTest, SpansThatAreTheirOwnAncestorsAreSegments) {
  const Trace trace =
      AssembleSpans({{.id = 1, .parent = 2, .kind = 1, .start = 1'000},
                     {.id = 2, .parent = 1, .kind = 1, .start = 999},
                     {.id = 3, .parent = 3, .kind = 1, .start = 1'001},
                     {.id = 4, .parent = 1, .kind = 1, .start = 1'002}});
  ASSERT_EQ(trace.segments.size(), 2u);
  EXPECT_EQ(trace.entity(trace.segments[0]).id, EntityId{2});
  EXPECT_EQ(trace.entity(trace.segments[1]).id, EntityId{3});
  EXPECT_TRUE(trace.partial);
  for (const TraceNode& node : trace.nodes) EXPECT_TRUE(node.attached);
  Summarize(trace);
}

// Of the spans around a circle those that begin before it are segments.
TEST(DeepTraceTest, SpansAroundACircleTakeLinearTime) {
  constexpr uint64_t kEarly = 50'000, kLate = 50'000;
  std::vector<testing_support::SpanSpec> spans = {
      {.id = 1, .parent = 2, .kind = 1, .start = 500'000},
      {.id = 2, .parent = 1, .kind = 1, .start = 500'001}};
  for (uint64_t i = 0; i < kEarly + kLate; ++i) {
    spans.push_back({.id = 3 + i,
                     .parent = 1,
                     .kind = 1,
                     .start = double(i < kEarly ? 1'000 + i : 600'000 + i)});
  }
  const Trace trace = AssembleSpans(spans);
  EXPECT_EQ(trace.segments.size(), kEarly + 1);
  EXPECT_EQ(trace.nodes[0].children.size(), kLate + 1);
  for (const TraceNode& node : trace.nodes) ASSERT_TRUE(node.attached);
}

// Reading the documents is but a part of the work.
TEST(DeepTraceTest, TheCallerIsAskedAfterReadingToo) {
  TraceRecords records{.trace_id = testing_support::TraceNumber(1),
                       .records = {}};
  for (uint32_t i = 0; i < 300; ++i) {
    records.records.push_back({.sequence = {1, i},
                               .received = {1},
                               .document = Document({.id = i + 1})});
  }
  int asked = 0;
  const auto stop_at = [&](int last) {
    asked = 0;
    const testing_support::WatchedCall call(
        [&asked, last] { return ++asked >= last; });
    return AssembleTrace(records, call).status();
  };
  // Twice while they are read, and before each of four steps.
  for (int last = 1; last <= 6; ++last) {
    EXPECT_TRUE(absl::IsDeadlineExceeded(stop_at(last))) << last;
  }
  EXPECT_TRUE(stop_at(7).ok());
}

TEST(DeepTraceTest, ManyValuesOfOneAnnotationAreSummarisedInReasonableTime) {
  std::vector<std::string> documents;
  for (uint64_t i = 1; i <= 20'000; ++i) {
    documents.push_back(Document(
        {.id = i,
         .name = "service-" + std::to_string(i),
         .extra = "\"annotations\":{\"k\":" + std::to_string(i) + "},"}));
  }
  const TraceSummary summary = Summarize(Assemble(documents));
  EXPECT_EQ(summary.annotations.at("k").size(), 20'000u);
  EXPECT_EQ(summary.service_ids.size(), 40'000u);
}

}  // namespace
}  // namespace roentgen::storage
