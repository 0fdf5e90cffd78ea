// The parts behind X-Ray's operations that are not about traces alone:
// sampling, insights, retrievals, the account; and the jobs they need.
//
//   RTG_ASSIGN_OR_RETURN(auto parts, ApiParts::Open(config, needs));
//   AddApiRoutes(router, services, parts->functions());
//
// Threads: built and stopped by one thread; the functions are thread-safe.
#ifndef ROENTGEN_SERVER_APP_API_PARTS_H_
#define ROENTGEN_SERVER_APP_API_PARTS_H_

#include <memory>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "base/periodic_job.h"
#include "query/groups/group_catalog.h"
#include "query/maps/service_graphs.h"
#include "query/traces/trace_queries.h"
#include "server/account/account_settings.h"
#include "server/account/resource_policies.h"
#include "server/account/telemetry.h"
#include "server/account/trace_retrieval.h"
#include "server/config/config.h"
#include "server/insights/insight_notifier.h"
#include "server/insights/insight_service.h"
#include "server/insights/insight_store.h"
#include "server/insights/webhook_client.h"
#include "server/sampling/rule_catalog.h"
#include "server/sampling/sampling_targets.h"
#include "server/xray/operations/api_functions.h"
#include "storage/engine/trace_engine.h"
#include "storage/settings/settings_store.h"

namespace roentgen::server {

class ApiParts {
 public:
  // All outlive the parts.
  struct Needs {
    storage::TraceEngine& engine;
    storage::SettingsStore& settings;
    query::GroupCatalog& groups;
    query::TraceQueries& queries;
    const query::ServiceGraphs& graphs;
    Metrics& metrics;
    const Clock& clock;
  };

  // DataLoss when a stored setting is damaged.
  static absl::StatusOr<std::unique_ptr<ApiParts>> Open(const Config& config,
                                                        const Needs& needs);
  ~ApiParts() { Stop(); }

  const ApiFunctions& functions() const { return functions_; }
  TraceRetrieval& retrievals() { return *retrievals_; }

  // Ends the jobs. Idempotent.
  void Stop();

 private:
  ApiParts() = default;
  absl::Status OpenSettings(const Config& config, const Needs& needs);
  absl::Status OpenInsights(const Config& config, const Needs& needs);

  std::unique_ptr<RuleCatalog> rules_;
  std::unique_ptr<SamplingTargets> targets_;
  std::unique_ptr<TraceRetrieval> retrievals_;
  std::unique_ptr<ResourcePolicies> policies_;
  std::unique_ptr<AccountSettings> account_;
  Telemetry telemetry_;
  std::unique_ptr<InsightStore> insight_store_;
  std::unique_ptr<InsightService> insights_;
  std::unique_ptr<WebhookClient> webhook_;
  std::unique_ptr<InsightNotifier> notifier_;
  // The second one wakes the first.
  std::unique_ptr<PeriodicJob> notifications_;
  std::unique_ptr<PeriodicJob> evaluation_;
  ApiFunctions functions_;
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_APP_API_PARTS_H_
