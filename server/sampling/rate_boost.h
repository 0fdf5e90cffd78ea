// The boost of one rule: a higher rate for a while, when clients see anomalies
// and sample few of them.
//
// X-Ray's formula is not known. Here: of the anomalies a tenth shall be
// sampled. A report of fewer starts a boost, to the rule's rate plus a tenth of
// the share of anomalies, at most MaxRate. It holds for 20 s; reports renew it
// until 60 s after it began. The next one may begin when the cool-down window,
// which begins with the boost, is over.
//
// Threads: one at a time.
#ifndef ROENTGEN_SERVER_SAMPLING_RATE_BOOST_H_
#define ROENTGEN_SERVER_SAMPLING_RATE_BOOST_H_

#include <cstdint>
#include <optional>

#include "absl/time/time.h"
#include "base/timestamp.h"
#include "server/sampling/sampling_rule.h"

namespace roentgen::server {

struct AnomalyCounts {
  int64_t anomalies = 0;
  int64_t total = 0;
  int64_t sampled_anomalies = 0;
};

struct BoostedRate {
  double rate = 0;
  Timestamp ttl;

  friend bool operator==(const BoostedRate&, const BoostedRate&) = default;
};

class RateBoost {
 public:
  // `now` everywhere: by Clock::Elapsed, as in rule_clients.h.
  //
  // A client's report. Rules without a boost in them are not boosted.
  void Report(const SamplingRule& rule, const AnomalyCounts& counts,
              absl::Duration now);

  // The boost in force, never above the rule's present MaxRate. `time`: of day,
  // for its end.
  std::optional<BoostedRate> Current(const SamplingRule& rule, Timestamp time,
                                     absl::Duration now) const;

 private:
  std::optional<absl::Duration> begun_;
  absl::Duration end_;  // Of the boost, unless more reports come.
  double rate_ = 0;
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_SAMPLING_RATE_BOOST_H_
