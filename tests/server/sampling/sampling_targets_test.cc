// What clients are told, and that they never sample more than they may.
#include "server/sampling/sampling_targets.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <string>

#include "base/clock.h"
#include "base/limits.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/memory/memory_settings.h"

namespace roentgen::server {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr int64_t kHuge = std::numeric_limits<int64_t>::max();
constexpr int64_t kStart = 1'727'008'800;

class SamplingTargetsTest : public testing::Test {
 protected:
  SamplingTargetsTest() { Restart(); }

  void Restart() {
    auto rules = RuleCatalog::Open(store_, {.clock = &clock_});
    ASSERT_TRUE(rules.ok()) << rules.status();
    targets_.reset();
    rules_ = *std::move(rules);
    auto targets = SamplingTargets::Open(store_, *rules_, clock_);
    ASSERT_TRUE(targets.ok()) << targets.status();
    targets_ = *std::move(targets);
  }
  void SetReservoir(int64_t size, double rate = 0.05) {
    const auto changed =
        rules_->Update({.name = "Default", .arn = {}},
                       {.fixed_rate = rate,
                        .reservoir_size = size,
                        .boost = SamplingRateBoost{
                            .max_rate = 1, .cooldown_window_minutes = 5}});
    ASSERT_TRUE(changed.ok()) << changed.status();
  }
  SamplingStatistics Document(const std::string& client, int64_t requests,
                              const std::string& rule = "Default") {
    return {.rule_name = rule,
            .client_id = client,
            .time = clock_.Now(),
            .counts = {.requests = requests}};
  }
  SamplingTarget Report(const std::string& client, int64_t requests) {
    const auto answer = targets_->Report({Document(client, requests)}, {});
    EXPECT_EQ(answer.targets.size(), 1u);
    return answer.targets.empty() ? SamplingTarget() : answer.targets[0];
  }
  std::optional<int64_t> Quota(const std::string& client, int64_t requests) {
    return Report(client, requests).quota;
  }
  Timestamp In(int64_t seconds) const {
    return clock_.Now() + absl::Seconds(seconds);
  }

  ManualClock clock_{Timestamp::FromSeconds(kStart)};
  storage::MemorySettings store_;
  std::unique_ptr<RuleCatalog> rules_;
  std::unique_ptr<SamplingTargets> targets_;
};

TEST_F(SamplingTargetsTest, FirstAnswerHasNoQuota) {
  EXPECT_EQ(Report("a", 40),
            (SamplingTarget{.rule_name = "Default", .fixed_rate = 0.05}));
  clock_.Advance(absl::Milliseconds(10'500));
  EXPECT_EQ(Report("a", 40),
            (SamplingTarget{.rule_name = "Default",
                            .fixed_rate = 0.05,
                            .quota = 1,
                            .ttl = Timestamp::FromSeconds(kStart + 310),
                            .interval_seconds = 10}));
}

TEST_F(SamplingTargetsTest, TellsWhichRulesItDoesNotKnow) {
  const BoostStatistics boost{.rule_name = "lost", .service_name = "s"};
  const auto answer = targets_->Report(
      {Document("a", 1, "gone"), Document("a", 1), Document("a", 1, "")},
      {boost});
  ASSERT_EQ(answer.targets.size(), 1u);
  EXPECT_THAT(answer.unprocessed,
              ElementsAre(UnprocessedSampling{"gone", "400", "Unknown rule"},
                          UnprocessedSampling{"", "400", "Unknown rule"}));
  EXPECT_THAT(answer.unprocessed_boost,
              ElementsAre(UnprocessedSampling{"lost", "400", "Unknown rule"}));
  EXPECT_EQ(answer.last_rule_modification, Timestamp());
  SetReservoir(5);
  clock_.Advance(absl::Seconds(10));
  EXPECT_EQ(targets_->Report({}, {}).last_rule_modification,
            Timestamp::FromSeconds(kStart));
}

TEST_F(SamplingTargetsTest, SplitsByDemand) {
  SetReservoir(10);
  Quota("a", 1'000);
  EXPECT_EQ(Quota("a", 1'000), 10);
  Quota("b", 1'000);
  EXPECT_EQ(Quota("b", 1'000), 0);  // All is lent.
  EXPECT_EQ(Quota("a", 1'000), 5);
  EXPECT_EQ(Quota("b", 1'000), 5);
  // A client frees what it does not use in two reports.
  EXPECT_EQ(Quota("a", 20), 5);
  EXPECT_EQ(Quota("a", 20), 2);
  EXPECT_EQ(Quota("b", 1'000), 8);
  SetReservoir(4);
  EXPECT_EQ(Quota("b", 1'000), 2);
  EXPECT_EQ(Quota("a", 20), 2);
}

TEST_F(SamplingTargetsTest, WaitsForTheLeasesOfSilentClients) {
  SetReservoir(10);
  Quota("a", 1'000);
  EXPECT_EQ(Quota("a", 1'000), 10);
  for (int s = 0; s <= 300; s += 10) {
    Quota("b", 1'000);
    EXPECT_EQ(Quota("b", 1'000), 0) << s;
    clock_.Advance(absl::Seconds(10));
  }
  EXPECT_EQ(Quota("b", 1'000), 10);
}

TEST_F(SamplingTargetsTest, GivesNoLeasesAtFirstAfterARestart) {
  SetReservoir(10);
  Quota("a", 1'000);
  EXPECT_EQ(Quota("a", 1'000), 10);
  const Timestamp end = Report("a", 1'000).ttl.value();
  Restart();
  Report("b", 1'000);
  while (clock_.Now() <= end) {
    EXPECT_EQ(Report("b", 1'000), (SamplingTarget{.rule_name = "Default",
                                                  .fixed_rate = 0.05,
                                                  .interval_seconds = 10}));
    clock_.Advance(absl::Seconds(1));
  }
  EXPECT_EQ(Quota("b", 1'000), 10);
}

TEST_F(SamplingTargetsTest, GivesNoMoreWhenARuleIsMadeAgain) {
  const NewRule rule{
      .key = {.name = "r", .arn = {}},
      .rule = {.priority = 1, .fixed_rate = 0, .reservoir_size = 3}};
  const auto quota = [&](const std::string& client) {
    return targets_->Report({Document(client, 100, "r")}, {})
        .targets.at(0)
        .quota;
  };
  ASSERT_TRUE(rules_->Create(rule).ok());
  quota("a");
  EXPECT_EQ(quota("a"), 3);
  ASSERT_TRUE(rules_->Delete(rule.key).ok());
  ASSERT_TRUE(rules_->Create(rule).ok());
  quota("b");
  EXPECT_EQ(quota("b"), 0);
}

TEST_F(SamplingTargetsTest, TakesAnyNumbersAndIds) {
  SetReservoir(limits::kReservoirSizeMax);
  const std::string long_id(1'000'000, 'x');
  for (int i = 0; i < 3; ++i) {
    Quota("a", kHuge);
    Quota("b", -kHuge);
    Quota("", std::numeric_limits<int64_t>::min());
    EXPECT_EQ(Quota(long_id, 100), std::nullopt);
  }
  EXPECT_EQ(Quota("a", kHuge), limits::kReservoirSizeMax);
  auto document = Document("a", kHuge);
  document.time = Timestamp::Min();
  document.counts = {kHuge, kHuge, kHuge};
  targets_->Report({document, document}, {});
  clock_.Advance(absl::Seconds(10));
  EXPECT_THAT(
      targets_->Summaries(),
      ElementsAre(SamplingStatisticSummary{
          "Default", Timestamp::FromSeconds(kStart), {kHuge, kHuge, kHuge}}));
}

TEST_F(SamplingTargetsTest, AFloodOfClientsDrivesNobodyOut) {
  SetReservoir(100);
  Quota("a", 1'000);
  EXPECT_EQ(Quota("a", 1'000), 100);
  for (int i = 0; i < 3'000; ++i) {
    Quota("flood" + std::to_string(i), kHuge);
  }
  EXPECT_EQ(Quota("a", 1'000), 1);  // Of a thousand.
  EXPECT_EQ(Quota("flood2999", 1), std::nullopt);
  EXPECT_EQ(Quota("flood2999", 1), std::nullopt);
  // Those that hold nothing and say nothing make room.
  clock_.Advance(absl::Seconds(31));
  Quota("new", 1);
  EXPECT_NE(Quota("new", 1), std::nullopt);
}

// Somebody sets the clock: leases end when their time has passed all the same.
TEST_F(SamplingTargetsTest, AStepOfTheClockHoldsNoQuotaBack) {
  for (const absl::Duration step :
       {-absl::Hours(1), absl::Hours(1), -absl::Hours(24 * 365)}) {
    SetReservoir(10);
    Restart();
    clock_.Advance(absl::Seconds(301));
    Quota("a", 1'000);
    EXPECT_EQ(Quota("a", 1'000), 10) << step;
    clock_.Set(clock_.Now() + step);
    // It does not come back; what it holds is free when its lease has ended.
    Quota("b", 1'000);
    EXPECT_EQ(Quota("b", 1'000), 0) << step;
    clock_.Advance(absl::Seconds(301));
    EXPECT_EQ(Quota("b", 1'000), 10) << step;
    EXPECT_GT(Report("b", 1'000).ttl.value(), clock_.Now());
    // As short is the wait after a start.
    Restart();
    clock_.Set(clock_.Now() - step);
    Quota("c", 1'000);
    EXPECT_EQ(Quota("c", 1'000), std::nullopt) << step;
    clock_.Advance(absl::Seconds(301));
    EXPECT_EQ(Quota("c", 1'000), 10) << step;
  }
}

TEST_F(SamplingTargetsTest, AStepOfTheClockChangesNoBoost) {
  for (const absl::Duration step : {-absl::Hours(1), absl::Hours(1)}) {
    SetReservoir(1);
    Restart();
    const BoostStatistics boost{.rule_name = "Default",
                                .service_name = "s",
                                .time = Timestamp::Min(),
                                .counts = {.anomalies = 90, .total = 100}};
    ASSERT_TRUE(
        targets_->Report({Document("a", 1)}, {boost}).targets.at(0).boost);
    clock_.Set(clock_.Now() + step);
    clock_.Advance(absl::Seconds(19));
    const SamplingTarget target = Report("a", 1);
    ASSERT_TRUE(target.boost) << step;
    EXPECT_EQ(target.boost->ttl, In(1)) << step;
    clock_.Advance(absl::Seconds(1));
    EXPECT_FALSE(Report("a", 1).boost) << step;
  }
}

TEST_F(SamplingTargetsTest, BoostsARule) {
  SetReservoir(1);
  BoostStatistics boost{.rule_name = "Default",
                        .service_name = "s",
                        .time = Timestamp::Min(),
                        .counts = {.anomalies = 90, .total = 100}};
  const auto answer = targets_->Report({Document("a", 1)}, {boost});
  EXPECT_THAT(answer.unprocessed_boost, IsEmpty());
  ASSERT_TRUE(answer.targets.at(0).boost);
  EXPECT_EQ(answer.targets[0].boost->ttl, In(20));
  clock_.Advance(absl::Seconds(10));
  EXPECT_TRUE(Report("b", 1).boost);
  clock_.Advance(absl::Seconds(10));
  EXPECT_FALSE(Report("b", 1).boost);
}

TEST_F(SamplingTargetsTest, SumsUpWhatAllClientsReport) {
  ASSERT_TRUE(
      rules_->Create({.key = {.name = "a", .arn = {}}, .rule = {.priority = 1}})
          .ok());
  targets_->Report({Document("1", 5), Document("2", 6), Document("1", 1, "a")},
                   {});
  EXPECT_THAT(targets_->Summaries(), IsEmpty());
  clock_.Advance(absl::Seconds(10));
  targets_->Report({Document("1", 7)}, {});
  clock_.Advance(absl::Seconds(10));
  const auto entry = [](std::string rule, int64_t at, int64_t requests) {
    return SamplingStatisticSummary{.rule_name = std::move(rule),
                                    .time = Timestamp::FromSeconds(kStart + at),
                                    .counts = {.requests = requests}};
  };
  EXPECT_THAT(targets_->Summaries(),
              ElementsAre(entry("a", 0, 1), entry("Default", 10, 7),
                          entry("Default", 0, 11)));
  ASSERT_TRUE(rules_->Delete({.name = "a", .arn = {}}).ok());
  EXPECT_EQ(targets_->Summaries().size(), 2u);
}

// What clients hold, as they understand the answers.
class Holdings {
 public:
  void Take(const std::string& client, const SamplingTarget& target) {
    if (target.quota) held_[client] = {*target.quota, *target.ttl};
  }
  int64_t SumAt(Timestamp now) const {
    int64_t sum = 0;
    for (const auto& [client, lease] : held_) {
      // In whole seconds.
      if (lease.ttl.ns / 1'000'000'000 >= now.ns / 1'000'000'000) {
        sum += lease.quota;
      }
    }
    return sum;
  }

 private:
  std::map<std::string, SamplingLease> held_;
};

TEST_F(SamplingTargetsTest, LeasesNeverExceedTheReservoir) {
  for (uint32_t seed = 1; seed <= 20; ++seed) {
    std::mt19937 random(seed);
    const auto below = [&](uint32_t n) {
      return static_cast<int64_t>(random() % n);
    };
    int64_t size = below(50);
    SetReservoir(size);
    clock_.Advance(absl::Hours(1));  // Whatever was held has ended.
    Holdings holdings;
    int64_t largest = size;  // Of those under which leases may still live.
    Timestamp changed = clock_.Now();
    for (int step = 0; step < 3'000; ++step) {
      clock_.Advance(
          absl::Milliseconds(below(step % 100 == 0 ? 200'000 : 900)));
      if (below(500) == 0) Restart();
      if (below(300) == 0) {
        size = below(50);
        SetReservoir(size);
        largest = std::max(largest, size);
        changed = clock_.Now();
      }
      if (clock_.Now() - changed > absl::Seconds(302)) largest = size;
      const std::string client = std::to_string(below(12));
      const int64_t before = holdings.SumAt(clock_.Now());
      holdings.Take(client, Report(client, below(3) * below(400)));
      const int64_t sum = holdings.SumAt(clock_.Now());
      ASSERT_LE(sum, largest) << "seed " << seed << " step " << step;
      // Never more than before, unless there is room.
      ASSERT_LE(sum, std::max(before, size)) << "seed " << seed;
    }
  }
}

// A process that samples as X-Ray's SDKs do.
class Client {
 public:
  Client(std::string id, int64_t requests_per_second, uint32_t seed)
      : id_(std::move(id)), load_(requests_per_second), random_(seed) {}

  void Second(Timestamp now, double rate, int64_t reservoir) {
    taken_ = by_rate_ = 0;
    for (int64_t i = 0; i < load_; ++i) {
      ++requests_;
      const bool leased = quota_ && ttl_ >= now;
      if (leased ? taken_ < *quota_ : (reservoir > 0 && taken_ < 1)) {
        ++taken_;
      } else if (std::uniform_real_distribution(0.0, 1.0)(random_) <= rate) {
        ++by_rate_;
      }
    }
  }
  SamplingStatistics Document(Timestamp now) {
    return {.rule_name = "Default",
            .client_id = id_,
            .time = now,
            .counts = {.requests = std::exchange(requests_, 0)}};
  }
  void Take(const SamplingTarget& target) {
    if (target.quota) quota_ = target.quota;
    if (target.ttl) ttl_ = *target.ttl;
  }
  void set_load(int64_t load) { load_ = load; }
  int64_t load() const { return load_; }
  int64_t taken() const { return taken_; }
  int64_t by_rate() const { return by_rate_; }

 private:
  const std::string id_;
  int64_t load_;
  std::mt19937 random_;
  int64_t requests_ = 0;
  int64_t taken_ = 0;
  int64_t by_rate_ = 0;
  std::optional<int64_t> quota_;
  Timestamp ttl_;
};

TEST_F(SamplingTargetsTest, ClientsTogetherSampleReservoirAndRate) {
  constexpr int64_t kReservoir = 50;
  constexpr double kRate = 0.1;
  SetReservoir(kReservoir, kRate);
  std::vector<Client> clients;
  for (uint32_t i = 0; i < 8; ++i) {
    clients.emplace_back("client" + std::to_string(i), i == 0 ? 3 : 40, i);
  }
  double rest = 0, by_rate = 0;
  for (int s = 0; s < 900; ++s) {
    if (s == 300) clients[1].set_load(500);
    if (s == 450) clients[2].set_load(0);  // Goes away with its lease.
    if (s == 600) Restart();
    int64_t taken = 0;
    for (Client& client : clients) {
      client.Second(clock_.Now(), kRate, kReservoir);
      taken += client.taken();
      rest += static_cast<double>(client.load() - client.taken());
      by_rate += static_cast<double>(client.by_rate());
    }
    EXPECT_LE(taken, kReservoir) << s;
    // All of it is used, but at the start, when clients borrow, and while one
    // holds what it does not use.
    if (s > 30 && s < 450) {
      EXPECT_EQ(taken, kReservoir) << s;
    }
    if (s >= 450 && s < 600) {
      EXPECT_GE(taken, kReservoir * 7 / 8 - 1) << s;
    }
    for (size_t i = 0; i < clients.size(); ++i) {
      if (clients[i].load() == 0 || s % 10 != static_cast<int>(i)) continue;
      const auto answer =
          targets_->Report({clients[i].Document(clock_.Now())}, {});
      clients[i].Take(answer.targets.at(0));
    }
    clock_.Advance(absl::Seconds(1));
  }
  EXPECT_NEAR(by_rate / rest, kRate, 0.005);
}

}  // namespace
}  // namespace roentgen::server
