// Insights from documents to answers, over the in-memory engine.
#include "server/insights/insight_service.h"

#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "query/search/group_tests.h"
#include "storage/memory/memory_engine.h"
#include "storage/memory/memory_settings.h"
#include "tests/support/calls.h"
#include "tests/support/segments.h"

namespace roentgen::server {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr int64_t kBegin = 1'700'000'040;  // A whole minute.
constexpr int kPerMinute = 20;

Timestamp At(double minute) {
  return Timestamp{kBegin * 1'000'000'000 +
                   static_cast<int64_t>(minute * 60e9)};
}

class InsightServiceTest : public testing::Test {
 protected:
  InsightServiceTest() {
    query::GroupCatalogOptions options;
    options.random = [this] { return random_ += 0x9E3779B97F4A7C15; };
    options.clock = &clock_;
    auto opened = query::GroupCatalog::Open(settings_, std::move(options));
    EXPECT_TRUE(opened.ok()) << opened.status();
    groups_ = *std::move(opened);
    tests_ = std::make_unique<query::CatalogGroupTests>(*groups_);
    engine_.SetGroups(*tests_);
    graphs_ = std::make_unique<query::ServiceGraphs>(
        engine_, query::ServiceGraphs::Options{.groups = groups_.get()});
    Restart();
  }

  void Restart() {
    service_.reset();
    auto store = InsightStore::Open(settings_, {});
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
    InsightService::Options options;
    options.token_key = 7;
    options.on_events = [this] { ++told_; };
    options.clock = &clock_;
    service_ = std::make_unique<InsightService>(engine_, *graphs_, *groups_,
                                                *store_, options);
  }

  void Enable(const std::string& name, bool notifications = false) {
    const query::InsightsSettings on{.insights_enabled = true,
                                     .notifications_enabled = notifications};
    const auto made =
        name == "Default"
            ? groups_->Update({.name = name, .arn = {}},
                              {.filter_expression = {}, .insights = on})
            : groups_->Create({.name = name,
                               .filter_expression = "service(\"front\")",
                               .insights = on,
                               .tags = {}});
    ASSERT_TRUE(made.ok()) << made.status();
  }

  // A request in which "front" calls "pay"; both fail, or none does.
  void PutRequest(double at, bool fails) {
    const auto seconds = static_cast<double>(kBegin) + at * 60;
    const std::string fault = fails ? R"("fault":true,)" : "";
    char times[96];
    std::snprintf(times, sizeof(times), R"("start_time":%.3f,"end_time":%.3f)",
                  seconds - 0.2, seconds - 0.1);
    const std::string call =
        R"("subsegments":[{"id":")" + testing_support::EntityText(2) +
        R"(","name":"pay","namespace":"remote",)" + fault + times + "}],";
    ++trace_;
    const absl::Status written = storage::WriteAndWait(
        engine_, {testing_support::Record({.trace = trace_,
                                           .start = seconds - 0.3,
                                           .seconds = 0.3,
                                           .name = "front",
                                           .extra = fault + call}),
                  testing_support::Record({.trace = trace_,
                                           .id = 3,
                                           .start = seconds - 0.2,
                                           .seconds = 0.1,
                                           .parent = 2,
                                           .name = "pay",
                                           .extra = fault})});
    ASSERT_TRUE(written.ok()) << written;
  }
  // Minutes of requests of which `failing` of twenty fail, each evaluated when
  // it has settled.
  void Minutes(int count, int failing = 0, bool evaluate = true) {
    for (int i = 0; i < count; ++i) {
      for (int n = 0; n < kPerMinute; ++n) {
        PutRequest(minute_ + (n + 0.5) / kPerMinute, n < failing);
      }
      ++minute_;
      if (evaluate) Evaluate();
    }
  }
  // 25 s after the last minute's end.
  void Evaluate() {
    clock_.Set(At(minute_) + absl::Seconds(25));
    const absl::Status status = service_->Evaluate(testing_support::AnyCall());
    ASSERT_TRUE(status.ok()) << status;
  }

  InsightSummariesRequest Request(const std::string& group = "Default") {
    InsightSummariesRequest request;
    request.start = At(0);
    request.end = At(100'000);
    request.group.name = group;
    return request;
  }
  std::vector<Insight> All(const std::string& group = "Default") {
    auto page = service_->Summaries(Request(group));
    EXPECT_TRUE(page.ok()) << page.status();
    return page.ok() ? std::move(page->insights) : std::vector<Insight>();
  }
  template <typename T>
  static std::string Refusal(const absl::StatusOr<T>& result) {
    EXPECT_TRUE(absl::IsInvalidArgument(result.status())) << result.status();
    return std::string(result.status().message());
  }

  ManualClock clock_{At(0)};
  storage::MemoryEngine engine_{clock_, absl::Hours(24 * 30)};
  storage::MemorySettings settings_;
  uint64_t random_ = 1;
  std::unique_ptr<query::GroupCatalog> groups_;
  std::unique_ptr<query::CatalogGroupTests> tests_;
  std::unique_ptr<query::ServiceGraphs> graphs_;
  std::unique_ptr<InsightStore> store_;
  std::unique_ptr<InsightService> service_;
  uint64_t trace_ = 0;
  int minute_ = 0;
  int told_ = 0;
};

TEST_F(InsightServiceTest, FromDocumentsToAnInsight) {
  Enable("Default", true);
  Enable("other");
  Minutes(20, 0, false);
  Evaluate();
  EXPECT_THAT(All(), IsEmpty());
  Minutes(1, 12);
  // 25 s after the first minute's end.
  const std::vector<Insight> found = All();
  ASSERT_THAT(found, SizeIs(1));
  const Insight& insight = found[0];
  EXPECT_EQ(insight.root_cause.name, "pay");
  EXPECT_EQ(insight.state, InsightState::kActive);
  EXPECT_EQ(insight.start, At(20));
  EXPECT_EQ(insight.last_update, At(21));
  EXPECT_EQ(insight.group_name, "Default");
  EXPECT_THAT(insight.group_arn, testing::EndsWith(":group/Default"));
  EXPECT_EQ(insight.impact.client,
            (RequestImpact{.faults = 12, .oks = 8, .total = 20}));
  EXPECT_THAT(insight.top_services, SizeIs(2));
  EXPECT_EQ(told_, 1);
  EXPECT_THAT(All("other"), SizeIs(1));
  EXPECT_NE(All("other")[0].id, insight.id);
  Minutes(12);
  const auto closed = service_->Get(insight.id);
  ASSERT_TRUE(closed.ok());
  EXPECT_EQ(closed->state, InsightState::kClosed);
  EXPECT_EQ(closed->end, At(21));
  EXPECT_EQ(closed->impact, insight.impact);
  EXPECT_EQ(told_, 2);
  const auto events = service_->Events(insight.id, {}, "");
  ASSERT_TRUE(events.ok());
  ASSERT_THAT(events->events, SizeIs(2));
  EXPECT_EQ(events->events[0].kind, InsightEventKind::kClosed);
  EXPECT_EQ(events->events[1].kind, InsightEventKind::kCreated);
}

TEST_F(InsightServiceTest, GoesOnAfterARestartAndTellsNothingTwice) {
  Enable("Default", true);
  Minutes(20, 0, false);
  Evaluate();
  Minutes(2, 12);
  const std::vector<Insight> before = All();
  ASSERT_THAT(before, SizeIs(1));
  Restart();
  EXPECT_EQ(All(), before);
  Evaluate();
  EXPECT_EQ(All(), before);
  EXPECT_EQ(told_, 1);
  // A time in which the server was down is looked at afterwards.
  Minutes(3, 12, false);
  Restart();
  Minutes(12, 0, false);
  Evaluate();
  const std::vector<Insight> after = All();
  ASSERT_THAT(after, SizeIs(1));
  EXPECT_EQ(after[0].id, before[0].id);
  EXPECT_EQ(after[0].state, InsightState::kClosed);
  EXPECT_EQ(after[0].end, At(25));
  EXPECT_EQ(after[0].impact.client,
            (RequestImpact{.faults = 5 * 12, .oks = 5 * 8, .total = 100}));
  EXPECT_THAT(service_->Events(after[0].id, {}, "")->events, SizeIs(2));
}

TEST_F(InsightServiceTest, OnlyGroupsWithInsightsHaveThem) {
  Minutes(15, 0, false);
  Evaluate();
  Minutes(2, 12);
  EXPECT_THAT(All(), IsEmpty());
  Enable("Default");
  Evaluate();
  Minutes(1, 12);
  ASSERT_THAT(All(), SizeIs(1));
  EXPECT_FALSE(store_->NextPending().has_value());
  // Switched off: closed.
  ASSERT_TRUE(groups_
                  ->Update({.name = "Default", .arn = {}},
                           {.filter_expression = {},
                            .insights = {.insights_enabled = false,
                                         .notifications_enabled = {}}})
                  .ok());
  Evaluate();
  EXPECT_EQ(All()[0].state, InsightState::kClosed);
  EXPECT_THAT(*settings_.List("insight-time/"), IsEmpty());
}

TEST_F(InsightServiceTest, ADeletedGroupsInsightsClose) {
  Enable("shop");
  Minutes(15, 0, false);
  Evaluate();
  Minutes(1, 12);
  ASSERT_THAT(All("shop"), SizeIs(1));
  const Insight insight = All("shop")[0];
  ASSERT_TRUE(groups_->Delete({.name = "shop", .arn = {}}).ok());
  Evaluate();
  EXPECT_EQ(service_->Get(insight.id)->state, InsightState::kClosed);
  EXPECT_EQ(Refusal(service_->Summaries(Request("shop"))), "Group not found");
  EXPECT_EQ(Refusal(service_->ImpactGraph(insight.id, At(15), At(16), "",
                                          testing_support::AnyCall())),
            "Group not found.");
  // Another group of the same name has none of them.
  Enable("shop");
  EXPECT_THAT(All("shop"), IsEmpty());
}

TEST_F(InsightServiceTest, AMinuteIsEvaluatedOnceItHasSettled) {
  Enable("Default");
  Minutes(15, 0, false);
  Evaluate();
  Minutes(1, 12, false);
  clock_.Set(At(16) + absl::Seconds(19));
  ASSERT_TRUE(service_->Evaluate(testing_support::AnyCall()).ok());
  EXPECT_THAT(All(), IsEmpty());
  clock_.Set(At(16) + absl::Seconds(20));
  ASSERT_TRUE(service_->Evaluate(testing_support::AnyCall()).ok());
  EXPECT_THAT(All(), SizeIs(1));
}

TEST_F(InsightServiceTest, TheImpactGraphHasTheWayToTheCause) {
  Enable("Default");
  Minutes(15, 0, false);
  Evaluate();
  Minutes(1, 12);
  ASSERT_THAT(All(), SizeIs(1));
  const std::string id = All()[0].id;
  // A service that has nothing to do with it.
  ASSERT_TRUE(storage::WriteAndWait(
                  engine_, {testing_support::Record({.trace = ++trace_,
                                                     .start = At(15.5).ns / 1e9,
                                                     .seconds = 0.1,
                                                     .name = "apart"})})
                  .ok());
  const auto graph =
      service_->ImpactGraph(id, At(15), At(16), "", testing_support::AnyCall());
  ASSERT_TRUE(graph.ok()) << graph.status();
  std::vector<std::string> nodes;
  for (const ImpactNode& node : graph->nodes) {
    std::string text = node.service.name + ':' + node.service.type;
    for (const size_t target : node.edges) {
      text += '>' + std::to_string(target);
    }
    nodes.push_back(text);
  }
  EXPECT_THAT(nodes, ElementsAre("front:>2", "front:client>0", "pay:"));
  ASSERT_TRUE(graph->data.has_value());
  EXPECT_GE(graph->data->begin, At(15));
  EXPECT_LE(graph->data->end, At(16));
  const auto refusal = [&](Timestamp start, Timestamp end,
                           const std::string& token) {
    return Refusal(service_->ImpactGraph(id, start, end, token,
                                         testing_support::AnyCall()));
  };
  EXPECT_EQ(refusal(At(16), At(15), ""),
            "End time cannot be earlier than start time");
  EXPECT_EQ(refusal(At(0), At(361), ""),
            "Time range cannot be longer than 6 hours");
  EXPECT_EQ(refusal(At(-30 * 24 * 60), At(-30 * 24 * 60 + 1), ""),
            "Start time cannot be older than 30 days");
  EXPECT_EQ(refusal(At(15), At(16), "x"),
            "NextToken is currently not supported");
  EXPECT_TRUE(
      service_->ImpactGraph(id, At(0), At(360), "", testing_support::AnyCall())
          .ok());
}

// Insights and events that are put in the store.
class InsightPagesTest : public InsightServiceTest {
 protected:
  InsightPagesTest() {
    for (int i = 0; i < 5; ++i) {
      const storage::ServiceId root{
          .name = "n" + std::to_string(i), .type = "", .account_id = ""};
      InsightRecord record;
      record.insight.root_cause = root;
      record.insight.top_services = {root};
      record.insight.start = At(10 * (i / 2));
      record.insight.id = InsightIdOf("", root, record.insight.start);
      record.insight.last_update = At(10 * i + 1);
      record.hot_until = At(10 * i + 1);
      for (int e = 0; e <= 2 * i; ++e) {
        record.insight.impact.client.faults = e;
        AddEvent(InsightEventKind::kChanged, record);
      }
      if (i % 2 == 0) CloseInsight(record);
      EXPECT_TRUE(store_->Put(record).ok());
    }
  }
  std::string IdOf(int i) {
    return InsightIdOf(
        "", {.name = "n" + std::to_string(i), .type = "", .account_id = ""},
        At(10 * (i / 2)));
  }
};

TEST_F(InsightPagesTest, SummariesComeInPages) {
  for (const size_t size : {1, 2, 3, 5, 100}) {
    InsightSummariesRequest request = Request();
    request.max_results = size;
    std::vector<Insight> seen;
    do {
      const auto page = service_->Summaries(request);
      ASSERT_TRUE(page.ok()) << page.status();
      EXPECT_LE(page->insights.size(), size);
      seen.insert(seen.end(), page->insights.begin(), page->insights.end());
      request.next_token = page->next_token;
    } while (!request.next_token.empty());
    EXPECT_EQ(seen, All());
    EXPECT_THAT(seen, SizeIs(5));
  }
}

TEST_F(InsightPagesTest, SummariesAreOfAWindowAndAState) {
  InsightSummariesRequest request = Request();
  request.state = InsightState::kActive;
  EXPECT_THAT(service_->Summaries(request)->insights, SizeIs(2));
  request.state = InsightState::kClosed;
  EXPECT_THAT(service_->Summaries(request)->insights, SizeIs(3));
  request.start = At(22);  // n4 ends at 41, n2 at 21, n0 at 1.
  EXPECT_THAT(service_->Summaries(request)->insights, SizeIs(1));
  request.end = At(20);
  EXPECT_EQ(Refusal(service_->Summaries(request)),
            "End time cannot be earlier than start time");
  request = Request();
  request.end = At(10);
  EXPECT_THAT(service_->Summaries(request)->insights, SizeIs(2));
  request.group.name.reset();
  EXPECT_EQ(Refusal(service_->Summaries(request)),
            "Provide either GroupName or GroupARN");
}

TEST_F(InsightPagesTest, EventsComeInPagesNewestFirst) {
  const auto first = service_->Events(IdOf(3), 4, "");
  ASSERT_TRUE(first.ok());
  ASSERT_THAT(first->events, SizeIs(4));
  EXPECT_EQ(first->events[0].impact.client.faults, 6);
  // A new event does not move the next page.
  InsightRecord record = *store_->Get(IdOf(3));
  AddEvent(InsightEventKind::kChanged, record);
  ASSERT_TRUE(store_->Put(record).ok());
  const auto second = service_->Events(IdOf(3), 4, first->next_token);
  ASSERT_TRUE(second.ok());
  ASSERT_THAT(second->events, SizeIs(3));
  EXPECT_EQ(second->events[0].impact.client.faults, 2);
  EXPECT_EQ(second->next_token, "");
}

TEST_F(InsightPagesTest, TokensAreBoundToTheirRequest) {
  InsightSummariesRequest request = Request();
  request.max_results = 1;
  const std::string token = service_->Summaries(request)->next_token;
  request.next_token = token;
  EXPECT_TRUE(service_->Summaries(request).ok());
  request.state = InsightState::kActive;
  EXPECT_EQ(Refusal(service_->Summaries(request)), "Invalid token " + token);
  EXPECT_EQ(Refusal(service_->Events(IdOf(3), 1, token)),
            "Invalid token " + token);
  const std::string events = service_->Events(IdOf(3), 1, "")->next_token;
  EXPECT_EQ(Refusal(service_->Events(IdOf(4), 1, events)),
            "Invalid token " + events);
  for (const std::string bad : {"x", "\xFF", "AAAA"}) {
    EXPECT_EQ(Refusal(service_->Events(IdOf(3), 1, bad)),
              "Invalid token " + bad);
  }
}

TEST_F(InsightPagesTest, UnknownInsights) {
  for (const std::string id :
       {"", "x", "0d9b4f3e-6c1a-4b2e-9a57-3f2b1c0d4e5f", "insight/../\xFF"}) {
    EXPECT_EQ(Refusal(service_->Get(id)), "Insight not found");
    EXPECT_EQ(Refusal(service_->Events(id, {}, "")), "Insight not found");
    EXPECT_EQ(Refusal(service_->ImpactGraph(id, At(0), At(1), "",
                                            testing_support::AnyCall())),
              "Insight not found");
  }
  // Ids are the same in upper case.
  std::string upper = IdOf(1);
  for (char& c : upper) c = static_cast<char>(std::toupper(c));
  EXPECT_TRUE(service_->Get(upper).ok());
}

}  // namespace
}  // namespace roentgen::server
