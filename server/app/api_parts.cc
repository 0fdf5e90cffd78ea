#include "server/app/api_parts.h"

#include <algorithm>
#include <cstdint>

#include "absl/time/time.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "server/app/server_metrics.h"
#include "server/app/server_options.h"
#include "server/identity.h"
#include "server/xray/operations/account_api.h"
#include "server/xray/operations/group_api.h"
#include "server/xray/operations/insight_api.h"
#include "server/xray/operations/retrieval_api.h"
#include "server/xray/operations/sampling_api.h"
#include "server/xray/operations/tag_api.h"

namespace roentgen::server {
namespace {

constexpr absl::Duration kEvaluationInterval = absl::Seconds(10);

Identity IdentityOf(const Config& config) {
  return {.partition = config.identity_partition,
          .region = config.identity_region,
          .account_id = config.identity_account_id};
}

}  // namespace

absl::StatusOr<std::unique_ptr<ApiParts>> ApiParts::Open(const Config& config,
                                                         const Needs& needs) {
  std::unique_ptr<ApiParts> parts(new ApiParts());
  RTG_RETURN_IF_ERROR(parts->OpenSettings(config, needs));
  RTG_RETURN_IF_ERROR(parts->OpenInsights(config, needs));
  ApiFunctions& functions = parts->functions_;
  AddGroupFunctions(functions, needs.groups);
  AddSamplingFunctions(functions, *parts->rules_, *parts->targets_);
  AddTagFunctions(functions, needs.groups, *parts->rules_);
  AddInsightFunctions(functions, *parts->insights_);
  AddRetrievalFunctions(functions, *parts->retrievals_);
  AddPolicyFunctions(functions, *parts->policies_);
  AddAccountFunctions(functions, *parts->account_);
  AddTelemetryFunctions(functions, parts->telemetry_);
  AddTelemetryMetrics(needs.metrics, parts->telemetry_);
  AddInsightMetrics(needs.metrics, parts->notifier_.get());
  return parts;
}

absl::Status ApiParts::OpenSettings(const Config& config, const Needs& needs) {
  RTG_ASSIGN_OR_RETURN(
      rules_, RuleCatalog::Open(needs.settings, {.identity = IdentityOf(config),
                                                 .clock = &needs.clock}));
  RTG_ASSIGN_OR_RETURN(
      targets_, SamplingTargets::Open(needs.settings, *rules_, needs.clock));
  RTG_ASSIGN_OR_RETURN(
      retrievals_,
      TraceRetrieval::Open(needs.settings, needs.queries, needs.graphs,
                           {.clock = &needs.clock, .random = RandomBits}));
  RTG_ASSIGN_OR_RETURN(policies_,
                       ResourcePolicies::Open(needs.settings, needs.clock));
  RTG_ASSIGN_OR_RETURN(account_,
                       AccountSettings::Open(needs.settings, needs.clock));
  return absl::OkStatus();
}

absl::Status ApiParts::OpenInsights(const Config& config, const Needs& needs) {
  RTG_ASSIGN_OR_RETURN(
      insight_store_,
      InsightStore::Open(
          needs.settings,
          {.retention = std::min<absl::Duration>(
               config.retention, InsightStore::Options().retention)}));
  InsightService::Options options;
  options.token_key = kTokenKey;
  options.memory_bytes_max = config.memory_query.bytes;
  options.clock = &needs.clock;
  if (!config.insights_webhook_url.empty()) {
    webhook_ = std::make_unique<WebhookClient>(WebhookClient::Options{
        .ca_file = config.insights_webhook_ca_file, .clock = &needs.clock});
    InsightNotifier::Options notify;
    notify.url = config.insights_webhook_url;
    notify.identity = IdentityOf(config);
    notify.clock = &needs.clock;
    notifier_ = std::make_unique<InsightNotifier>(*insight_store_, *webhook_,
                                                  std::move(notify));
    notifications_ =
        std::make_unique<PeriodicJob>([this](const CallControl& control) {
          return notifier_->Step(control);
        });
    options.on_events = [this] { notifications_->Wake(); };
  }
  insights_ =
      std::make_unique<InsightService>(needs.engine, needs.graphs, needs.groups,
                                       *insight_store_, std::move(options));
  evaluation_ = std::make_unique<PeriodicJob>([this](
                                                  const CallControl& control) {
    const absl::Status status = insights_->Evaluate(control);
    if (!status.ok() && !absl::IsCancelled(status)) {
      LogWarn("insights were not evaluated", {{"status", status.ToString()}});
    }
    return kEvaluationInterval;
  });
  return absl::OkStatus();
}

void ApiParts::Stop() {
  if (evaluation_ != nullptr) evaluation_->Stop();
  if (notifications_ != nullptr) notifications_->Stop();
}

}  // namespace roentgen::server
