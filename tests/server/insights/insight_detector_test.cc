// What becomes an insight, what does not, and what it says.
#include "server/insights/insight_detector.h"

#include <map>
#include <string>
#include <vector>

#include "base/limits.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/server/insights/traffic.h"

namespace roentgen::server {
namespace {

using storage::GraphFigures;
using storage::ServiceId;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

constexpr int64_t kMinute = 60;
constexpr int64_t kBegin = 1'700'000'040;  // A whole minute.

Timestamp At(int64_t minute) {
  return Timestamp::FromSeconds(kBegin + minute * kMinute);
}

// Runs minutes of traffic; minute 0 is the first one.
class Episode {
 public:
  explicit Episode(std::vector<TrafficNode> nodes, uint64_t seed = 1)
      : traffic_(std::move(nodes), seed) {}

  TrafficNode& node(size_t i) { return traffic_.nodes()[i]; }
  int64_t minute() const { return minute_; }

  void Minutes(int64_t count) {
    for (int64_t i = 0; i < count; ++i) {
      Take(traffic_.Minute(kBegin + minute_ * kMinute));
    }
  }
  void Take(const GraphFigures& figures) {
    const int64_t begin = kBegin + minute_++ * kMinute;
    for (const InsightRecord& record : detector_.Evaluate(begin, figures)) {
      insights_[record.insight.id] = record;
    }
  }

  InsightDetector& detector() { return detector_; }
  const std::map<std::string, InsightRecord>& insights() const {
    return insights_;
  }
  const InsightRecord& only() const {
    EXPECT_EQ(insights_.size(), 1u);
    static const InsightRecord none;
    return insights_.empty() ? none : insights_.begin()->second;
  }

 private:
  Traffic traffic_;
  InsightDetector detector_{"group"};
  int64_t minute_ = 0;
  std::map<std::string, InsightRecord> insights_;
};

std::vector<InsightEventKind> KindsOf(const InsightRecord& record) {
  std::vector<InsightEventKind> out;
  for (const InsightEvent& event : record.events) out.push_back(event.kind);
  return out;
}

std::vector<std::string> NamesOf(const std::vector<ServiceId>& services) {
  std::vector<std::string> out;
  for (const ServiceId& service : services) out.push_back(service.name);
  return out;
}

// The cases of the specification: an application runs for six hours, then
// changes, and is looked at a quarter of an hour later.
struct Case {
  std::string name;
  std::vector<TrafficNode> nodes;
  std::map<size_t, double> faults;    // Changed, by index of the node.
  std::vector<std::string> roots;     // Of the insights.
  std::vector<std::string> services;  // Of the first one.
  double client_share = 0;            // At least, for the client.
  double client_share_max = 1;
};

class CaseTest : public testing::TestWithParam<Case> {};

TEST_P(CaseTest, BecomesTheRightInsights) {
  const Case& test = GetParam();
  Episode run(test.nodes);
  run.Minutes(360);
  EXPECT_THAT(run.insights(), IsEmpty());
  for (const auto& [node, share] : test.faults) {
    run.node(node).fault_share = share;
  }
  run.Minutes(2);
  EXPECT_THAT(run.insights(), SizeIs(test.roots.size()));
  run.Minutes(13);
  std::vector<std::string> roots;
  for (const auto& [id, record] : run.insights()) {
    const Insight& insight = record.insight;
    roots.push_back(insight.root_cause.name + ' ' + insight.root_cause.type);
    EXPECT_EQ(insight.state, InsightState::kActive);
    EXPECT_EQ(insight.start, At(360));
    EXPECT_EQ(insight.last_update, At(375));
    EXPECT_EQ(record.events.front().kind, InsightEventKind::kCreated);
    const RequestImpact& client = insight.impact.client;
    const double share =
        static_cast<double>(client.faults) / static_cast<double>(client.total);
    EXPECT_GE(share, test.client_share);
    EXPECT_LE(share, test.client_share_max);
    EXPECT_GT(insight.impact.root_cause.faults, 0);
  }
  EXPECT_THAT(roots, testing::UnorderedElementsAreArray(test.roots));
  if (test.roots.size() == 1) {
    EXPECT_THAT(NamesOf(run.only().insight.top_services),
                testing::UnorderedElementsAreArray(test.services));
  }
}

std::vector<Case> Cases() {
  const std::string ecs = " AWS::ECS::Container";
  const TrafficNode a{.name = "a", .rate = 1'000, .fault_share = 0};
  const TrafficNode b{.name = "b", .caller = 0, .fault_share = 0};
  TrafficNode handled = b;
  handled.passed_on = 0;
  const TrafficNode table{.name = "table",
                          .type = "AWS::DynamoDB::Table",
                          .caller = 0,
                          .fault_share = 0.001};
  TrafficNode c = b;
  c.name = "c";
  c.passed_on = 0;
  TrafficNode steady = a;
  steady.fault_share = 0.01;
  TrafficNode limited = a;
  limited.error_share = 0.8;
  TrafficNode rare = a;
  rare.rate = 5.0 / 60;
  rare.fault_share = 0.02;
  return {
      {.name = "Steady", .nodes = {steady}},
      {.name = "CalleePassedOn",
       .nodes = {a, b},
       .faults = {{1, 0.2}},
       .roots = {"b" + ecs},
       .services = {"a", "b"},
       .client_share = 0.15},
      {.name = "CalleeHandled",
       .nodes = {a, handled},
       .faults = {{1, 0.2}},
       .roots = {"b" + ecs},
       .services = {"b"},
       .client_share_max = 0.001},
      {.name = "Inferred",
       .nodes = {a, table},
       .faults = {{1, 0.3}},
       .roots = {"table AWS::DynamoDB::Table"},
       .services = {"a", "table"},
       .client_share = 0.2},
      {.name = "ThrottlesAndErrors", .nodes = {limited}},
      {.name = "FiveAnHour", .nodes = {rare}},
      {.name = "TwoBranches",
       .nodes = {a, handled, c},
       .faults = {{1, 0.3}, {2, 0.4}},
       .roots = {"b" + ecs, "c" + ecs},
       .client_share_max = 0.001},
      {.name = "FarthestDownstream",
       .nodes = {a, b, {.name = "d", .caller = 1, .fault_share = 0}},
       .faults = {{2, 0.1}},
       .roots = {"d" + ecs},
       .services = {"a", "b", "d"},
       .client_share = 0.08},
      {.name = "CallerItself",
       .nodes = {a, b},
       .faults = {{0, 0.2}},
       .roots = {"a" + ecs},
       .services = {"a"},
       .client_share = 0.15},
  };
}

INSTANTIATE_TEST_SUITE_P(Cases, CaseTest, testing::ValuesIn(Cases()),
                         [](const testing::TestParamInfo<Case>& each) {
                           return each.param.name;
                         });

std::vector<TrafficNode> CallerAndCallee() {
  return {{.name = "a", .rate = 600, .fault_share = 0.005},
          {.name = "b", .caller = 0, .fault_share = 0.005}};
}

TEST(InsightDetectorTest, AThrottleStormIsNoInsight) {
  Episode run(CallerAndCallee());
  run.Minutes(360);
  run.node(0).error_share = 0.9;
  run.Minutes(60);
  EXPECT_THAT(run.insights(), IsEmpty());
}

TEST(InsightDetectorTest, ClosesTenMinutesAfterTheLastHotOne) {
  Episode run(CallerAndCallee());
  run.Minutes(360);
  run.node(1).fault_share = 0.3;
  run.Minutes(20);
  run.node(1).fault_share = 0.005;
  run.Minutes(9);
  EXPECT_EQ(run.only().insight.state, InsightState::kActive);
  run.Minutes(2);
  const Insight& insight = run.only().insight;
  EXPECT_EQ(insight.state, InsightState::kClosed);
  EXPECT_EQ(insight.start, At(360));
  EXPECT_EQ(insight.end, At(380));
  EXPECT_THAT(KindsOf(run.only()), ElementsAre(InsightEventKind::kCreated,
                                               InsightEventKind::kClosed));
  EXPECT_NEAR(static_cast<double>(insight.impact.root_cause.faults),
              20 * 600 * 0.3, 400);
}

// A service fails by itself, then because of the one it calls, then by itself
// while that goes on failing for another caller: two insights, two ids.
TEST(InsightDetectorTest, AnIdIsNeverUsedTwice) {
  Traffic front({{.name = "front", .rate = 600, .fault_share = 0.005},
                 {.name = "pay", .caller = 0, .fault_share = 0.005}},
                1);
  Traffic other({{.name = "other", .rate = 600, .fault_share = 0.005},
                 {.name = "pay", .caller = 0, .fault_share = 0.005}},
                2);
  InsightDetector detector("group");
  int64_t minute = 0;
  std::map<std::string, std::string> roots_now;  // By id.
  const auto run = [&] {
    const int64_t begin = kBegin + minute++ * kMinute;
    GraphFigures figures = front.Minute(begin);
    AddFigures(other.Minute(begin), 1, figures);
    std::map<std::string, int> seen;
    for (const InsightRecord& record : detector.Evaluate(begin, figures)) {
      EXPECT_EQ(++seen[record.insight.id], 1) << record.insight.id;
      EXPECT_GE(record.events_made, record.events.size());
      roots_now[record.insight.id] = record.insight.root_cause.name;
    }
  };
  while (minute < 360) run();
  front.nodes()[0].fault_share = 0.5;
  run();
  EXPECT_THAT(roots_now, ElementsAre(testing::Pair(testing::_, "front")));
  front.nodes()[0].fault_share = 0.005;
  front.nodes()[1].fault_share = other.nodes()[1].fault_share = 0.9;
  run();
  front.nodes()[1].fault_share = 0.005;
  front.nodes()[0].fault_share = 0.9;
  for (int i = 0; i < 10; ++i) run();
  std::vector<std::string> names;
  for (const auto& [id, name] : roots_now) names.push_back(name);
  EXPECT_THAT(names, testing::Contains("pay"));
  EXPECT_THAT(names, testing::Contains("front"));
}

TEST(InsightDetectorTest, ClosesWhenTrafficEnds) {
  Episode run(CallerAndCallee());
  run.Minutes(360);
  run.node(1).fault_share = 1;
  run.Minutes(3);
  run.node(0).rate = 0;
  run.Minutes(29);
  EXPECT_EQ(run.only().insight.state, InsightState::kActive);
  run.Minutes(1);
  EXPECT_EQ(run.only().insight.state, InsightState::kClosed);
  EXPECT_EQ(run.only().insight.end, At(363));
}

TEST(InsightDetectorTest, OpensAgainWhatClosedLately) {
  Episode run(CallerAndCallee());
  run.Minutes(360);
  run.node(1).fault_share = 0.3;
  run.Minutes(5);
  run.node(1).fault_share = 0.005;
  run.Minutes(25);
  const RequestImpact before = run.only().insight.impact.client;
  run.node(1).fault_share = 0.3;
  run.Minutes(1);
  const Insight& insight = run.only().insight;
  EXPECT_EQ(insight.state, InsightState::kActive);
  EXPECT_EQ(insight.end, std::nullopt);
  EXPECT_EQ(run.only().events.back().kind, InsightEventKind::kReopened);
  EXPECT_GT(insight.impact.client.faults, before.faults + 100);
  // Much later it is another one.
  run.node(1).fault_share = 0.005;
  run.Minutes(60);
  run.node(1).fault_share = 0.3;
  run.Minutes(1);
  EXPECT_THAT(run.insights(), SizeIs(2));
}

TEST(InsightDetectorTest, SaysWhatChanges) {
  Episode run(CallerAndCallee());
  run.Minutes(360);
  run.node(0).fault_share = 0.1;
  run.Minutes(6);
  EXPECT_EQ(run.only().insight.root_cause.name, "a");
  const std::string id = run.only().insight.id;
  // The callee is the cause now: the same insight, and news at once.
  run.node(0).fault_share = 0.005;
  run.node(1).fault_share = 0.9;
  run.Minutes(3);
  EXPECT_EQ(run.only().insight.id, id);
  EXPECT_EQ(run.only().insight.root_cause.name, "b");
  EXPECT_EQ(run.only().events.at(1).kind, InsightEventKind::kChanged);
  EXPECT_EQ(run.only().events.at(1).root_cause.name, "b");
  // The clients' share grows on: news with the next review.
  const size_t events = run.only().events.size();
  run.Minutes(6);
  EXPECT_GT(run.only().events.size(), events);
  EXPECT_GT(run.only().insight.impact.client.faults, 3'000);
  // And nothing more once it stays.
  run.Minutes(60);
  const size_t later = run.only().events.size();
  run.Minutes(60);
  EXPECT_EQ(run.only().events.size(), later);
}

TEST(InsightDetectorTest, ACircleOfCallsIsOneInsight) {
  const ServiceId a{.name = "a", .type = "", .account_id = ""};
  const ServiceId b{.name = "b", .type = "", .account_id = ""};
  const auto figures = [&](int64_t faults) {
    GraphFigures out;
    for (const ServiceId& id : {a, b}) {
      out.nodes[id].calls.fault = faults;
      out.nodes[id].calls.ok = 300 - faults;
      const ServiceId& other = id == a ? b : a;
      out.edges[{.source = id, .target = other}].calls = out.nodes[id].calls;
    }
    return out;
  };
  Episode run({});
  for (int i = 0; i < 60; ++i) run.Take(figures(1));
  for (int i = 0; i < 5; ++i) run.Take(figures(100));
  EXPECT_EQ(run.only().insight.root_cause, a);
  EXPECT_THAT(run.only().insight.top_services, ElementsAre(a, b));
}

TEST(InsightDetectorTest, WhoeverGetsMessagesIsNotTheSendersCause) {
  const ServiceId a{.name = "a", .type = "", .account_id = ""};
  const ServiceId b{.name = "b", .type = "", .account_id = ""};
  const auto figures = [&](int64_t faults) {
    GraphFigures out;
    for (const ServiceId& id : {a, b}) {
      out.nodes[id].calls.fault = faults;
      out.nodes[id].calls.ok = 300 - faults;
    }
    out.edges[{.source = a, .target = b, .link = true}].calls =
        out.nodes[a].calls;
    return out;
  };
  Episode run({});
  for (int i = 0; i < 60; ++i) run.Take(figures(1));
  for (int i = 0; i < 5; ++i) run.Take(figures(100));
  EXPECT_THAT(run.insights(), SizeIs(2));
}

TEST(InsightDetectorTest, AnIncidentThatLastsBecomesNormal) {
  for (const int64_t known : {0, 600}) {
    Episode run({{.name = "a", .rate = 300, .fault_share = 0.005}});
    run.Minutes(known);
    run.node(0).fault_share = 0.2;
    run.Minutes(120);
    EXPECT_EQ(run.only().insight.state, InsightState::kActive) << known;
    run.Minutes(46 * 60);
    EXPECT_EQ(run.only().insight.state, InsightState::kClosed) << known;
  }
}

TEST(InsightDetectorTest, GoesOnAfterARestart) {
  for (const int64_t restart : {1, 2, 7, 19, 24, 29}) {
    Traffic traffic(CallerAndCallee(), 7);
    Episode one({});
    InsightDetector second("group");
    std::map<std::string, InsightRecord> after;
    std::vector<GraphFigures> minutes;
    for (int64_t i = 0; i < 360 + 40; ++i) {
      traffic.nodes()[1].fault_share = i >= 360 && i < 380 ? 0.3 : 0.005;
      minutes.push_back(traffic.Minute(kBegin + i * kMinute));
      one.Take(minutes.back());
      if (i + 1 == 360 + restart) after = one.insights();
    }
    const int64_t stop = 360 + restart;
    // Less of the past is there now.
    for (int64_t i = 60; i < stop; ++i) {
      second.Learn(kBegin + i * kMinute, minutes[i]);
    }
    std::vector<InsightRecord> records;
    for (const auto& [id, record] : after) records.push_back(record);
    second.Resume(records);
    for (int64_t i = stop; i < 400; ++i) {
      for (InsightRecord& record :
           second.Evaluate(kBegin + i * kMinute, minutes[i])) {
        after[record.insight.id] = record;
      }
    }
    EXPECT_EQ(after, one.insights()) << restart;
    EXPECT_THAT(KindsOf(one.only()), ElementsAre(InsightEventKind::kCreated,
                                                 InsightEventKind::kClosed));
  }
}

TEST(InsightDetectorTest, HostileNamesAndFiguresAreBounded) {
  InsightDetector detector("group");
  for (int64_t i = 0; i < 4; ++i) {
    GraphFigures figures;
    for (int64_t n = 0; n < 1'500; ++n) {
      const ServiceId id{
          .name = std::to_string(i * 1'500 + n) + std::string(180, '\xFF'),
          .type = "",
          .account_id = ""};
      figures.nodes[id].calls.fault = n % 2 == 0 ? 50 : -50;
      figures.nodes[id].calls.ok = n % 3 == 0 ? INT64_MAX / 4 : 5;
      figures.edges[{.source = id, .target = figures.nodes.begin()->first}]
          .calls.fault = 50;
    }
    for (const InsightRecord& record :
         detector.Evaluate(kBegin + i * kMinute, figures)) {
      EXPECT_LE(record.insight.top_services.size(),
                limits::kInsightServicesMax);
    }
    EXPECT_LE(detector.nodes(), limits::kInsightNodesMax);
  }
  EXPECT_GT(detector.nodes_ignored(), 0u);
}

TEST(InsightDetectorTest, EventsAreBounded) {
  InsightRecord record;
  for (size_t i = 0; i < limits::kInsightEventsMax + 5; ++i) {
    record.insight.last_update = At(static_cast<int64_t>(i));
    AddEvent(InsightEventKind::kChanged, record);
  }
  EXPECT_THAT(record.events, SizeIs(limits::kInsightEventsMax));
  EXPECT_EQ(record.events.front().time, At(5));
  EXPECT_EQ(record.events_made, limits::kInsightEventsMax + 5);
}

TEST(InsightTest, TheIdIsAUuidAndAlwaysTheSame) {
  const ServiceId a{.name = "a", .type = "t", .account_id = ""};
  const ServiceId b{.name = "at", .type = "", .account_id = ""};
  const std::string id = InsightIdOf("", a, At(0));
  EXPECT_THAT(id, testing::MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-"
                                        "[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
  EXPECT_EQ(id, InsightIdOf("", a, At(0)));
  EXPECT_NE(id, InsightIdOf("", b, At(0)));
  EXPECT_NE(id, InsightIdOf("", a, At(1)));
  EXPECT_NE(id, InsightIdOf("g", a, At(0)));
}

TEST(InsightTest, TheSummaryHasTwoSentences) {
  const ServiceId root{
      .name = "pay.example.com", .type = "remote", .account_id = ""};
  EXPECT_EQ(SummaryOf(Timestamp::FromSeconds(1'767'607'920), root,
                      {.client = {.faults = 1, .oks = 8, .total = 9}}),
            "The issue began at 2026-01-05T10:12Z. Faults of pay.example.com "
            "(remote) affect 12% of client requests.");
  EXPECT_EQ(SummaryOf(Timestamp::FromSeconds(1'767'607'920), {"x", "", ""}, {}),
            "The issue began at 2026-01-05T10:12Z. Faults of x affect no "
            "client requests.");
}

}  // namespace
}  // namespace roentgen::server
