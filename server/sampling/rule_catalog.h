// The sampling rules of the server: kept in the settings store, looked up in
// memory.
//
//   RTG_ASSIGN_OR_RETURN(auto rules, RuleCatalog::Open(store, options));
//   RTG_ASSIGN_OR_RETURN(SamplingRuleRecord made, rules->Create(new_rule));
//
// The rule Default is always there and comes last; only its rate, reservoir
// and boost change.
//
// Errors of calls have X-Ray's wording: InvalidArgument, and where a comment
// says so a fault of aws_status.h. Those of the store pass through; Unavailable
// also when another process changed the rule.
//
// What another process changes is seen after Refresh.
//
// Threads: thread-safe. Look-ups do not wait for the store.
#ifndef ROENTGEN_SERVER_SAMPLING_RULE_CATALOG_H_
#define ROENTGEN_SERVER_SAMPLING_RULE_CATALOG_H_

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/mutex.h"
#include "base/timestamp.h"
#include "query/groups/group.h"
#include "server/identity.h"
#include "server/sampling/rule_codec.h"
#include "server/sampling/sampling_rule.h"
#include "storage/settings/settings_follower.h"
#include "storage/settings/settings_store.h"

namespace roentgen::server {

struct RuleCatalogOptions {
  Identity identity;                             // What ARNs are made of.
  size_t rules_max = limits::kSamplingRulesMax;  // Without Default.
  const Clock* clock = &SystemClock();           // Outlives the catalog.
};

class RuleCatalog {
 public:
  // `store` outlives the catalog. DataLoss when a stored rule is damaged.
  static absl::StatusOr<std::unique_ptr<RuleCatalog>> Open(
      storage::SettingsStore& store, RuleCatalogOptions options);

  // Looks at the store for what others changed. DataLoss when something that
  // changed is damaged: it stays as it was known, all else is up to date.
  absl::Status Refresh();

  // RuleLimitExceededException when there are `rules_max` already.
  absl::StatusOr<SamplingRuleRecord> Create(NewRule rule);
  absl::StatusOr<SamplingRuleRecord> Get(const RuleKey& key) const;
  std::vector<SamplingRuleRecord> List() const;  // By name, then Default.
  absl::StatusOr<SamplingRuleRecord> Update(const RuleKey& key,
                                            const RuleChange& change);
  // The rule that was.
  absl::StatusOr<SamplingRuleRecord> Delete(const RuleKey& key);

  std::optional<SamplingRule> Find(std::string_view name) const;

  // When a rule was last made, changed or deleted; zero: never. Does not step
  // back, even when the clock does.
  Timestamp LastModification() const;

  // ResourceNotFoundException when no rule has this ARN.
  absl::StatusOr<std::vector<query::Tag>> Tags(std::string_view arn) const;
  // Errors: also those of tag_change.h. Not a change of the rule.
  absl::Status ChangeTags(std::string_view arn,
                          const std::vector<query::Tag>& upsert,
                          const std::vector<std::string>& remove_keys);

 private:
  using Rules = std::map<std::string, StoredRule, std::less<>>;

  RuleCatalog(storage::SettingsStore& store, RuleCatalogOptions options)
      : store_(store),
        options_(std::move(options)),
        rule_follower_(store, kRulePrefix),
        time_follower_(store, kLastModification) {}

  static constexpr char kRulePrefix[] = "sampling-rule/";
  static constexpr char kLastModification[] = "sampling-rules/last-change";

  absl::Status RefreshRules() RTG_REQUIRES(change_mu_);
  absl::Status RefreshLastModification() RTG_REQUIRES(change_mu_);
  std::string ArnOf(std::string_view name) const;
  absl::StatusOr<std::string> NameOf(const RuleKey& key) const;
  absl::StatusOr<StoredRule> Lookup(const RuleKey& key) const;
  absl::StatusOr<StoredRule> ByArn(std::string_view arn) const;
  Timestamp TimeOfChange() const;
  // Writes it, then shows it to look-ups. `before`: as it was, if it was.
  absl::Status Replace(const StoredRule* before, const StoredRule* after)
      RTG_REQUIRES(change_mu_);
  // A rule that is gone cannot tell when it went.
  absl::Status WriteLastModification(Timestamp time) RTG_REQUIRES(change_mu_);

  storage::SettingsStore& store_;
  const RuleCatalogOptions options_;
  Mutex change_mu_;  // One change at a time; before mu_.
  storage::SettingsFollower rule_follower_ RTG_GUARDED_BY(change_mu_);
  storage::SettingsFollower time_follower_ RTG_GUARDED_BY(change_mu_);
  mutable SharedMutex mu_;
  Rules rules_ RTG_GUARDED_BY(mu_);
  Timestamp last_modification_ RTG_GUARDED_BY(mu_);
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_SAMPLING_RULE_CATALOG_H_
