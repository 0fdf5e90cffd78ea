#include "trace/model/duration_histogram.h"

#include <cstdlib>
#include <utility>
#include <vector>

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
  EXPECT_EQ(DurationHistogram().count(), 0);
}

TEST(DurationHistogramTest, MicrosecondsBelow2048AreExact) {
  for (int64_t us = 0; us < 2'048; ++us) {
    ASSERT_EQ(Only(absl::Microseconds(us)), absl::Microseconds(us));
  }
}

TEST(DurationHistogramTest, AboveTheErrorIsAtMostOneIn1024) {
  int64_t last = 0;
  for (int64_t us = 2'048; us < int64_t{1} << 50; us += us / 3'001 + 1) {
    const int64_t kept =
        absl::ToInt64Microseconds(Only(absl::Microseconds(us)));
    ASSERT_LE(std::abs(us - kept), us / 1'024) << us;
    ASSERT_GE(kept, last) << us;
    last = kept;
  }
}

TEST(DurationHistogramTest, RoundNumbersStayWhatTheyAre) {
  for (int64_t ms = 0; ms <= 1'024; ++ms) {
    ASSERT_EQ(Only(absl::Milliseconds(ms)), absl::Milliseconds(ms));
  }
  for (const absl::Duration round :
       {absl::Milliseconds(1'500), absl::Seconds(4), absl::Seconds(5),
        absl::Seconds(30), absl::Seconds(100)}) {
    EXPECT_EQ(Only(round), round);
  }
}

TEST(DurationHistogramTest, ABinIsReadAsAValueOfItself) {
  int64_t last = -1;
  for (uint32_t bin = 0; bin < DurationHistogram::kBins; ++bin) {
    const int64_t us = DurationHistogram::MicrosecondsOf(bin);
    ASSERT_GT(us, last) << bin;
    last = us;
    if (us > INT64_MAX / 1'000) continue;
    ASSERT_EQ(DurationHistogram::BinOf(us * 1'000), bin);
  }
}

TEST(DurationHistogramTest, HalvesOfAMicrosecondGoUp) {
  EXPECT_EQ(Only(absl::Nanoseconds(499)), absl::ZeroDuration());
  EXPECT_EQ(Only(absl::Nanoseconds(500)), absl::Microseconds(1));
  EXPECT_EQ(Only(absl::Nanoseconds(1'499)), absl::Microseconds(1));
  EXPECT_EQ(Only(absl::Seconds(-5)), absl::ZeroDuration());
}

TEST(DurationHistogramTest, PercentilesAreRecordedValues) {
  DurationHistogram histogram;
  for (int us = 1; us <= 100; ++us) histogram.Add(absl::Microseconds(us));
  EXPECT_EQ(histogram.Percentile(0), absl::Microseconds(1));
  EXPECT_EQ(histogram.Percentile(0.5), absl::Microseconds(50));
  EXPECT_EQ(histogram.Percentile(0.501), absl::Microseconds(51));
  EXPECT_EQ(histogram.Percentile(0.99), absl::Microseconds(99));
  EXPECT_EQ(histogram.Percentile(1), absl::Microseconds(100));
}

TEST(DurationHistogramTest, TwoAddUpAsIfTheyWereOne) {
  DurationHistogram a, b, both;
  for (int i = 0; i < 1'000; ++i) {
    const absl::Duration d = absl::Microseconds(i * i);
    (i % 3 == 0 ? a : b).Add(d, 2);
    both.Add(d, 2);
  }
  a.Add(b);
  EXPECT_EQ(a.count(), 2'000);
  for (double share = 0; share <= 1; share += 0.01) {
    EXPECT_EQ(a.Percentile(share), both.Percentile(share)) << share;
  }
}

TEST(DurationHistogramTest, WhatWasAddedCanBeTakenAway) {
  DurationHistogram small, large, sum;
  for (int i = 0; i < 40; ++i) small.Add(absl::Microseconds(i * 100));
  for (int i = 0; i < 900; ++i) large.Add(absl::Microseconds(i * 7));
  sum.Add(small);
  sum.Add(large);
  sum.Add(large, -1);
  EXPECT_EQ(sum, small);
  EXPECT_FALSE(sum.empty());
  sum.Add(small, -1);
  EXPECT_EQ(sum, DurationHistogram());
  EXPECT_TRUE(sum.empty());
  EXPECT_EQ(sum.count(), 0);
  EXPECT_EQ(sum.Percentile(0.5), absl::ZeroDuration());
}

TEST(DurationHistogramTest, TakenAwayFirstAndAddedLater) {
  DurationHistogram histogram;
  histogram.Add(absl::Microseconds(5), -1);
  EXPECT_EQ(histogram.count(), -1);
  histogram.Add(absl::Microseconds(7), 1);
  EXPECT_FALSE(histogram.empty());
  EXPECT_EQ(histogram.count(), 0);
  EXPECT_NE(histogram, DurationHistogram());
  histogram.Add(absl::Microseconds(5), 2);
  std::vector<std::pair<int64_t, int64_t>> bins;
  histogram.ForEach([&](uint32_t bin, int64_t count) {
    bins.emplace_back(DurationHistogram::MicrosecondsOf(bin), count);
  });
  EXPECT_EQ(bins, (std::vector<std::pair<int64_t, int64_t>>{{5, 1}, {7, 1}}));
}

TEST(DurationHistogramTest, BinsAreVisitedInOrderAndAddUpToTheSame) {
  DurationHistogram histogram, again;
  for (int64_t us = 1; us < int64_t{1} << 40; us = us * 5 / 4 + 1) {
    histogram.Add(absl::Microseconds(us), 3);
    if (us > 10'000) continue;
    for (int64_t i = 0; i < 50; ++i) histogram.Add(absl::Microseconds(us + i));
  }
  int64_t last = -1;
  histogram.ForEach([&](uint32_t bin, int64_t count) {
    EXPECT_GT(int64_t{bin}, last);
    EXPECT_LT(bin, DurationHistogram::kBins);
    last = bin;
    again.AddToBin(bin, count);
  });
  EXPECT_EQ(again, histogram);
}

TEST(DurationHistogramTest, SparseAndDenseFormsAreEqual) {
  DurationHistogram dense, sparse;
  for (int us = 0; us < 400; ++us) dense.Add(absl::Microseconds(us));
  for (int us = 1; us < 400; ++us) dense.Add(absl::Microseconds(us), -1);
  sparse.Add(absl::ZeroDuration());
  EXPECT_EQ(dense, sparse);
  EXPECT_EQ(dense.Percentile(1), absl::ZeroDuration());
}

TEST(DurationHistogramTest, AnyDurationAndCountHasAPlace) {
  DurationHistogram histogram;
  histogram.Add(absl::InfiniteDuration(), INT64_MAX);
  histogram.Add(absl::InfiniteDuration(), INT64_MAX);
  histogram.AddToBin(DurationHistogram::BinOf(INT64_MAX), INT64_MIN);
  histogram.AddToBin(DurationHistogram::BinOf(INT64_MIN));
  histogram.ForEach([](uint32_t bin, int64_t) {
    EXPECT_LT(bin, DurationHistogram::kBins);
    EXPECT_GE(DurationHistogram::MicrosecondsOf(bin), 0);
  });
  EXPECT_GE(DurationHistogram::MicrosecondsOf(DurationHistogram::kBins - 1), 0);
}

}  // namespace
}  // namespace roentgen::storage
