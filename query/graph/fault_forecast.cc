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
// Of Surprise: what is taken for the dispersion until it is learned, how much
// that is worth, and the largest one.
constexpr double kFirstDispersion = 1.25;
constexpr double kFirstDispersionWeight = 20;
constexpr double kDispersionMax = 10;
// What a minute of an incident adds to what is known, at most.
constexpr double kIncidentGrowth = 1.0 / 200;

double NotNegative(int64_t count) {
  return static_cast<double>(std::max<int64_t>(count, 0));
}

// count * ln(count / expected), which is zero for none.
double LogRatio(double count, double expected) {
  return count > 0 ? count * std::log(count / expected) : 0;
}

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
  deviations_ *= kept;
  deviation_weight_ *= kept;
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

double FaultForecast::Dispersion() const {
  const double learned =
      (deviations_ + kFirstDispersionWeight * kFirstDispersion) /
      (deviation_weight_ + kFirstDispersionWeight);
  return std::clamp(learned, 1.0, kDispersionMax);
}

double FaultForecast::Surprise(int64_t when, int64_t requests, int64_t faults) {
  Decay(when);
  const double count = NotNegative(requests);
  const double failed = std::min(NotNegative(faults), count);
  const double mean = Share() * count;
  if (failed <= mean) return 0;
  const double surprise =
      LogRatio(failed, mean) + LogRatio(count - failed, count - mean);
  // The share is not known better than from so many requests.
  const double known = requests_ + kPriorFaults + kPriorOthers;
  return surprise / (Dispersion() + (count - 1) / (known + 1));
}

void FaultForecast::Learn(int64_t when, int64_t requests, int64_t faults) {
  const bool anomalous = faults > Expect(when, requests).high;
  const double count = NotNegative(requests);
  const double failed = NotNegative(faults);
  if (!anomalous) {
    const double share = Share();
    const double variance = share * (1 - share) * count;
    const double off = failed - share * count;
    // Weighed so that a fault where hardly one is expected says little.
    deviations_ += off * off / (variance + 1);
    deviation_weight_ += variance / (variance + 1);
  }
  const double weight = anomalous ? kAnomalyWeight : 1;
  requests_ += weight * count;
  faults_ += weight * failed;
}

void FaultForecast::LearnIncident(int64_t when, int64_t requests,
                                  int64_t faults) {
  Decay(when);
  const double count = NotNegative(requests);
  if (count == 0) return;
  const double added =
      std::min(kAnomalyWeight * count,
               kIncidentGrowth * std::max(requests_, kPriorOthers));
  requests_ += added;
  faults_ += added * NotNegative(faults) / count;
}

}  // namespace roentgen::query
