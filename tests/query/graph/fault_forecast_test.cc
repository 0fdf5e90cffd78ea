// Bands of expected faults.
#include "query/graph/fault_forecast.h"

#include "gtest/gtest.h"

namespace roentgen::query {
namespace {

TEST(FaultForecastTest, ExpectsAboutOnePercentOfTheUnknown) {
  FaultForecast forecast;
  EXPECT_EQ(forecast.Expect(0, 0), (FaultBand{.high = 2, .low = 0}));
  EXPECT_EQ(forecast.Expect(0, 100), (FaultBand{.high = 6, .low = 0}));
  const FaultBand many = forecast.Expect(0, 1'000'000);
  EXPECT_GT(many.low, 9'000);
  EXPECT_LT(many.high, 11'000);
}

TEST(FaultForecastTest, LearnsTheShareOfFaults) {
  FaultForecast forecast;
  for (int64_t minute = 0; minute < 600; ++minute) {
    forecast.Learn(60 * minute, 1'000, 200);
  }
  const FaultBand band = forecast.Expect(36'000, 1'000);
  EXPECT_LT(band.low, 200);
  EXPECT_GT(band.low, 100);
  EXPECT_GT(band.high, 200);
  EXPECT_LT(band.high, 300);
  // Half of it is forgotten after six hours.
  for (int64_t minute = 0; minute < 360; ++minute) {
    forecast.Learn(36'000 + 60 * minute, 1'000, 100);
  }
  const FaultBand later = forecast.Expect(36'000 + 21'600, 1'000);
  EXPECT_LT(later.high, band.high);
  EXPECT_GT(later.high, 100);
}

TEST(FaultForecastTest, AnIncidentIsNotLearnedAtOnce) {
  FaultForecast calm;
  for (int64_t minute = 0; minute < 600; ++minute) {
    calm.Learn(60 * minute, 1'000, 1);
  }
  FaultForecast incident = calm;
  for (int64_t minute = 600; minute < 605; ++minute) {
    incident.Learn(60 * minute, 1'000, 900);
  }
  EXPECT_LT(incident.Expect(36'300, 1'000).high, 20);
}

FaultForecast Known(int64_t minutes, int64_t requests, int64_t faults) {
  FaultForecast forecast;
  for (int64_t minute = 0; minute < minutes; ++minute) {
    forecast.Learn(60 * minute, requests, faults);
  }
  return forecast;
}

TEST(FaultForecastTest, SurpriseGrowsWithFaultsAndWithWhatIsKnown) {
  FaultForecast known = Known(600, 1'000, 10);
  EXPECT_NEAR(known.Share(), 0.01, 0.001);
  EXPECT_NEAR(known.Surprise(36'000, 1'000, 10), 0, 0.1);
  EXPECT_EQ(known.Surprise(36'000, 0, 0), 0);
  const double little = known.Surprise(36'000, 1'000, 20);
  const double much = known.Surprise(36'000, 1'000, 40);
  EXPECT_GT(little, 1);
  EXPECT_LT(little, 10);
  EXPECT_GT(much, 3 * little);
  FaultForecast unknown;
  EXPECT_LT(unknown.Surprise(36'000, 1'000, 40), 3);
  EXPECT_GT(unknown.Surprise(36'000, 1'000, 900), 50);
}

TEST(FaultForecastTest, WhatScattersSurprisesLess) {
  FaultForecast calm = Known(600, 1'000, 10);
  FaultForecast wild;
  for (int64_t minute = 0; minute < 600; ++minute) {
    wild.Learn(60 * minute, 1'000, minute % 2 == 0 ? 15 : 5);
  }
  EXPECT_LT(2 * wild.Surprise(36'000, 1'000, 40),
            calm.Surprise(36'000, 1'000, 40));
}

TEST(FaultForecastTest, AnIncidentIsLearnedInHours) {
  for (const int64_t minutes : {0, 600}) {
    FaultForecast forecast = Known(minutes, 1'000, 1);
    for (int64_t minute = minutes; minute < minutes + 30; ++minute) {
      forecast.LearnIncident(60 * minute, 1'000, 500);
    }
    EXPECT_LT(forecast.Share(), 0.1) << minutes;
    for (int64_t minute = minutes + 30; minute < minutes + 48 * 60; ++minute) {
      forecast.LearnIncident(60 * minute, 1'000, 500);
    }
    EXPECT_GT(forecast.Share(), 0.4) << minutes;
  }
}

TEST(FaultForecastTest, SurvivesImpossibleFigures) {
  FaultForecast forecast;
  forecast.Learn(0, -5, -7);
  forecast.Learn(60, 1, 1'000'000);
  forecast.LearnIncident(60, -1, 5);
  forecast.LearnIncident(60, 1, 1'000'000);
  EXPECT_EQ(forecast.Surprise(60, -5, 10), 0);
  EXPECT_GE(forecast.Surprise(60, 1, 1'000'000), 0);
  const FaultBand band = forecast.Expect(120, -1);
  EXPECT_GE(band.high, 2);
  EXPECT_GE(band.low, 0);
}

}  // namespace
}  // namespace roentgen::query
