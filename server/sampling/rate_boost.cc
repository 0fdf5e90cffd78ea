#include "server/sampling/rate_boost.h"

#include <algorithm>

namespace roentgen::server {
namespace {

constexpr double kSampledShareAim = 0.1;
constexpr absl::Duration kReportHolds = absl::Seconds(20);
constexpr absl::Duration kBoostMax = absl::Seconds(60);

// Counts come from outside: any number may stand there.
bool TooFewSampled(const AnomalyCounts& counts) {
  return counts.anomalies > 0 &&
         static_cast<double>(std::max<int64_t>(counts.sampled_anomalies, 0)) <
             kSampledShareAim * static_cast<double>(counts.anomalies);
}

double AnomalyShare(const AnomalyCounts& counts) {
  return static_cast<double>(counts.anomalies) /
         static_cast<double>(std::max(counts.anomalies, counts.total));
}

}  // namespace

void RateBoost::Report(const SamplingRule& rule, const AnomalyCounts& counts,
                       absl::Duration now) {
  if (!rule.boost || !TooFewSampled(counts)) return;
  const double rate =
      std::min(rule.boost->max_rate,
               rule.fixed_rate + kSampledShareAim * AnomalyShare(counts));
  // It would take traces away.
  if (rate <= rule.fixed_rate) return;
  const bool going_on = begun_ && now - *begun_ < kBoostMax;
  if (!going_on) {
    const absl::Duration window =
        std::max(kBoostMax, absl::Minutes(rule.boost->cooldown_window_minutes));
    if (begun_ && now - *begun_ < window) return;
    begun_ = now;
    rate_ = 0;
  }
  rate_ = std::max(rate_, rate);
  end_ = std::min(now + kReportHolds, *begun_ + kBoostMax);
}

std::optional<BoostedRate> RateBoost::Current(const SamplingRule& rule,
                                              Timestamp time,
                                              absl::Duration now) const {
  if (!rule.boost || !begun_ || now >= end_) return std::nullopt;
  const double rate = std::min(rate_, rule.boost->max_rate);
  if (rate <= rule.fixed_rate) return std::nullopt;
  return BoostedRate{.rate = rate, .ttl = time + (end_ - now)};
}

}  // namespace roentgen::server
