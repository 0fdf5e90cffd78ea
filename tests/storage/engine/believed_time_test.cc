#include "storage/engine/believed_time.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace roentgen::storage {
namespace {

constexpr Timestamp kNow = Timestamp::FromSeconds(1'700'000'000);
constexpr absl::Duration kSecond = absl::Seconds(1);
constexpr absl::Duration kHour = absl::Hours(1);
constexpr absl::Duration kMost = absl::Minutes(59);
constexpr absl::Duration kDay = absl::Hours(24);

// What happens, and what is believed after it; all times from kNow on.
struct Step {
  absl::Duration passes;                // First.
  std::optional<absl::Duration> clock;  // Then somebody sets the clock.
  absl::Duration expiry;
  absl::Duration arrival;
  bool doubted;
};
struct BelievedCase {
  std::string name;
  std::optional<absl::Duration> latest;  // What Begin is told.
  std::vector<Step> steps;
  absl::Duration retention = 30 * kDay;
};
void PrintTo(const BelievedCase& c, std::ostream* os) { *os << c.name; }

class BelievedTimeTest : public testing::TestWithParam<BelievedCase> {};

TEST_P(BelievedTimeTest, Follows) {
  ManualClock clock(kNow);
  BelievedTime time(clock, GetParam().retention);
  if (GetParam().latest) time.Begin(kNow + *GetParam().latest);
  int number = 0;
  for (const Step& step : GetParam().steps) {
    SCOPED_TRACE(number++);
    // Somebody looks now and then.
    for (absl::Duration t; t < step.passes; t += absl::Minutes(10)) {
      clock.Advance(std::min(absl::Minutes(10), step.passes - t));
      time.ForExpiry();
    }
    if (step.clock) clock.Set(kNow + *step.clock);
    EXPECT_EQ(time.ForExpiry() - kNow, step.expiry);
    EXPECT_EQ(time.ForArrival() - kNow, step.arrival);
    EXPECT_EQ(time.Doubt().has_value(), step.doubted);
  }
}

const absl::Duration kNone = absl::ZeroDuration();

INSTANTIATE_TEST_SUITE_P(
    All, BelievedTimeTest,
    testing::Values(
        BelievedCase{"AClockThatIsRight",
                     -kHour,
                     {{kNone, {}, kNone, kNone, false},
                      {3 * kDay, {}, 3 * kDay, 3 * kDay, false}}},
        BelievedCase{"SmallSteps",
                     kNone,
                     {{kNone, kHour, kHour, kHour, false},
                      {kNone, 2 * kHour, 2 * kHour, 2 * kHour, false},
                      {kNone, kHour, kHour, kHour, false}}},
        BelievedCase{"AnHourBesideAMonth",
                     kNone,
                     {{kNone, kMost, kMost, kMost, false},
                      {kNone, kMost + kHour + kSecond, kMost,
                       kMost + kHour + kSecond, true}}},
        BelievedCase{
            "AnHourBesideAMinute",
            kNone,
            {{kNone, kMost, kNone, kMost, true},
             {15 * kSecond, 15 * kSecond, 15 * kSecond, 15 * kSecond, false}},
            60 * kSecond},
        BelievedCase{
            "AnHourBesideHalfOfOne",
            kNone,
            {{kNone, kMost, kNone, kMost, true},
             {15 * kSecond, 15 * kSecond, 15 * kSecond, 15 * kSecond, false},
             {kNone, -kMost, -kMost, 15 * kSecond, true}},
            kHour / 2},
        BelievedCase{"SecondsBesideAMinute",
                     kNone,
                     {{kNone, 2 * kSecond, 2 * kSecond, 2 * kSecond, false},
                      {kNone, 5 * kSecond, 2 * kSecond, 5 * kSecond, true},
                      {kNone, 4 * kSecond, 4 * kSecond, 4 * kSecond, false},
                      {kNone, kSecond, kSecond, 4 * kSecond, true},
                      {kHour, {}, kHour + kSecond, kHour + kSecond, false}},
                     60 * kSecond},
        BelievedCase{"AMinuteBesideHalfAnHour",
                     kNone,
                     {{kNone, 75 * kSecond, 75 * kSecond, 75 * kSecond, false},
                      {kNone, 151 * kSecond, 75 * kSecond, 151 * kSecond, true},
                      {kNone, kNone, kNone, kNone, false}},
                     kHour / 2},
        BelievedCase{"AheadForAMoment",
                     kNone,
                     {{kNone, 31 * kDay, kNone, 31 * kDay, true},
                      {kHour, kHour, kHour, kHour, false}}},
        BelievedCase{
            "AheadAndItStays",
            kNone,
            {{kNone, 31 * kDay, kNone, 31 * kDay, true},
             {23 * kHour, {}, 23 * kHour, 31 * kDay + 23 * kHour, true},
             {kHour, {}, 32 * kDay, 32 * kDay, false}}},
        BelievedCase{
            "ASecondStepBeginsAnew",
            kNone,
            {{kNone, 31 * kDay, kNone, 31 * kDay, true},
             {23 * kHour, 62 * kDay, 23 * kHour, 62 * kDay, true},
             {23 * kHour, {}, 46 * kHour, 62 * kDay + 23 * kHour, true}}},
        BelievedCase{"StoppedOvernight",
                     -12 * kHour,
                     {{kNone, {}, -12 * kHour, kNone, true},
                      {kHour, {}, kHour, kHour, false}}},
        BelievedCase{
            "StartsYearsAhead",
            -3'650 * kDay,
            {{kNone, {}, -3'650 * kDay, kNone, true},
             {kHour, -3'650 * kDay, -3'650 * kDay, -3'650 * kDay, false}}},
        BelievedCase{"BackForAMoment",
                     kNone,
                     {{kNone, -31 * kDay, -31 * kDay, kNone, true},
                      {kHour, {}, -31 * kDay + kHour, kHour, true},
                      {kNone, kHour, kHour, kHour, false}}},
        BelievedCase{"BackAndItStays",
                     kNone,
                     {{kNone, -31 * kDay, -31 * kDay, kNone, true},
                      {kDay, {}, -30 * kDay, -30 * kDay, false}}},
        BelievedCase{"StartsInThePast",
                     31 * kDay,
                     {{kNone, {}, kNone, 31 * kDay, true},
                      {kHour, 31 * kDay, 31 * kDay, 31 * kDay, false}}},
        // Nothing says that the clock was right before.
        BelievedCase{"ANewStoreFollowsACorrection",
                     std::nullopt,
                     {{kNone, -31 * kDay, -31 * kDay, -31 * kDay, false}}},
        BelievedCase{"ANewStoreStillWaitsToDrop",
                     std::nullopt,
                     {{kNone, 31 * kDay, kNone, 31 * kDay, true}}},
        BelievedCase{
            "AnHourOfAgreementConfirms",
            std::nullopt,
            {{kHour, kHour - 31 * kDay, kHour - 31 * kDay, kHour, true}}}),
    [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace roentgen::storage
