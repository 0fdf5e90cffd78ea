#include "server/sampling/rule_catalog.h"

#include <algorithm>

#include "base/status_macros.h"
#include "base/wire.h"
#include "query/groups/group_rules.h"
#include "server/aws_status.h"
#include "server/sampling/rule_checks.h"
#include "server/sampling/tag_change.h"

namespace roentgen::server {
namespace {

constexpr std::string_view kArnPart = "sampling-rule/";
constexpr int64_t kDefaultPriority = 10'000;
constexpr double kDefaultRate = 0.05;

bool IsDefault(const StoredRule& rule) {
  return rule.record.rule.rule_name == kDefaultRule;
}

StoredRule PristineDefault() {
  StoredRule out;
  out.record.rule = {.rule_name = kDefaultRule,
                     .priority = kDefaultPriority,
                     .fixed_rate = kDefaultRate,
                     .reservoir_size = 1};
  return out;
}

// What the store has of a rule. Default is there only once it was changed.
std::optional<std::string> StoredBytes(const StoredRule* rule) {
  if (rule == nullptr) return std::nullopt;
  if (IsDefault(*rule) && rule->record.modified_at == Timestamp() &&
      rule->tags.empty()) {
    return std::nullopt;
  }
  return EncodeRule(*rule);
}

// Exactly one of the two.
absl::Status CheckKey(const RuleKey& key) {
  if (key.name && key.arn) {
    return absl::InvalidArgumentError(
        "Request cannot contain both sampling rule name and sampling rule ARN");
  }
  if (!key.name && !key.arn) {
    return absl::InvalidArgumentError(
        "Request must contain either sampling rule name or sampling rule ARN");
  }
  return absl::OkStatus();
}

// Rates of -0 become 0: they are equal, but not when they are shown.
void DropSignsOfZero(SamplingRule& rule) {
  rule.fixed_rate += 0.0;
  if (rule.boost) rule.boost->max_rate += 0.0;
}

SamplingRule Changed(const SamplingRule& rule, const RuleChange& change) {
  SamplingRule out = rule;
  out.resource_arn = change.resource_arn.value_or(rule.resource_arn);
  out.priority = change.priority.value_or(rule.priority);
  out.fixed_rate = change.fixed_rate.value_or(rule.fixed_rate);
  out.reservoir_size = change.reservoir_size.value_or(rule.reservoir_size);
  out.service_name = change.service_name.value_or(rule.service_name);
  out.service_type = change.service_type.value_or(rule.service_type);
  out.host = change.host.value_or(rule.host);
  out.http_method = change.http_method.value_or(rule.http_method);
  out.url_path = change.url_path.value_or(rule.url_path);
  out.attributes = change.attributes.value_or(rule.attributes);
  out.boost = change.boost;
  DropSignsOfZero(out);
  return out;
}

// Whether they differ in what may change of Default.
bool SameButForRates(const SamplingRule& a, SamplingRule b) {
  b.fixed_rate = a.fixed_rate;
  b.reservoir_size = a.reservoir_size;
  b.boost = a.boost;
  return a == b;
}

absl::Status CheckChange(const SamplingRule& before,
                         const SamplingRule& after) {
  if (before.rule_name == kDefaultRule && !SameButForRates(before, after)) {
    return absl::InvalidArgumentError(
        "Invalid update request for default sampling rule");
  }
  if (!CheckRuleNumbers(after).ok()) {
    return absl::InvalidArgumentError(
        "Invalid update request for sampling rule");
  }
  return CheckRuleTexts(after);
}

}  // namespace

absl::StatusOr<std::unique_ptr<RuleCatalog>> RuleCatalog::Open(
    storage::SettingsStore& store, RuleCatalogOptions options) {
  std::unique_ptr<RuleCatalog> catalog(
      new RuleCatalog(store, std::move(options)));
  RTG_RETURN_IF_ERROR(catalog->Refresh());
  return catalog;
}

absl::Status RuleCatalog::Refresh() {
  MutexLock change(change_mu_);
  absl::Status status = RefreshRules();
  // The other one is up to date all the same.
  status.Update(RefreshLastModification());
  return status;
}

absl::Status RuleCatalog::RefreshRules() {
  RTG_ASSIGN_OR_RETURN(const storage::SettingsUpdate update,
                       rule_follower_.Next());
  if (update.empty()) return absl::OkStatus();
  WriterLock lock(mu_);
  const absl::Status status =
      storage::ApplyOrComplain(update, "sampling rule", DecodeRule, rules_);
  rules_.try_emplace(kDefaultRule, PristineDefault());
  for (auto& [name, stored] : rules_) {
    stored.record.rule.rule_arn = ArnOf(name);
    last_modification_ =
        std::max(last_modification_, stored.record.modified_at);
  }
  return status;
}

absl::Status RuleCatalog::RefreshLastModification() {
  RTG_ASSIGN_OR_RETURN(const storage::SettingsUpdate update,
                       time_follower_.Next());
  const auto found = update.values.find("");
  if (found == update.values.end() || !found->second) return absl::OkStatus();
  ByteReader in(*found->second);
  Timestamp time;
  if (!in.Zigzag(time.ns) || !in.done()) {
    return absl::DataLossError(
        "stored time of the last change of sampling rules is damaged");
  }
  WriterLock lock(mu_);
  last_modification_ = std::max(last_modification_, time);
  return absl::OkStatus();
}

std::string RuleCatalog::ArnOf(std::string_view name) const {
  return options_.identity.Arn(std::string(kArnPart) + std::string(name));
}

absl::StatusOr<std::string> RuleCatalog::NameOf(const RuleKey& key) const {
  RTG_RETURN_IF_ERROR(CheckKey(key));
  if (key.name) return *key.name;
  const std::string prefix = ArnOf("");
  if (!key.arn->starts_with(prefix)) {
    return absl::InvalidArgumentError("Invalid sampling rule ARN: " + *key.arn);
  }
  return key.arn->substr(prefix.size());
}

absl::StatusOr<StoredRule> RuleCatalog::ByArn(std::string_view arn) const {
  ReaderLock lock(mu_);
  for (const auto& [name, stored] : rules_) {
    if (stored.record.rule.rule_arn == arn) return stored;
  }
  return ResourceNotFound(arn);
}

absl::StatusOr<StoredRule> RuleCatalog::Lookup(const RuleKey& key) const {
  RTG_RETURN_IF_ERROR(CheckKey(key));
  const absl::Status absent =
      absl::InvalidArgumentError("Sampling rule does not exist");
  if (key.arn) {
    absl::StatusOr<StoredRule> found = ByArn(*key.arn);
    return found.ok() ? found : absent;
  }
  ReaderLock lock(mu_);
  const auto at = rules_.find(*key.name);
  if (at == rules_.end()) return absent;
  return at->second;
}

// Clocks step back; the time of the last change does not.
Timestamp RuleCatalog::TimeOfChange() const {
  return std::max(options_.clock->Now(), LastModification());
}

absl::Status RuleCatalog::Replace(const StoredRule* before,
                                  const StoredRule* after) {
  const std::string& name = (after ? after : before)->record.rule.rule_name;
  RTG_ASSIGN_OR_RETURN(
      const bool set,
      store_.CompareAndSet(kRulePrefix + name, StoredBytes(before),
                           StoredBytes(after)));
  if (!set) {
    return absl::UnavailableError("sampling rule '" + name +
                                  "' was changed by another process");
  }
  WriterLock lock(mu_);
  if (after) {
    rules_[name] = *after;
    last_modification_ =
        std::max(last_modification_, after->record.modified_at);
  } else {
    rules_.erase(name);
  }
  return absl::OkStatus();
}

absl::Status RuleCatalog::WriteLastModification(Timestamp time) {
  RTG_ASSIGN_OR_RETURN(const std::optional<std::string> before,
                       store_.Get(kLastModification));
  std::string bytes;
  AppendZigzag(time.ns, bytes);
  RTG_ASSIGN_OR_RETURN(const bool set,
                       store_.CompareAndSet(kLastModification, before, bytes));
  if (!set) {
    return absl::UnavailableError(
        "sampling rules were changed by another process");
  }
  WriterLock lock(mu_);
  last_modification_ = time;
  return absl::OkStatus();
}

absl::StatusOr<SamplingRuleRecord> RuleCatalog::Create(NewRule rule) {
  RTG_ASSIGN_OR_RETURN(const std::string name, NameOf(rule.key));
  RTG_RETURN_IF_ERROR(CheckRuleName(name));
  if (rule.rule.version != 1) {
    return absl::InvalidArgumentError("Sampling rule version must be 1");
  }
  StoredRule made{.record = {.rule = std::move(rule.rule)},
                  .tags = std::move(rule.tags)};
  made.record.rule.rule_name = name;
  made.record.rule.rule_arn = ArnOf(name);
  DropSignsOfZero(made.record.rule);
  RTG_RETURN_IF_ERROR(CheckRuleTexts(made.record.rule));
  RTG_RETURN_IF_ERROR(query::CheckTags(made.tags));
  MutexLock change(change_mu_);
  {
    ReaderLock lock(mu_);
    if (rules_.contains(name)) {
      return absl::InvalidArgumentError("Sampling rule already exists");
    }
    RTG_RETURN_IF_ERROR(CheckRuleNumbers(made.record.rule));
    if (rules_.size() > options_.rules_max) {
      return AwsStatus({.http_status = 400,
                        .name = "RuleLimitExceededException",
                        .message = "Sampling rule limit exceeded: at most " +
                                   std::to_string(options_.rules_max) +
                                   " rules"});
    }
  }
  made.record.created_at = made.record.modified_at = TimeOfChange();
  RTG_RETURN_IF_ERROR(Replace(nullptr, &made));
  return std::move(made.record);
}

absl::StatusOr<SamplingRuleRecord> RuleCatalog::Get(const RuleKey& key) const {
  RTG_ASSIGN_OR_RETURN(StoredRule found, Lookup(key));
  return std::move(found.record);
}

std::vector<SamplingRuleRecord> RuleCatalog::List() const {
  ReaderLock lock(mu_);
  std::vector<SamplingRuleRecord> out;
  for (const auto& [name, stored] : rules_) {
    if (!IsDefault(stored)) out.push_back(stored.record);
  }
  out.push_back(rules_.find(kDefaultRule)->second.record);
  return out;
}

absl::StatusOr<SamplingRuleRecord> RuleCatalog::Update(
    const RuleKey& key, const RuleChange& change) {
  MutexLock lock(change_mu_);
  RTG_ASSIGN_OR_RETURN(const StoredRule before, Lookup(key));
  StoredRule after = before;
  after.record.rule = Changed(before.record.rule, change);
  RTG_RETURN_IF_ERROR(CheckChange(before.record.rule, after.record.rule));
  after.record.modified_at = TimeOfChange();
  RTG_RETURN_IF_ERROR(Replace(&before, &after));
  return std::move(after.record);
}

absl::StatusOr<SamplingRuleRecord> RuleCatalog::Delete(const RuleKey& key) {
  MutexLock lock(change_mu_);
  RTG_ASSIGN_OR_RETURN(StoredRule found, Lookup(key));
  if (IsDefault(found)) {
    return absl::InvalidArgumentError(
        "Default sampling rule cannot be deleted");
  }
  // First: a rule must not vanish without clients being told to look.
  RTG_RETURN_IF_ERROR(WriteLastModification(TimeOfChange()));
  RTG_RETURN_IF_ERROR(Replace(&found, nullptr));
  return std::move(found.record);
}

std::optional<SamplingRule> RuleCatalog::Find(std::string_view name) const {
  ReaderLock lock(mu_);
  const auto at = rules_.find(name);
  if (at == rules_.end()) return std::nullopt;
  return at->second.record.rule;
}

Timestamp RuleCatalog::LastModification() const {
  ReaderLock lock(mu_);
  return last_modification_;
}

absl::StatusOr<std::vector<query::Tag>> RuleCatalog::Tags(
    std::string_view arn) const {
  RTG_ASSIGN_OR_RETURN(StoredRule found, ByArn(arn));
  return std::move(found.tags);
}

absl::Status RuleCatalog::ChangeTags(
    std::string_view arn, const std::vector<query::Tag>& upsert,
    const std::vector<std::string>& remove_keys) {
  MutexLock lock(change_mu_);
  RTG_ASSIGN_OR_RETURN(const StoredRule before, ByArn(arn));
  StoredRule after = before;
  RTG_RETURN_IF_ERROR(ApplyTagChange(arn, upsert, remove_keys, after.tags));
  if (after == before) return absl::OkStatus();
  return Replace(&before, &after);
}

}  // namespace roentgen::server
