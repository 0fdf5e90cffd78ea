// What a webhook is told, when, and how often.
#include "server/insights/insight_notifier.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/memory/memory_settings.h"
#include "tests/support/calls.h"

namespace roentgen::server {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

Timestamp At(int64_t minute) {
  return Timestamp::FromSeconds(1'700'000'040 + minute * 60);
}

// Remembers bodies; fails as often as it is told to.
class FakeReceiver : public WebhookSender {
 public:
  absl::Status Post(const std::string& url, const std::string& body,
                    const Call&) override {
    EXPECT_EQ(url, "http://hook");
    ++attempts;
    if (on_post) on_post();
    if (failures > 0) {
      --failures;
      return absl::UnavailableError("webhook answered 503");
    }
    bodies.push_back(body);
    return absl::OkStatus();
  }

  int failures = 0;
  int attempts = 0;
  std::vector<std::string> bodies;
  std::function<void()> on_post;
};

class InsightNotifierTest : public testing::Test {
 protected:
  InsightNotifierTest() { Restart(); }

  void Restart() {
    auto opened = InsightStore::Open(settings_, {});
    ASSERT_TRUE(opened.ok());
    store_ = *std::move(opened);
    notifier_ = std::make_unique<InsightNotifier>(
        *store_, receiver_,
        InsightNotifier::Options{
            .url = "http://hook",
            .identity = {.region = "eu-west-1", .account_id = "111122223333"},
            .attempts_max = 5,
            .clock = &clock_});
  }
  InsightRecord Put(const std::string& name, int64_t minute, bool closed) {
    const storage::ServiceId root{
        .name = name, .type = "remote", .account_id = ""};
    InsightRecord record;
    record.insight.id = InsightIdOf("", root, At(0));
    record.insight.group_name = "Default";
    record.insight.group_arn =
        "arn:aws:xray:eu-west-1:111122223333:group/Default";
    record.insight.root_cause = root;
    record.insight.start = At(0);
    record.insight.last_update = At(minute);
    record.insight.impact.client = {.faults = 1, .oks = 1, .total = 2};
    record.insight.top_services = {root};
    record.hot_until = At(minute);
    record.hot_impact = record.insight.impact;
    AddEvent(InsightEventKind::kCreated, record);
    record.insight.last_update = At(minute + 10);
    if (closed) CloseInsight(record);
    EXPECT_TRUE(store_->Put(record).ok());
    return record;
  }
  absl::Duration Step() { return notifier_->Step(std::stop_token()); }

  ManualClock clock_{At(100)};
  storage::MemorySettings settings_;
  FakeReceiver receiver_;
  std::unique_ptr<InsightStore> store_;
  std::unique_ptr<InsightNotifier> notifier_;
};

TEST_F(InsightNotifierTest, SaysWhatXRaySaysOnEventBridge) {
  Put("a\"\xFF.com", 1, true);
  EXPECT_GT(Step(), absl::Minutes(1));
  ASSERT_THAT(receiver_.bodies, SizeIs(2));
  const std::string& body = receiver_.bodies[1];
  for (
      const std::string part :
      {R"("detail-type":"AWS X-Ray Insight Update","source":"aws.xray",)"
       R"("account":"111122223333","time":"2023-11-14T22:25:00Z",)"
       R"("region":"eu-west-1",)",
       R"("State":"CLOSED","Category":"FAULT","Event":"closed",)",
       R"("StartTime":"2023-11-14T22:14:00Z","EndTime":"2023-11-14T22:15:00Z")",
       R"("Summary":"The issue began at 2023-11-14T22:14Z. Faults of )",
       R"("ClientRequestImpactStatistics":{"FaultCount":1,"OkCount":1,)"
       R"("TotalCount":2})",
       R"("TopAnomalousServices":[{"ServiceId":{"Name":"a\")"}) {
    EXPECT_THAT(body, HasSubstr(part));
  }
  EXPECT_THAT(receiver_.bodies[0], HasSubstr(R"("State":"ACTIVE")"));
  const auto id = [](const std::string& json) { return json.substr(0, 65); };
  EXPECT_NE(id(receiver_.bodies[0]), id(body));
}

TEST_F(InsightNotifierTest, TriesAgainLaterAndLaterInOrder) {
  Put("a", 1, true);
  Put("b", 2, false);
  receiver_.failures = 4;
  std::vector<absl::Duration> delays;
  while (receiver_.bodies.empty()) {
    const absl::Duration delay = Step();
    delays.push_back(delay);
    // Not before.
    clock_.Advance(delay - absl::Milliseconds(1));
    const int attempts = receiver_.attempts;
    Step();
    EXPECT_EQ(receiver_.attempts, attempts);
    clock_.Advance(absl::Milliseconds(1));
    if (delays.size() == 4) Step();
  }
  EXPECT_THAT(delays, ElementsAre(absl::Seconds(1), absl::Seconds(2),
                                  absl::Seconds(4), absl::Seconds(8)));
  ASSERT_THAT(receiver_.bodies, SizeIs(3));
  EXPECT_THAT(receiver_.bodies[0], HasSubstr(R"("Name":"a")"));
  EXPECT_THAT(receiver_.bodies[1], HasSubstr(R"("Name":"b")"));
  EXPECT_THAT(receiver_.bodies[2], HasSubstr("closed"));
  EXPECT_EQ(notifier_->delivered(), 3u);
  EXPECT_EQ(notifier_->failures(), 4u);
  EXPECT_EQ(notifier_->dropped(), 0u);
}

TEST_F(InsightNotifierTest, GivesUpAndCounts) {
  Put("a", 1, false);
  Put("b", 2, false);
  receiver_.failures = 5;
  while (receiver_.bodies.empty()) clock_.Advance(Step());
  ASSERT_THAT(receiver_.bodies, SizeIs(1));
  EXPECT_THAT(receiver_.bodies[0], HasSubstr(R"("Name":"b")"));
  EXPECT_EQ(notifier_->dropped(), 1u);
}

TEST_F(InsightNotifierTest, ARestartLosesNothing) {
  Put("a", 1, true);
  receiver_.on_post = [&] { receiver_.failures = receiver_.attempts - 1; };
  Step();
  ASSERT_THAT(receiver_.bodies, SizeIs(1));
  receiver_.on_post = nullptr;
  receiver_.failures = 0;
  Restart();
  Step();
  ASSERT_THAT(receiver_.bodies, SizeIs(2));
  EXPECT_THAT(receiver_.bodies[1], HasSubstr("closed"));
  Restart();
  Step();
  EXPECT_THAT(receiver_.bodies, SizeIs(2));
}

TEST_F(InsightNotifierTest, ACancelledAttemptIsNoFailure) {
  Put("a", 1, false);
  std::stop_source cancelled;
  receiver_.failures = 1;
  receiver_.on_post = [&] { cancelled.request_stop(); };
  notifier_->Step(cancelled.get_token());
  EXPECT_THAT(receiver_.bodies, IsEmpty());
  EXPECT_EQ(notifier_->failures(), 0u);
  receiver_.on_post = nullptr;
  Step();
  EXPECT_THAT(receiver_.bodies, SizeIs(1));
}

}  // namespace
}  // namespace roentgen::server
