// Of which time an answer is that was made of several, and what it lacks.
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "query/maps/service_graphs.h"
#include "query/search/summary_search.h"
#include "storage/memory/memory_engine.h"
#include "tests/support/calls.h"
#include "tests/support/segments.h"

namespace roentgen::query {
namespace {

using storage::AnswerScope;

constexpr Timestamp kNow = Timestamp::FromSeconds(1'700'000'100);

// Some of its parts cannot be asked, others each time.
class PartialEngine : public storage::MemoryEngine {
 public:
  explicit PartialEngine(const Clock& clock)
      : MemoryEngine(clock, absl::Hours(24)) {}

  // Of the next answers, one after the other.
  std::vector<AnswerScope> scopes;
  bool asked_for_partial = false;

  absl::StatusOr<storage::FindResult> Find(const storage::FindRequest& request,
                                           const Call& call) override {
    asked_for_partial |= request.partial;
    return Next(MemoryEngine::Find(request, call));
  }
  absl::StatusOr<storage::AggregateResult> Aggregate(
      const storage::AggregateRequest& request, const Call& call) override {
    asked_for_partial |= request.partial;
    return Next(MemoryEngine::Aggregate(request, call));
  }
  absl::StatusOr<storage::GraphResult> Graph(
      const storage::GraphRequest& request, const Call& call) override {
    asked_for_partial |= request.partial;
    return Next(MemoryEngine::Graph(request, call));
  }

 private:
  template <typename Result>
  absl::StatusOr<Result> Next(absl::StatusOr<Result> result) {
    EXPECT_FALSE(scopes.empty());
    result->scope = scopes.front();
    scopes.erase(scopes.begin());
    return result;
  }
};

class AnswerScopeTest : public testing::Test {
 protected:
  void Put(uint64_t traces) {
    for (uint64_t t = 1; t <= traces; ++t) {
      const absl::Status written = storage::WriteAndWait(
          engine_, {testing_support::Record({.trace = t})});
      ASSERT_TRUE(written.ok()) << written;
    }
  }
  static AnswerScope Of(int64_t seconds, std::vector<std::string> missing) {
    return {.as_of = kNow + absl::Seconds(seconds),
            .missing = std::move(missing)};
  }

  ManualClock clock_{kNow};
  PartialEngine engine_{clock_};
  const SummarySearch search_{engine_, {}};
  const ServiceGraphs graphs_{engine_, {}};
};

TEST_F(AnswerScopeTest, SeveralLooksAreOfTheEarliestAndLackWhatAnyLacks) {
  Put(101);  // One more than the first look takes, none of which matches.
  engine_.scopes = {Of(3, {"b", "d"}), Of(1, {"a", "b"})};
  const auto page = search_.Page({.start = Timestamp::FromSeconds(0),
                                  .end = kNow,
                                  .filter_expression = "duration > 1000",
                                  .explain = true},
                                 testing_support::AnyCall());
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_THAT(engine_.scopes, testing::IsEmpty());
  EXPECT_EQ(page->scope, Of(1, {"a", "b", "d"}));
  EXPECT_EQ(page->traces_processed, 101);
  EXPECT_THAT(page->explanation,
              testing::HasSubstr("as of: 2023-11-14T22:15:01.000000Z\n"
                                 "not asked: a, b, d\n"));
}

TEST_F(AnswerScopeTest, FiguresSayIt) {
  engine_.scopes = {Of(2, {}), Of(4, {"a"})};
  for (const AnswerScope& scope : std::vector<AnswerScope>(engine_.scopes)) {
    const auto answer = search_.Figures({.start = Timestamp::FromSeconds(0),
                                         .end = kNow,
                                         .filter_expression = "",
                                         .explain = true},
                                        testing_support::AnyCall());
    ASSERT_TRUE(answer.ok()) << answer.status();
    EXPECT_EQ(answer->scope, scope);
    EXPECT_EQ(absl::StrContains(answer->explanation, "not asked: a\n"),
              !scope.missing.empty());
  }
}

TEST_F(AnswerScopeTest, MapsOfTwoWindowsAreOfTheEarlier) {
  engine_.scopes = {Of(2, {"a"}), Of(1, {})};
  ServiceGraphRequest request;
  request.window = {Timestamp::FromSeconds(0), kNow};
  request.compare_with = request.window;
  const auto answer = graphs_.Graph(request, testing_support::AnyCall());
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->scope, Of(1, {"a"}));
}

TEST_F(AnswerScopeTest, ATimeSeriesIsOfItsFirstRead) {
  // 120 periods at a time.
  engine_.scopes = {Of(1, {}), Of(2, {}), Of(3, {"a"})};
  TimeSeriesRequest request;
  request.start = kNow - absl::Minutes(270);
  request.end = kNow;
  const auto answer = graphs_.TimeSeries(request, testing_support::AnyCall());
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_THAT(engine_.scopes, testing::IsEmpty());
  EXPECT_EQ(answer->scope, Of(1, {"a"}));
}

// No API has a member that says so in every form.
TEST_F(AnswerScopeTest, NobodyAsksForAPartialAnswer) {
  engine_.scopes = {Of(1, {}), Of(1, {}), Of(1, {})};
  const Call call = testing_support::AnyCall();
  const Timestamp start = Timestamp::FromSeconds(0);
  EXPECT_TRUE(search_.Page({.start = start, .end = kNow}, call).ok());
  EXPECT_TRUE(search_.Figures({.start = start, .end = kNow}, call).ok());
  EXPECT_TRUE(graphs_.Graph({.window = {start, kNow}}, call).ok());
  EXPECT_FALSE(engine_.asked_for_partial);
}

}  // namespace
}  // namespace roentgen::query
