#include "server/sampling/sampling_targets.h"

#include "base/limits.h"
#include "base/status_macros.h"

namespace roentgen::server {
namespace {

constexpr std::string_view kLeaseNote = "sampling-leases/given";
constexpr std::string_view kNoted = "1";
constexpr int64_t kIntervalSeconds = 10;

UnprocessedSampling UnknownRule(const std::string& name) {
  return {.rule_name = name, .error_code = "400", .message = "Unknown rule"};
}

}  // namespace

absl::StatusOr<std::unique_ptr<SamplingTargets>> SamplingTargets::Open(
    storage::SettingsStore& store, const RuleCatalog& rules,
    const Clock& clock) {
  std::unique_ptr<SamplingTargets> targets(
      new SamplingTargets(store, rules, clock));
  RTG_ASSIGN_OR_RETURN(const std::optional<std::string> note,
                       store.Get(kLeaseNote));
  if (note) {
    targets->lease_noted_ = true;
    targets->lease_from_ = clock.Elapsed() + kLeaseHolds;
  }
  return targets;
}

bool SamplingTargets::MayLease() {
  if (lease_noted_) return clock_.Elapsed() >= lease_from_;
  // Whether it was this call or another one that wrote it: it is there.
  const auto set =
      store_.CompareAndSet(kLeaseNote, std::nullopt, std::string(kNoted));
  if (set.ok()) lease_noted_ = true;
  return set.ok();
}

SamplingTargets::RuleState* SamplingTargets::StateOf(
    const std::string& rule_name) {
  const auto at = states_.find(rule_name);
  if (at != states_.end()) return &at->second;
  if (states_.size() >= limits::kSampledRulesMax) {
    std::erase_if(states_, [&](const auto& entry) {
      return !entry.second.clients.AnyLease(clock_.Elapsed()) &&
             !rules_.Find(entry.first);
    });
  }
  if (states_.size() >= limits::kSampledRulesMax) return nullptr;
  return &states_[rule_name];
}

SamplingTarget SamplingTargets::TargetOf(const SamplingRule& rule,
                                         const SamplingStatistics& document,
                                         bool may_lease, Timestamp now) {
  SamplingTarget target{.rule_name = rule.rule_name,
                        .fixed_rate = rule.fixed_rate};
  MutexLock lock(mu_);
  RuleState* const state = StateOf(rule.rule_name);
  if (state == nullptr) return target;
  state->windows.Add(document.time, document.counts, now);
  target.boost = state->boost.Current(rule, now, clock_.Elapsed());
  const ClientReport report = state->clients.Report(
      document.client_id, document.counts.requests, rule.reservoir_size,
      may_lease, now, clock_.Elapsed());
  if (report.known) target.interval_seconds = kIntervalSeconds;
  if (report.lease) {
    target.quota = report.lease->quota;
    target.ttl = report.lease->ttl;
  }
  return target;
}

void SamplingTargets::ReportBoost(const SamplingRule& rule,
                                  const BoostStatistics& document) {
  if (!rule.boost) return;
  MutexLock lock(mu_);
  RuleState* const state = StateOf(rule.rule_name);
  if (state != nullptr)
    state->boost.Report(rule, document.counts, clock_.Elapsed());
}

SamplingTargetsAnswer SamplingTargets::Report(
    const std::vector<SamplingStatistics>& documents,
    const std::vector<BoostStatistics>& boosts) {
  const Timestamp now = clock_.Now();
  const bool may_lease = MayLease();
  SamplingTargetsAnswer answer;
  answer.last_rule_modification = rules_.LastModification();
  // First: a boost that begins now is in this answer.
  for (const BoostStatistics& document : boosts) {
    if (const auto rule = rules_.Find(document.rule_name)) {
      ReportBoost(*rule, document);
    } else {
      answer.unprocessed_boost.push_back(UnknownRule(document.rule_name));
    }
  }
  for (const SamplingStatistics& document : documents) {
    if (const auto rule = rules_.Find(document.rule_name)) {
      answer.targets.push_back(TargetOf(*rule, document, may_lease, now));
    } else {
      answer.unprocessed.push_back(UnknownRule(document.rule_name));
    }
  }
  return answer;
}

std::vector<SamplingStatisticSummary> SamplingTargets::Summaries() const {
  const Timestamp now = clock_.Now();
  const std::vector<SamplingRuleRecord> rules = rules_.List();
  std::vector<SamplingStatisticSummary> out;
  MutexLock lock(mu_);
  for (const SamplingRuleRecord& record : rules) {
    const auto at = states_.find(record.rule.rule_name);
    if (at == states_.end()) continue;
    for (const StatisticWindow& window : at->second.windows.Closed(now)) {
      out.push_back({.rule_name = at->first,
                     .time = window.begin,
                     .counts = window.counts});
    }
  }
  return out;
}

}  // namespace roentgen::server
