// The parts of sampling targets: fair shares, boosts, windows of statistics.
#include <algorithm>
#include <limits>
#include <numeric>
#include <random>

#include "base/limits.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/sampling/fair_share.h"
#include "server/sampling/rate_boost.h"
#include "server/sampling/statistic_windows.h"

namespace roentgen::server {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr int64_t kHuge = std::numeric_limits<int64_t>::max();

std::vector<int64_t> Shares(int64_t pool, const std::vector<int64_t>& demands) {
  std::vector<int64_t> out;
  for (size_t i = 0; i < demands.size(); ++i) {
    out.push_back(FairShare(pool, demands, i));
  }
  return out;
}

TEST(FairShare, GivesWhatIsWantedAndSharesTheRest) {
  EXPECT_THAT(Shares(10, {1, 20, 20}), ElementsAre(1, 5, 4));
  EXPECT_THAT(Shares(10, {1, 1}), ElementsAre(5, 5));
  EXPECT_THAT(Shares(10, {5}), ElementsAre(10));
  EXPECT_THAT(Shares(0, {5, 1}), ElementsAre(0, 0));
  EXPECT_THAT(Shares(2, {9, 9, 9}), ElementsAre(1, 1, 0));
  EXPECT_THAT(Shares(11, {0, 0, 0}), ElementsAre(4, 4, 3));
  EXPECT_THAT(Shares(10, {4, 4, 2}), ElementsAre(4, 4, 2));
}

TEST(FairShare, IsMaxMinFair) {
  std::mt19937 random(7);
  for (int round = 0; round < 2'000; ++round) {
    const int64_t pool = random() % 100;
    std::vector<int64_t> demands(1 + random() % 8);
    for (int64_t& demand : demands) demand = random() % 40;
    const std::vector<int64_t> shares = Shares(pool, demands);
    EXPECT_EQ(std::accumulate(shares.begin(), shares.end(), int64_t{0}), pool);
    const int64_t most = *std::max_element(shares.begin(), shares.end());
    for (size_t i = 0; i < shares.size(); ++i) {
      // Whoever has less than another one has what it wants.
      EXPECT_TRUE(shares[i] >= demands[i] || shares[i] >= most - 1)
          << testing::PrintToString(demands) << " of " << pool;
    }
  }
}

SamplingRule Boostable(double max_rate, int64_t cooldown_minutes) {
  return {.rule_name = "r",
          .fixed_rate = 0.05,
          .boost = SamplingRateBoost{max_rate, cooldown_minutes}};
}

Timestamp At(int64_t seconds) { return Timestamp::FromSeconds(seconds); }

TEST(RateBoost, LastsAMinuteAndComesOncePerWindow) {
  const SamplingRule rule = Boostable(1, 5);
  const AnomalyCounts bad{.anomalies = 90, .total = 100};
  RateBoost boost;
  std::vector<int64_t> boosted;
  for (int64_t s = 0; s < 700; s += 10) {
    boost.Report(rule, bad, absl::Seconds(s));
    const auto current = boost.Current(rule, At(1'000 + s), absl::Seconds(s));
    if (!current) continue;
    boosted.push_back(s);
    EXPECT_DOUBLE_EQ(current->rate, 0.14);
    EXPECT_LE(current->ttl, At(1'000 + s + 20));
  }
  EXPECT_THAT(boosted, ElementsAre(0, 10, 20, 30, 40, 50, 300, 310, 320, 330,
                                   340, 350, 600, 610, 620, 630, 640, 650));
}

TEST(RateBoost, EndsWithoutReports) {
  const SamplingRule rule = Boostable(1, 5);
  RateBoost boost;
  boost.Report(rule, {.anomalies = 1, .total = 1}, absl::Seconds(5));
  EXPECT_EQ(boost.Current(rule, At(19), absl::Seconds(24))->ttl, At(20));
  EXPECT_FALSE(boost.Current(rule, At(20), absl::Seconds(25)));
}

TEST(RateBoost, StartsOnlyWhenItHelps) {
  const struct {
    SamplingRule rule;
    AnomalyCounts counts;
    std::optional<double> rate;
  } cases[] = {
      {Boostable(1, 1), {0, 100, 0}, std::nullopt},
      {Boostable(1, 1), {100, 100, 10}, std::nullopt},
      {Boostable(1, 1), {100, 100, 9}, 0.15},
      {Boostable(0.12, 1), {100, 100, 0}, 0.12},
      {Boostable(0.05, 1), {100, 100, 0}, std::nullopt},
      {Boostable(0, 0), {100, 100, 0}, std::nullopt},
      {{.fixed_rate = 0.05}, {100, 100, 0}, std::nullopt},
      // Numbers that make no sense.
      {Boostable(1, 1), {kHuge, 0, -1}, 0.15},
      {Boostable(1, 1), {kHuge, kHuge, kHuge}, std::nullopt},
      {Boostable(1, limits::kBoostCooldownMinutesMax), {1, -kHuge, 0}, 0.15},
      {Boostable(1, 1), {-kHuge, kHuge, 0}, std::nullopt},
  };
  for (const auto& test : cases) {
    RateBoost boost;
    boost.Report(test.rule, test.counts, absl::ZeroDuration());
    const auto current = boost.Current(test.rule, At(0), absl::ZeroDuration());
    EXPECT_EQ(current.has_value(), test.rate.has_value());
    if (!current || !test.rate) continue;
    EXPECT_DOUBLE_EQ(current->rate, *test.rate);
  }
}

TEST(RateBoost, FollowsChangesOfTheRule) {
  RateBoost boost;
  constexpr absl::Duration kSecond = absl::Seconds(1);
  boost.Report(Boostable(1, 1), {1, 1, 0}, absl::ZeroDuration());
  EXPECT_DOUBLE_EQ(boost.Current(Boostable(0.1, 1), At(1), kSecond)->rate, 0.1);
  EXPECT_FALSE(boost.Current({.fixed_rate = 0.05}, At(1), kSecond));
  EXPECT_FALSE(boost.Current(Boostable(0.01, 1), At(1), kSecond));
}

TEST(StatisticWindows, ShowsWhatIsOverNewestFirst) {
  StatisticWindows windows;
  windows.Add(At(1'009), {1, 2, 3}, At(1'011));
  windows.Add(At(1'000), {10, 20, 30}, At(1'011));
  windows.Add(At(1'011), {5, 5, 5}, At(1'011));
  EXPECT_THAT(windows.Closed(At(1'019)),
              ElementsAre(StatisticWindow{At(1'000), {11, 22, 33}}));
  EXPECT_THAT(windows.Closed(At(1'020)),
              ElementsAre(StatisticWindow{At(1'010), {5, 5, 5}},
                          StatisticWindow{At(1'000), {11, 22, 33}}));
  EXPECT_THAT(windows.Closed(At(2'000)), IsEmpty());
}

TEST(StatisticWindows, TakesAnyTimeAndAnyNumber) {
  StatisticWindows windows;
  windows.Add(Timestamp::Min(), {kHuge, kHuge, -kHuge}, At(1'000));
  windows.Add(Timestamp::Max(), {kHuge, 0, -1}, At(1'001));
  windows.Add(At(300), {1, 1, 1}, At(1'002));
  EXPECT_THAT(windows.Closed(At(1'010)),
              ElementsAre(StatisticWindow{At(1'000), {kHuge, kHuge, 1}}));
}

TEST(StatisticWindows, KeepsTenMinutes) {
  StatisticWindows windows;
  for (int64_t s = 0; s < 5'000; ++s) windows.Add(At(s), {1, 0, 0}, At(s));
  const auto closed = windows.Closed(At(5'000));
  ASSERT_EQ(closed.size(), limits::kStatisticWindowsMax);
  EXPECT_EQ(closed.front(), (StatisticWindow{At(4'990), {10, 0, 0}}));
  EXPECT_EQ(closed.back(), (StatisticWindow{At(4'400), {10, 0, 0}}));
}

}  // namespace
}  // namespace roentgen::server
