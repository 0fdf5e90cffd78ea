// GetSamplingTargets: what clients report of a rule, and what each may sample.
//
//   RTG_ASSIGN_OR_RETURN(auto targets, SamplingTargets::Open(store, *rules));
//   SamplingTargetsAnswer answer = targets->Report(documents, boosts);
//
// The first answer to a client has no quota, as X-Ray's; the client borrows
// until it reports again. See rule_clients.h for the split and rate_boost.h for
// boosts.
//
// Leases are not kept over a restart, clients keep theirs. So a server whose
// store has a note that leases were given once gives none for 301 s after its
// start: those in force end meanwhile, and clients without one borrow. A lease
// of a deleted rule counts until it ends, also when the rule is made again.
// Not covered: an answer that gets lost leaves its client an older, perhaps
// larger lease; clients whose clocks are late use one for longer.
//
// Threads: thread-safe. The first report waits for the store.
#ifndef ROENTGEN_SERVER_SAMPLING_SAMPLING_TARGETS_H_
#define ROENTGEN_SERVER_SAMPLING_SAMPLING_TARGETS_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "base/timestamp.h"
#include "server/sampling/rate_boost.h"
#include "server/sampling/rule_catalog.h"
#include "server/sampling/rule_clients.h"
#include "server/sampling/sampling_rule.h"
#include "server/sampling/statistic_windows.h"
#include "storage/settings/settings_store.h"

namespace roentgen::server {

// Numbers and times may be anything; negative counts are zero.
struct SamplingStatistics {
  std::string rule_name;
  std::string client_id;
  Timestamp time;
  SamplingCounts counts;
};

struct BoostStatistics {
  std::string rule_name;
  std::string service_name;
  Timestamp time;
  AnomalyCounts counts;
};

struct SamplingTarget {
  std::string rule_name;
  double fixed_rate = 0;
  std::optional<int64_t> quota;
  std::optional<Timestamp> ttl;
  std::optional<int64_t> interval_seconds;
  std::optional<BoostedRate> boost;

  friend bool operator==(const SamplingTarget&,
                         const SamplingTarget&) = default;
};

struct UnprocessedSampling {
  std::string rule_name;
  std::string error_code;  // "400"
  std::string message;

  friend bool operator==(const UnprocessedSampling&,
                         const UnprocessedSampling&) = default;
};

struct SamplingTargetsAnswer {
  std::vector<SamplingTarget> targets;  // In the order of the documents.
  Timestamp last_rule_modification;
  std::vector<UnprocessedSampling> unprocessed;
  std::vector<UnprocessedSampling> unprocessed_boost;
};

struct SamplingStatisticSummary {
  std::string rule_name;
  Timestamp time;  // Begin of the window.
  SamplingCounts counts;

  friend bool operator==(const SamplingStatisticSummary&,
                         const SamplingStatisticSummary&) = default;
};

class SamplingTargets {
 public:
  // All outlive the object. Errors: the store's.
  static absl::StatusOr<std::unique_ptr<SamplingTargets>> Open(
      storage::SettingsStore& store, const RuleCatalog& rules,
      const Clock& clock = SystemClock());

  // While the store refuses the note of the first lease, none is given.
  SamplingTargetsAnswer Report(const std::vector<SamplingStatistics>& documents,
                               const std::vector<BoostStatistics>& boosts);

  // Of the rules that there are, in the order of RuleCatalog::List; of each the
  // windows of statistic_windows.h, newest first.
  std::vector<SamplingStatisticSummary> Summaries() const;

 private:
  struct RuleState {
    RuleClients clients;
    RateBoost boost;
    StatisticWindows windows;
  };

  SamplingTargets(storage::SettingsStore& store, const RuleCatalog& rules,
                  const Clock& clock)
      : store_(store), rules_(rules), clock_(clock) {}

  bool MayLease();
  // Nothing when too many rules have clients.
  RuleState* StateOf(const std::string& rule_name) RTG_REQUIRES(mu_);
  SamplingTarget TargetOf(const SamplingRule& rule,
                          const SamplingStatistics& document, bool may_lease,
                          Timestamp now) RTG_EXCLUDES(mu_);
  void ReportBoost(const SamplingRule& rule, const BoostStatistics& document)
      RTG_EXCLUDES(mu_);

  storage::SettingsStore& store_;
  const RuleCatalog& rules_;
  const Clock& clock_;
  // By Clock::Elapsed, as all that is about leases.
  absl::Duration lease_from_ = -absl::InfiniteDuration();
  std::atomic<bool> lease_noted_ = false;
  mutable Mutex mu_;
  std::map<std::string, RuleState, std::less<>> states_ RTG_GUARDED_BY(mu_);
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_SAMPLING_SAMPLING_TARGETS_H_
