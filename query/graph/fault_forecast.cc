#include "query/graph/fault_forecast.h"

#include <algorithm>
#include <cmath>

namespace roentgen::query {
namespace {

constexpr double kHalfLifeSeconds = 6 * 3600;
constexpr double kPriorFaults = 0.5;
constexpr double kPriorOthers = 50;
constexpr double kDispersion = 2;
constexpr double kDeviations = 3;
constexpr double kQuantile = 0.999;
constexpr double kLeastHigh = 2;
constexpr double kAnomalyWeight = 0.1;
// From so many expected faults on, three deviations are above the quantile.
constexpr double kMeanOfQuantileMax = 30;

// The least count that `kQuantile` of binomial outcomes do not exceed.
double BinomialQuantile(double requests, double share) {
  double chance = std::pow(1 - share, requests);
  double sum = chance;
  double count = 0;
  while (sum < kQuantile && count < requests) {
    chance *= (requests - count) / (count + 1) * share / (1 - share);
    ++count;
    sum += chance;
  }
  return count;
}

}  // namespace

void FaultForecast::Decay(int64_t when) {
  const double kept =
      std::exp2(-static_cast<double>(when - last_) / kHalfLifeSeconds);
  requests_ *= kept;
  faults_ *= kept;
  last_ = when;
}

double FaultForecast::Share() const {
  return (faults_ + kPriorFaults) / (requests_ + kPriorFaults + kPriorOthers);
}

FaultBand FaultForecast::Expect(int64_t when, int64_t requests) {
  Decay(when);
  const double share = Share();
  const auto count = static_cast<double>(std::max<int64_t>(requests, 0));
  const double mean = share * count;
  const double deviation = std::sqrt(mean * (1 - share) * kDispersion);
  double high = std::max(mean + kDeviations * deviation, kLeastHigh);
  if (mean < kMeanOfQuantileMax) {
    high = std::max(high, BinomialQuantile(count, share));
  }
  const double low = std::max(mean - kDeviations * deviation, 0.0);
  return {.high = static_cast<int64_t>(std::ceil(high)),
          .low = static_cast<int64_t>(std::floor(low))};
}

void FaultForecast::Learn(int64_t when, int64_t requests, int64_t faults) {
  const bool anomalous = faults > Expect(when, requests).high;
  const double weight = anomalous ? kAnomalyWeight : 1;
  requests_ += weight * static_cast<double>(std::max<int64_t>(requests, 0));
  faults_ += weight * static_cast<double>(std::max<int64_t>(faults, 0));
}

}  // namespace roentgen::query
