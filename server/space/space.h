// One isolated store with all that serves it: engine and settings, groups,
// pipelines, queries, sampling, insights, the account, and their jobs.
//
//   RTG_ASSIGN_OR_RETURN(auto space, Space::Open(std::move(store), options));
//   space->queries().BatchGetTraces(...);
//   ...
//   space->Stop();                      // Jobs first, then the engine.
//
// A process may hold several; nothing in one knows of another. APIs get the one
// of their caller and keep no part of it.
//
// Threads: Open, Stop and the destructor belong to one thread. The parts are
// thread-safe.
#ifndef ROENTGEN_SERVER_SPACE_SPACE_H_
#define ROENTGEN_SERVER_SPACE_SPACE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/periodic_job.h"
#include "query/groups/group_catalog.h"
#include "query/maps/service_graphs.h"
#include "query/search/group_tests.h"
#include "query/search/trace_searches.h"
#include "query/spans/span_search.h"
#include "query/traces/trace_queries.h"
#include "server/account/account_settings.h"
#include "server/account/resource_policies.h"
#include "server/account/telemetry.h"
#include "server/account/trace_retrieval.h"
#include "server/identity.h"
#include "server/ingest/ingest_pipeline.h"
#include "server/ingest/span_pipeline.h"
#include "server/insights/insight_notifier.h"
#include "server/insights/insight_service.h"
#include "server/insights/insight_store.h"
#include "server/insights/webhook_client.h"
#include "server/sampling/rule_catalog.h"
#include "server/sampling/sampling_targets.h"
#include "storage/engine/trace_engine.h"
#include "storage/settings/settings_store.h"

namespace roentgen::server {

// What a space is made over.
struct SpaceStore {
  std::unique_ptr<storage::TraceEngine> engine;
  // Where the engine does not keep settings itself; else null.
  std::unique_ptr<storage::SettingsStore> own_settings;
  // With the life of the two above.
  storage::SettingsStore* settings = nullptr;
};

struct SpaceOptions {
  Identity identity;
  // Refuse what AWS refuses.
  bool strict_aws_limits = false;
  // Of insights; that of traces is the engine's.
  absl::Duration retention = absl::Hours(24 * 30);
  // What one read may take (the setting memory.query).
  size_t query_bytes_max = limits::kQueryMemoryBytes;
  // What of them is not kept holds for documents, too.
  SpanPipeline::Options spans;
  // Where notifications of insights go. Empty: nowhere.
  std::string webhook_url;
  std::string webhook_ca_file;  // Empty: the system's.
  // The id of the master key under which the store's new files are encrypted.
  // Empty: they are not.
  std::function<std::string()> master_key;
  const Clock* clock = &SystemClock();
  // Uniform over all values; for ids and tokens that nobody may guess.
  std::function<uint64_t()> random;
};

class Space {
 public:
  // Starts the jobs. `options.random` is not empty, `options.clock` outlives
  // the space. DataLoss when a stored setting is damaged.
  static absl::StatusOr<std::unique_ptr<Space>> Open(SpaceStore store,
                                                     SpaceOptions options);
  ~Space();
  Space(const Space&) = delete;
  Space& operator=(const Space&) = delete;

  const SpaceOptions& options() const { return options_; }
  const Clock& clock() const { return *options_.clock; }
  // What each read may take.
  CallLimits call_limits() const {
    return {.clock = options_.clock,
            .memory_bytes_max = options_.query_bytes_max};
  }
  storage::TraceEngine& engine() { return *store_.engine; }
  query::GroupCatalog& groups() { return *groups_; }
  // What takes segment documents in, and spans.
  IngestPipeline& documents() { return documents_; }
  SpanPipeline& span_exports() { return span_exports_; }
  query::TraceQueries& queries() { return *queries_; }
  const query::TraceSearches& searches() const { return *searches_; }
  const query::ServiceGraphs& graphs() const { return *graphs_; }
  const query::SpanSearch& spans() const { return spans_; }
  RuleCatalog& rules() { return *rules_; }
  SamplingTargets& targets() { return *targets_; }
  TraceRetrieval& retrievals() { return *retrievals_; }
  ResourcePolicies& policies() { return *policies_; }
  AccountSettings& account() { return *account_; }
  Telemetry& telemetry() { return telemetry_; }
  const InsightService& insights() const { return *insights_; }
  // Null: there is no webhook.
  const InsightNotifier* notifier() const {
    return notifier_ ? &*notifier_ : nullptr;
  }

  // Looks for what other processes changed in the settings. A job does so where
  // the store is shared. DataLoss when something that changed is damaged: it
  // stays as it was known, all else is up to date.
  absl::Status RefreshSettings();

  // Ends the jobs and closes the engine: what was acknowledged is kept.
  // Idempotent.
  absl::Status Stop();

 private:
  Space(SpaceStore store, SpaceOptions options);
  absl::Status OpenGroups();
  absl::Status OpenSettings();
  absl::Status OpenInsights();
  void StartJobs();

  // In order of construction; the engine asks the groups until it is gone.
  const SpaceOptions options_;
  std::unique_ptr<query::GroupCatalog> groups_;
  std::optional<query::CatalogGroupTests> group_tests_;
  SpaceStore store_;
  IngestPipeline documents_;
  SpanPipeline span_exports_;
  query::SpanSearch spans_;
  std::optional<query::TraceQueries> queries_;
  std::optional<query::TraceSearches> searches_;
  std::optional<query::ServiceGraphs> graphs_;
  std::unique_ptr<RuleCatalog> rules_;
  std::unique_ptr<SamplingTargets> targets_;
  std::unique_ptr<TraceRetrieval> retrievals_;
  std::unique_ptr<ResourcePolicies> policies_;
  std::unique_ptr<AccountSettings> account_;
  Telemetry telemetry_;
  std::unique_ptr<InsightStore> insight_store_;
  std::optional<WebhookClient> webhook_;
  std::optional<InsightNotifier> notifier_;
  std::optional<InsightService> insights_;
  // The second one wakes the first.
  std::optional<PeriodicJob> notifications_;
  std::optional<PeriodicJob> evaluation_;
  std::optional<PeriodicJob> retention_;
  std::optional<PeriodicJob> refresh_;  // Of a shared store.
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_SPACE_SPACE_H_
