#include "storage/model/duration_histogram.h"

#include "gtest/gtest.h"

namespace roentgen::storage {
namespace {

absl::Duration Only(absl::Duration duration) {
  DurationHistogram histogram;
  histogram.Add(duration);
  return histogram.Percentile(0.5);
}

TEST(DurationHistogramTest, NothingIsZero) {
  EXPECT_EQ(DurationHistogram().Percentile(0.5), absl::ZeroDuration());
  EXPECT_EQ(DurationHistogram().count(), 0u);
}

TEST(DurationHistogramTest, MillisecondsBelow2048AreExact) {
  for (int64_t ms = 0; ms < 2'048; ++ms) {
    ASSERT_EQ(Only(absl::Milliseconds(ms)), absl::Milliseconds(ms));
  }
}

TEST(DurationHistogramTest, AboveTheErrorIsAtMostOneIn1024) {
  int64_t last = 0;
  for (int64_t ms = 2'048; ms < int64_t{1} << 50; ms += ms / 3'001 + 1) {
    const int64_t kept =
        absl::ToInt64Milliseconds(Only(absl::Milliseconds(ms)));
    ASSERT_LE(kept, ms);
    ASSERT_LE(ms - kept, ms / 1'024) << ms;
    ASSERT_GE(kept, last) << ms;
    last = kept;
  }
}

TEST(DurationHistogramTest, HalvesOfAMillisecondGoUp) {
  EXPECT_EQ(Only(absl::Microseconds(499)), absl::ZeroDuration());
  EXPECT_EQ(Only(absl::Microseconds(500)), absl::Milliseconds(1));
  EXPECT_EQ(Only(absl::Microseconds(1'499)), absl::Milliseconds(1));
  EXPECT_EQ(Only(absl::Seconds(-5)), absl::ZeroDuration());
}

TEST(DurationHistogramTest, PercentilesAreRecordedValues) {
  DurationHistogram histogram;
  for (int ms = 1; ms <= 100; ++ms) histogram.Add(absl::Milliseconds(ms));
  EXPECT_EQ(histogram.Percentile(0), absl::Milliseconds(1));
  EXPECT_EQ(histogram.Percentile(0.5), absl::Milliseconds(50));
  EXPECT_EQ(histogram.Percentile(0.501), absl::Milliseconds(51));
  EXPECT_EQ(histogram.Percentile(0.99), absl::Milliseconds(99));
  EXPECT_EQ(histogram.Percentile(1), absl::Milliseconds(100));
}

TEST(DurationHistogramTest, TwoAddUpAsIfTheyWereOne) {
  DurationHistogram a, b, both;
  for (int i = 0; i < 1'000; ++i) {
    const absl::Duration d = absl::Milliseconds(i * i);
    (i % 3 == 0 ? a : b).Add(d, 2);
    both.Add(d, 2);
  }
  a.Add(b);
  EXPECT_EQ(a.count(), 2'000u);
  for (double share = 0; share <= 1; share += 0.01) {
    EXPECT_EQ(a.Percentile(share), both.Percentile(share)) << share;
  }
}

}  // namespace
}  // namespace roentgen::storage
