// Texts made one by one are those that are made all at once.
#include <cstdint>
#include <limits>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/call.h"
#include "gtest/gtest.h"
#include "tests/support/calls.h"
#include "tests/support/segments.h"
#include "tests/support/spans.h"
#include "trace/assembly/render.h"
#include "trace/assembly/trace.h"
#include "trace/mapping/record_document.h"
#include "trace/model/record.h"

namespace roentgen::storage {
namespace {

using testing_support::SegmentSpec;
using testing_support::SpanSpec;

constexpr size_t kAny = std::numeric_limits<size_t>::max();

class Records {
 public:
  void Add(const NewRecord& made) {
    records_.trace_id = made.trace_id;
    records_.records.push_back(
        {.sequence = {1, uint32_t(records_.records.size())},
         .received = {1},
         .format = made.format,
         .document = made.document,
         .context = made.context});
  }
  TraceRecords& get() { return records_; }

 private:
  TraceRecords records_;
};

SpanSpec RandomSpan(uint64_t id, std::mt19937& random) {
  SpanSpec spec{.id = id, .parent = random() % (id + 3)};
  spec.kind = random() % 6;
  spec.start += static_cast<double>(random() % 50);
  spec.status = random() % 3;
  spec.service = "service-" + std::to_string(random() % 3);
  const SpanSpec::Attributes usual = {
      {"aws.span.kind", "LOCAL_ROOT"}, {"rpc.system", "aws-api"},
      {"rpc.service", "SQS"},          {"rpc.method", "SendMessage"},
      {"db.system", "mysql"},          {"db.name", "shop"},
      {"http.request.method", "GET"},  {"url.full", "http://a.example/b?c"},
      {"app.user", "a \"b\" \u00e4"},  {"peer.service", "a*b"}};
  for (const auto& attribute : usual) {
    if (random() % 3 == 0) spec.attributes.push_back(attribute);
  }
  return spec;
}

Records RandomRecords(uint32_t seed) {
  std::mt19937 random(seed);
  Records records;
  const uint64_t count = 1 + random() % 30;
  for (uint64_t id = 1; id <= count; ++id) {
    if (random() % 4 != 0) {
      records.Add(testing_support::Record(RandomSpan(id, random)));
      continue;
    }
    SegmentSpec spec{.id = id};
    spec.parent = random() % (id + 2);
    spec.subsegment = spec.parent != 0 && random() % 2 == 0;
    records.Add(testing_support::Record(spec));
  }
  return records;
}

TEST(LateRendererTest, MakesTheSameTexts) {
  size_t segments = 0, inferred = 0;
  for (uint32_t seed = 0; seed < 300; ++seed) {
    SCOPED_TRACE(seed);
    Records records = RandomRecords(seed);
    const absl::StatusOr<Trace> whole = AssembleTrace(
        records.get(), testing_support::AnyCall(), Texts::kWanted);
    const absl::StatusOr<Trace> light =
        AssembleTrace(records.get(), testing_support::AnyCall());
    ASSERT_TRUE(whole.ok() && light.ok());
    ASSERT_EQ(light->segments, whole->segments);
    ASSERT_EQ(light->inferred.size(), whole->inferred.size());
    const Call call = testing_support::AnyCall();
    LateRenderer late(*light, records.get(), call);
    for (const uint32_t segment : whole->segments) {
      const auto text = late.Segment(segment, kAny);
      ASSERT_TRUE(text.ok()) << text.status();
      EXPECT_EQ(*text, RenderSegment(*whole, segment));
      ++segments;
    }
    for (size_t i = 0; i < whole->inferred.size(); ++i) {
      EXPECT_EQ(*late.Inferred(light->inferred[i]),
                RenderInferred(*whole, whole->inferred[i]));
      ++inferred;
    }
  }
  EXPECT_GT(segments, 1'000u);
  EXPECT_GT(inferred, 100u);
}

TEST(LateRendererTest, WhatIsTooLongIsNotMadeToItsEnd) {
  constexpr uint64_t kSpans = 5'000;
  Records records;
  records.Add(testing_support::Record(SpanSpec{.id = 1}));
  for (uint64_t id = 2; id <= kSpans; ++id) {
    records.Add(testing_support::Record(
        SpanSpec{.id = id, .parent = 1, .kind = 1, .seconds = double(id)}));
  }
  const absl::StatusOr<Trace> trace =
      AssembleTrace(records.get(), testing_support::AnyCall());
  ASSERT_TRUE(trace.ok());
  ASSERT_EQ(trace->segments.size(), 1u);
  size_t asked = 0;
  const testing_support::WatchedCall call([&] {
    ++asked;
    return false;
  });
  LateRenderer late(*trace, records.get(), call);
  const auto whole = late.Segment(trace->segments[0], kAny);
  ASSERT_TRUE(whole.ok() && whole->has_value());
  EXPECT_EQ(asked, kSpans / Call::kRecordsPerCheck + 1);
  const size_t size = (*whole)->size();
  EXPECT_EQ(*late.Segment(trace->segments[0], size), *whole);
  EXPECT_EQ(*late.Segment(trace->segments[0], size - 1), std::nullopt);
  asked = 0;
  EXPECT_EQ(*late.Segment(trace->segments[0], size / 10), std::nullopt);
  EXPECT_LE(asked, kSpans / Call::kRecordsPerCheck / 10 + 2);
}

TEST(LateRendererTest, IsToldToStop) {
  Records records;
  for (uint64_t id = 1; id <= 1'000; ++id) {
    records.Add(testing_support::Record(SpanSpec{.id = id}));
  }
  size_t left = 2;
  const testing_support::WatchedCall call([&left] { return left-- == 0; });
  EXPECT_TRUE(
      absl::IsDeadlineExceeded(AssembleTrace(records.get(), call).status()));
  const absl::StatusOr<Trace> trace =
      AssembleTrace(records.get(), testing_support::AnyCall());
  ASSERT_TRUE(trace.ok());
  left = 2;
  LateRenderer late(*trace, records.get(), call);
  absl::Status status;
  size_t made = 0;
  for (const uint32_t segment : trace->segments) {
    status = late.Segment(segment, kAny).status();
    if (!status.ok()) break;
    ++made;
  }
  EXPECT_TRUE(absl::IsDeadlineExceeded(status));
  EXPECT_EQ(made, 2 * Call::kRecordsPerCheck);
}

}  // namespace
}  // namespace roentgen::storage
