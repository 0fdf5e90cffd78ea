#include "server/xray/operations/sampling_api.h"

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/status_macros.h"
#include "server/sampling/rule_catalog.h"
#include "server/sampling/sampling_targets.h"
#include "server/xray/operations/tag_values.h"

namespace roentgen::server {
namespace {

using Answer = absl::StatusOr<ApiValue>;
using Attributes = std::map<std::string, std::string>;

// Whole seconds: SDKs read these members as integers.
Timestamp WholeSeconds(Timestamp time) {
  return Timestamp::FromTime(
      absl::FromUnixSeconds(absl::ToUnixSeconds(time.ToTime())));
}

// Every member is there: SDKs skip a rule that lacks one.
ApiValue ToValue(const SamplingRule& rule) {
  ApiFields attributes;
  for (const auto& [key, value] : rule.attributes) {
    attributes.emplace_back(key, value);
  }
  ApiValue out = ApiFields{{"RuleName", rule.rule_name},
                           {"RuleARN", rule.rule_arn},
                           {"ResourceARN", rule.resource_arn},
                           {"Priority", rule.priority},
                           {"FixedRate", rule.fixed_rate},
                           {"ReservoirSize", rule.reservoir_size},
                           {"ServiceName", rule.service_name},
                           {"ServiceType", rule.service_type},
                           {"Host", rule.host},
                           {"HTTPMethod", rule.http_method},
                           {"URLPath", rule.url_path},
                           {"Version", rule.version},
                           {"Attributes", std::move(attributes)}};
  if (rule.boost) {
    out.Set("SamplingRateBoost",
            ApiFields{{"MaxRate", rule.boost->max_rate},
                      {"CooldownWindowMinutes",
                       rule.boost->cooldown_window_minutes}});
  }
  return out;
}

ApiValue ToValue(const SamplingRuleRecord& record) {
  return ApiFields{{"SamplingRule", ToValue(record.rule)},
                   {"CreatedAt", WholeSeconds(record.created_at)},
                   {"ModifiedAt", WholeSeconds(record.modified_at)}};
}

Answer Wrapped(const absl::StatusOr<SamplingRuleRecord>& record) {
  RTG_RETURN_IF_ERROR(record.status());
  return ApiValue(ApiFields{{"SamplingRuleRecord", ToValue(*record)}});
}

RuleKey KeyOf(const ApiValue& rule) {
  return {.name = rule.Text("RuleName"), .arn = rule.Text("RuleARN")};
}

std::optional<Attributes> AttributesOf(const ApiValue& rule) {
  const ApiValue* raw = rule.Find("Attributes");
  if (raw == nullptr) return std::nullopt;
  Attributes out;
  for (const auto& [key, value] : raw->fields()) {
    out[key] = *value.As<std::string>();
  }
  return out;
}

std::optional<SamplingRateBoost> BoostOf(const ApiValue& rule) {
  const ApiValue* raw = rule.Find("SamplingRateBoost");
  if (raw == nullptr) return std::nullopt;
  return SamplingRateBoost{
      .max_rate = raw->Double("MaxRate").value_or(0),
      .cooldown_window_minutes = raw->Int("CooldownWindowMinutes").value_or(0)};
}

Answer CreateRule(RuleCatalog& rules, const ApiValue& request) {
  const ApiValue& raw = *request.Find("SamplingRule");
  NewRule made{.key = KeyOf(raw), .rule = {}, .tags = TagsOf(request)};
  SamplingRule& rule = made.rule;
  rule.resource_arn = raw.Text("ResourceARN").value_or("");
  rule.priority = raw.Int("Priority").value_or(0);
  rule.fixed_rate = raw.Double("FixedRate").value_or(0);
  rule.reservoir_size = raw.Int("ReservoirSize").value_or(0);
  rule.service_name = raw.Text("ServiceName").value_or("");
  rule.service_type = raw.Text("ServiceType").value_or("");
  rule.host = raw.Text("Host").value_or("");
  rule.http_method = raw.Text("HTTPMethod").value_or("");
  rule.url_path = raw.Text("URLPath").value_or("");
  rule.version = raw.Int("Version").value_or(0);
  rule.attributes = AttributesOf(raw).value_or(Attributes());
  rule.boost = BoostOf(raw);
  return Wrapped(rules.Create(std::move(made)));
}

Answer UpdateRule(RuleCatalog& rules, const ApiValue& request) {
  const ApiValue& raw = *request.Find("SamplingRuleUpdate");
  return Wrapped(
      rules.Update(KeyOf(raw), {.resource_arn = raw.Text("ResourceARN"),
                                .priority = raw.Int("Priority"),
                                .fixed_rate = raw.Double("FixedRate"),
                                .reservoir_size = raw.Int("ReservoirSize"),
                                .service_name = raw.Text("ServiceName"),
                                .service_type = raw.Text("ServiceType"),
                                .host = raw.Text("Host"),
                                .http_method = raw.Text("HTTPMethod"),
                                .url_path = raw.Text("URLPath"),
                                .attributes = AttributesOf(raw),
                                .boost = BoostOf(raw)}));
}

Answer GetRules(const RuleCatalog& rules) {
  ApiList list;
  for (const SamplingRuleRecord& record : rules.List()) {
    list.push_back(ToValue(record));
  }
  return ApiValue(ApiFields{{"SamplingRuleRecords", std::move(list)}});
}

std::vector<SamplingStatistics> StatisticsOf(const ApiValue& request) {
  std::vector<SamplingStatistics> out;
  const ApiValue* raw = request.Find("SamplingStatisticsDocuments");
  if (raw == nullptr) return out;
  for (const ApiValue& document : raw->list()) {
    out.push_back(
        {.rule_name = document.Text("RuleName").value_or(""),
         .client_id = document.Text("ClientID").value_or(""),
         .time = document.Time("Timestamp").value_or(Timestamp()),
         .counts = {.requests = document.Int("RequestCount").value_or(0),
                    .sampled = document.Int("SampledCount").value_or(0),
                    .borrowed = document.Int("BorrowCount").value_or(0)}});
  }
  return out;
}

std::vector<BoostStatistics> BoostsOf(const ApiValue& request) {
  std::vector<BoostStatistics> out;
  const ApiValue* raw = request.Find("SamplingBoostStatisticsDocuments");
  if (raw == nullptr) return out;
  for (const ApiValue& document : raw->list()) {
    out.push_back(
        {.rule_name = document.Text("RuleName").value_or(""),
         .service_name = document.Text("ServiceName").value_or(""),
         .time = document.Time("Timestamp").value_or(Timestamp()),
         .counts = {.anomalies = document.Int("AnomalyCount").value_or(0),
                    .total = document.Int("TotalCount").value_or(0),
                    .sampled_anomalies =
                        document.Int("SampledAnomalyCount").value_or(0)}});
  }
  return out;
}

// `with_boost`: for clients that know boosts.
ApiValue ToValue(const SamplingTarget& target, bool with_boost) {
  ApiValue out = ApiFields{{"RuleName", target.rule_name},
                           {"FixedRate", target.fixed_rate}};
  if (target.quota) out.Set("ReservoirQuota", *target.quota);
  if (target.ttl) out.Set("ReservoirQuotaTTL", WholeSeconds(*target.ttl));
  if (target.interval_seconds) out.Set("Interval", *target.interval_seconds);
  if (target.boost && with_boost) {
    out.Set("SamplingBoost",
            ApiFields{{"BoostRate", target.boost->rate},
                      {"BoostRateTTL", WholeSeconds(target.boost->ttl)}});
  }
  return out;
}

ApiList ToValue(const std::vector<UnprocessedSampling>& unprocessed) {
  ApiList out;
  for (const UnprocessedSampling& one : unprocessed) {
    out.push_back(ApiFields{{"RuleName", one.rule_name},
                            {"ErrorCode", one.error_code},
                            {"Message", one.message}});
  }
  return out;
}

Answer GetTargets(SamplingTargets& targets, const ApiValue& request) {
  const SamplingTargetsAnswer answer =
      targets.Report(StatisticsOf(request), BoostsOf(request));
  // X-Ray's SDK for Java up to 2.18 throws an answer away in which it does not
  // know a member: only who reports boosts is told of them.
  const bool with_boost =
      request.Find("SamplingBoostStatisticsDocuments") != nullptr;
  ApiList list;
  for (const SamplingTarget& target : answer.targets) {
    list.push_back(ToValue(target, with_boost));
  }
  ApiValue out = ApiFields{
      {"SamplingTargetDocuments", std::move(list)},
      {"LastRuleModification", WholeSeconds(answer.last_rule_modification)},
      {"UnprocessedStatistics", ToValue(answer.unprocessed)}};
  if (with_boost) {
    out.Set("UnprocessedBoostStatistics", ToValue(answer.unprocessed_boost));
  }
  return out;
}

Answer GetSummaries(const SamplingTargets& targets) {
  ApiList list;
  for (const SamplingStatisticSummary& summary : targets.Summaries()) {
    list.push_back(ApiFields{{"RuleName", summary.rule_name},
                             {"Timestamp", summary.time},
                             {"RequestCount", summary.counts.requests},
                             {"BorrowCount", summary.counts.borrowed},
                             {"SampledCount", summary.counts.sampled}});
  }
  return ApiValue(ApiFields{{"SamplingStatisticSummaries", std::move(list)}});
}

}  // namespace

void AddSamplingFunctions(ApiFunctions& functions) {
  functions.Add("GetSamplingRules",
                [](Space& space, const ApiValue&, const Call&) {
                  return GetRules(space.rules());
                });
  functions.Add("CreateSamplingRule",
                [](Space& space, const ApiValue& request, const Call&) {
                  return CreateRule(space.rules(), request);
                });
  functions.Add("UpdateSamplingRule",
                [](Space& space, const ApiValue& request, const Call&) {
                  return UpdateRule(space.rules(), request);
                });
  functions.Add("DeleteSamplingRule",
                [](Space& space, const ApiValue& request, const Call&) {
                  return Wrapped(space.rules().Delete(KeyOf(request)));
                });
  functions.Add("GetSamplingTargets",
                [](Space& space, const ApiValue& request, const Call&) {
                  return GetTargets(space.targets(), request);
                });
  functions.Add("GetSamplingStatisticSummaries",
                [](Space& space, const ApiValue&, const Call&) {
                  return GetSummaries(space.targets());
                });
}

}  // namespace roentgen::server
