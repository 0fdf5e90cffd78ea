// Answers count as memory while they are built, and stop when there is none.
#include "server/http/answer_lease.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/memory_budget.h"
#include "gtest/gtest.h"
#include "query/spans/span_search.h"
#include "query/traces/trace_queries.h"
#include "server/growing_answer.h"
#include "server/http/query_string.h"
#include "server/jaeger/legacy_api.h"
#include "server/jaeger/v3_api.h"
#include "server/zipkin/zipkin_api.h"
#include "storage/memory/memory_engine.h"
#include "tests/support/calls.h"
#include "tests/support/segments.h"
#include "tests/support/spans.h"

namespace roentgen::server {
namespace {

constexpr Timestamp kNow = Timestamp::FromSeconds(1'700'000'100);
constexpr size_t kMiB = 1024 * 1024;

TEST(AnswerLeaseTest, TakesFromTheBudgetUntilTheAnswerIsGone) {
  const auto budget = std::make_shared<MemoryBudget>(4 * kMiB);
  const ManualClock clock(kNow);
  HttpRequest request;
  request.answers = budget;
  HttpResponse response;
  {
    AnswerLease lease(request, {&clock, kMiB}, absl::InfiniteFuture());
    EXPECT_TRUE(lease.call().CheckRoom(kMiB).ok());
    EXPECT_EQ(budget->used(), kMiB);
    EXPECT_TRUE(lease.call().CheckRoom(kMiB / 2).ok());
    EXPECT_EQ(budget->used(), kMiB);
    response.body = std::string(kMiB / 4, 'x');
    lease.MoveTo(response);
  }
  EXPECT_EQ(budget->used(), response.body.capacity());
  response = HttpResponse();
  EXPECT_EQ(budget->used(), 0u);
}

TEST(AnswerLeaseTest, SaysThatThereIsNoRoomOrNoTime) {
  const auto budget = std::make_shared<MemoryBudget>(4 * kMiB);
  ManualClock clock(kNow);
  HttpRequest request;
  request.answers = budget;
  MemoryLease others(budget);
  ASSERT_TRUE(others.GrowTo(3 * kMiB));
  AnswerLease lease(request, {&clock, kMiB},
                    (kNow + absl::Seconds(1)).ToTime());
  EXPECT_TRUE(absl::IsUnavailable(lease.call().CheckRoom(2 * kMiB)));
  EXPECT_TRUE(lease.call().CheckRoom(kMiB).ok());
  clock.Set(kNow + absl::Seconds(2));
  EXPECT_TRUE(absl::IsDeadlineExceeded(lease.call().CheckRoom(kMiB)));
}

TEST(GrowingAnswerTest, AsksAheadAndNotForEachPiece) {
  std::vector<size_t> asked;
  const Call call = testing_support::AnyCall(kMiB, [&](size_t bytes) {
    asked.push_back(bytes);
    return absl::OkStatus();
  });
  std::string text;
  GrowingAnswer answer(text, call);
  for (int i = 0; i < 1'000; ++i) {
    text += std::string(1'000, 'x');
    ASSERT_TRUE(answer.Check().ok());
    ASSERT_GE(asked.back(), text.size());
  }
  EXPECT_LT(asked.size(), 6u);
  ASSERT_TRUE(answer.Check(5 * kMiB).ok());
  EXPECT_GE(asked.back(), text.size() + 5 * kMiB);
}

// Of one trace: not only between traces is it looked at.
TEST(AnswersTest, EndWhenThereIsNoRoomForMore) {
  const ManualClock clock(kNow);
  storage::MemoryEngine engine(clock, absl::Hours(720));
  std::vector<storage::NewRecord> records;
  for (uint64_t id = 1; id <= 2'000; ++id) {
    records.push_back(testing_support::Record(testing_support::SpanSpec{
        .id = id, .attributes = {{"text", std::string(1'000, 'x')}}}));
  }
  ASSERT_TRUE(storage::WriteAndWait(engine, std::move(records)).ok());
  const query::SpanSearch search(engine);
  query::TraceQueries queries(engine, {});
  const auto parameters = QueryString::Parse("");
  ASSERT_TRUE(parameters.ok());
  const std::vector<std::string> ids = {
      testing_support::TraceNumber(1).ToString()};
  const std::string hex = ids[0].substr(2, 8) + ids[0].substr(11);
  using Ask = std::function<absl::Status(const Call&)>;
  const Ask asks[] = {
      [&](const Call& call) {
        return JaegerLegacyApi(search, clock)
            .GetTrace(hex, *parameters, call)
            .status();
      },
      [&](const Call& call) {
        return JaegerV3Api(search).GetTrace(hex, *parameters, call).status();
      },
      [&](const Call& call) {
        return ZipkinApi(search, clock).GetTrace(hex, call).status();
      },
      [&](const Call& call) {
        return queries.BatchGetTraces(ids, "", call).status();
      }};
  for (const Ask& ask : asks) {
    size_t most = 0;
    const auto with = [&](size_t bytes_max) {
      most = 0;
      return ask(testing_support::AnyCall(
          limits::kQueryMemoryBytes, [&most, bytes_max](size_t bytes) {
            most = std::max(most, bytes);
            return bytes <= bytes_max ? absl::OkStatus()
                                      : absl::UnavailableError("no room");
          }));
    };
    EXPECT_TRUE(with(100 * kMiB).ok());
    EXPECT_GT(most, 2 * kMiB);
    EXPECT_TRUE(absl::IsUnavailable(with(kMiB)));
  }
}

}  // namespace
}  // namespace roentgen::server
