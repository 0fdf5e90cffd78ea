#include "server/ingest/ingest_pipeline.h"

#include <string>
#include <string_view>
#include <vector>

#include "base/limits.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/calls.h"
#include "tests/support/engines.h"
#include "tests/support/segments.h"

namespace roentgen::server {
namespace {

using testing_support::Document;
using testing_support::EngineKind;
using testing_support::EngineUnderTest;
using testing_support::TraceNumber;

class IngestPipelineTest : public testing::Test {
 protected:
  absl::StatusOr<PutOutcome> Put(const std::vector<std::string>& documents,
                                 IngestSource source = IngestSource::kHttp) {
    const std::vector<std::string_view> views(documents.begin(),
                                              documents.end());
    return pipeline_.PutAndWait(views, source, absl::InfiniteFuture());
  }

  size_t Stored(uint64_t trace) {
    const storage::TraceId id = TraceNumber(trace);
    auto found =
        store_.engine().GetTraces({&id, 1}, testing_support::AnyCall());
    EXPECT_TRUE(found.ok());
    return found->empty() ? 0 : found->front().records.size();
  }

  EngineUnderTest store_{EngineKind::kRocksOpen,
                         Timestamp::FromSeconds(1'700'000'000)};
  IngestPipeline pipeline_{store_.engine()};
};

TEST_F(IngestPipelineTest, NoDocumentsAreRefusedAsXrayDoes) {
  const auto got = Put({});
  EXPECT_TRUE(absl::IsInvalidArgument(got.status()));
  EXPECT_EQ(got.status().message(), "Segments can not be empty");
}

TEST_F(IngestPipelineTest, ABadDocumentCostsItselfAlone) {
  const auto got =
      Put({Document({.trace = 1, .id = 1}), "{", R"({"id":"00000000000000aa"})",
           Document({.trace = 1, .id = 2})});
  ASSERT_TRUE(got.ok());
  EXPECT_EQ(got->accepted, 2u);
  EXPECT_THAT(
      got->unprocessed,
      testing::ElementsAre(
          UnprocessedSegment{std::nullopt, "ParseError",
                             "Invalid entity. ErrorCode: ParseError"},
          UnprocessedSegment{"00000000000000aa", "MissingName",
                             "Invalid segment. ErrorCode: MissingName"}));
  EXPECT_EQ(Stored(1), 2u);
  EXPECT_EQ(pipeline_.Counts(IngestSource::kHttp).received, 4u);
  EXPECT_EQ(pipeline_.Counts(IngestSource::kHttp).accepted, 2u);
  EXPECT_EQ(pipeline_.RejectCounts().at("ParseError"), 1u);
}

TEST_F(IngestPipelineTest, OnlyBadDocumentsAreNoError) {
  const auto got = Put({"x", "y"});
  ASSERT_TRUE(got.ok());
  EXPECT_EQ(got->accepted, 0u);
  EXPECT_EQ(got->unprocessed.size(), 2u);
}

// A trace at its limit refuses its own documents, never its neighbours'.
TEST_F(IngestPipelineTest, AFullTraceCostsItsOwnDocumentsAlone) {
  constexpr size_t kRoom = 2;
  uint64_t id = 1;
  const auto more = [&] { return Document({.trace = 7, .id = id++}); };
  std::vector<std::string> documents;
  constexpr size_t kFilled = limits::kTraceRecordsMax - kRoom;
  for (size_t sent = 0; sent < kFilled; sent += documents.size()) {
    documents.clear();
    const size_t count =
        std::min<size_t>(limits::kDocumentsPerPutMax, kFilled - sent);
    for (size_t i = 0; i < count; ++i) documents.push_back(more());
    const auto got = Put(documents);
    ASSERT_TRUE(got.ok()) << got.status();
    ASSERT_EQ(got->accepted, count);
  }
  // Nobody knows yet that three do not fit. Datagrams have one try.
  ASSERT_TRUE(Put({Document({.trace = 8}), more(), more(), more(),
                   Document({.trace = 9})},
                  IngestSource::kUdp)
                  .ok());
  EXPECT_EQ(Stored(8), 1u);
  EXPECT_EQ(Stored(9), 1u);
  EXPECT_EQ(Stored(7), kFilled);
  // Now it is known, also once it is sealed.
  for (const uint64_t other : {uint64_t{10}, uint64_t{11}}) {
    const auto got = Put({Document({.trace = other}), more()});
    ASSERT_TRUE(got.ok()) << got.status();
    EXPECT_EQ(got->accepted, 1u);
    ASSERT_EQ(got->unprocessed.size(), 1u);
    EXPECT_EQ(got->unprocessed[0].error_code, "InvalidSegment");
    EXPECT_EQ(Stored(other), 1u);
    ASSERT_TRUE(store_.rocks()->SealAll().ok());
  }
  EXPECT_EQ(Stored(7), kFilled);
}

}  // namespace
}  // namespace roentgen::server
