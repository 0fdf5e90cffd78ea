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
                       Timestamp now) {
  if (!rule.boost || !TooFewSampled(counts)) return;
  const double rate =
      std::min(rule.boost->max_rate,
               rule.fixed_rate + kSampledShareAim * AnomalyShare(counts));
  // It would take traces away.
  if (rate <= rule.fixed_rate) return;
  // Somebody set the clock back: how long it has been is not known.
  if (begun_ && *begun_ > now) begun_.reset();
  const bool going_on = begun_ && now - *begun_ < kBoostMax;
  if (!going_on) {
    const absl::Duration window =
        std::max(kBoostMax, absl::Minutes(rule.boost->cooldown_window_minutes));
    if (begun_ && now - *begun_ < window) return;
    begun_ = now;
    boosted_.rate = 0;
  }
  boosted_.rate = std::max(boosted_.rate, rate);
  boosted_.ttl = std::min(now + kReportHolds, *begun_ + kBoostMax);
}

std::optional<BoostedRate> RateBoost::Current(const SamplingRule& rule,
                                              Timestamp now) const {
  if (!rule.boost || !begun_ || *begun_ > now || now >= boosted_.ttl) {
    return std::nullopt;
  }
  BoostedRate out = boosted_;
  out.rate = std::min(out.rate, rule.boost->max_rate);
  if (out.rate <= rule.fixed_rate) return std::nullopt;
  return out;
}

}  // namespace roentgen::server
