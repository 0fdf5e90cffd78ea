// Bounds of root causes. What they are is in tests/golden/assembly.
#include "trace/assembly/root_causes.h"

#include <string>
#include <vector>

#include "base/limits.h"
#include "gtest/gtest.h"
#include "tests/support/calls.h"
#include "tests/support/segments.h"
#include "trace/assembly/summarize.h"
#include "trace/assembly/trace.h"

namespace roentgen::storage {
namespace {

using testing_support::Document;
using testing_support::SegmentSpec;

Trace Assemble(const std::vector<SegmentSpec>& specs) {
  TraceRecords records{.trace_id = testing_support::TraceNumber(1),
                       .records = {}};
  for (const SegmentSpec& spec : specs) {
    records.records.push_back(
        {.sequence = {1, uint32_t(records.records.size())},
         .received = {1},
         .document = Document(spec)});
  }
  absl::StatusOr<Trace> trace =
      AssembleTrace(records, testing_support::AnyCall());
  EXPECT_TRUE(trace.ok()) << trace.status();
  return *std::move(trace);
}

std::string Failing(const std::string& exceptions) {
  return R"("fault":true,"cause":{"exceptions":[)" + exceptions + "]},";
}

std::string Exception(const std::string& type, const std::string& message) {
  return R"({"type":")" + type + R"(","message":")" + message + "\"}";
}

TEST(RootCausesTest, AChainOfSegmentsIsFollowedOnlySoFar) {
  std::vector<SegmentSpec> chain = {
      {.id = 1, .extra = Failing(Exception("T", "m"))}};
  for (uint64_t i = 2; i <= 60'000; ++i) {
    chain.push_back({.id = i,
                     .parent = i - 1,
                     .extra = Failing(Exception("T", std::to_string(i)))});
  }
  const RootCauses causes = FindRootCauses(Assemble(chain));
  ASSERT_EQ(causes.fault.size(), 1u);
  EXPECT_EQ(causes.fault[0].services.size(), limits::kRootCausePathMax);
  ASSERT_EQ(causes.response_time.size(), 1u);
  EXPECT_EQ(causes.response_time[0].services.size(), limits::kRootCausePathMax);
}

TEST(RootCausesTest, OfManyFailingSegmentsTheFirstAreShown) {
  std::vector<SegmentSpec> segments = {{.id = 1, .seconds = 100'000}};
  for (uint64_t i = 2; i <= 20'000; ++i) {
    segments.push_back({.id = i,
                        .start = 1'700'000'000 + double(i),
                        .parent = 1,
                        .name = "s" + std::to_string(i),
                        .extra = Failing(Exception("T", "m"))});
  }
  const RootCauses causes = FindRootCauses(Assemble(segments));
  ASSERT_EQ(causes.fault.size(), limits::kRootCausesMax);
  EXPECT_EQ(causes.fault[0].services[0].service.name, "s2");
  EXPECT_EQ(causes.fault[1].services[0].service.name, "s3");
}

TEST(RootCausesTest, ExceptionsAndTheirTextsAreCut) {
  std::string many =
      Exception(std::string(2'000, 't'), "\\u00e9" + std::string(2'000, 'm'));
  for (int i = 0; i < 100; ++i) many += "," + Exception("T", "m");
  const RootCauses causes =
      FindRootCauses(Assemble({{.id = 1, .extra = Failing(many)}}));
  ASSERT_EQ(causes.fault.size(), 1u);
  const std::vector<RootCauseException>& shown =
      causes.fault[0].services[0].entity_path[0].exceptions;
  ASSERT_EQ(shown.size(), limits::kRootCauseExceptionsMax);
  EXPECT_EQ(shown[0].name, std::string(limits::kExceptionTextCharsMax, 't'));
  EXPECT_EQ(shown[0].message,
            "\u00e9" + std::string(limits::kExceptionTextCharsMax - 1, 'm'));
}

}  // namespace
}  // namespace roentgen::storage
