#include "server/space/space.h"

#include <algorithm>
#include <string_view>
#include <utility>
#include <variant>

#include "base/log.h"
#include "base/status_macros.h"
#include "query/lang/filter.h"
#include "query/lang/syntax_error.h"

namespace roentgen::server {
namespace {

constexpr absl::Duration kEvaluationInterval = absl::Seconds(10);
constexpr absl::Duration kRetentionInterval = absl::Seconds(10);
constexpr absl::Duration kRefreshInterval = absl::Seconds(2);

// Page tokens are checked, not secret: a constant outlives restarts.
constexpr uint64_t kTokenKey = 0x526F656E7467656E;

std::optional<std::string> FaultOfFilter(std::string_view text) {
  const auto parsed = query::ParseFilter(text);
  const auto* error = std::get_if<query::SyntaxError>(&parsed);
  return error ? std::optional(error->Message()) : std::nullopt;
}

}  // namespace

Space::Space(SpaceStore store, SpaceOptions options)
    : options_(std::move(options)),
      store_(std::move(store)),
      documents_(*store_.engine, options_.spans.redaction),
      span_exports_(*store_.engine, *options_.clock, options_.spans),
      spans_(*store_.engine) {}

Space::~Space() { Stop().IgnoreError(); }  // Who cares calls Stop.

absl::StatusOr<std::unique_ptr<Space>> Space::Open(SpaceStore store,
                                                   SpaceOptions options) {
  std::unique_ptr<Space> space(new Space(std::move(store), std::move(options)));
  RTG_RETURN_IF_ERROR(space->OpenGroups());
  RTG_RETURN_IF_ERROR(space->OpenSettings());
  RTG_RETURN_IF_ERROR(space->OpenInsights());
  space->StartJobs();
  return space;
}

absl::Status Space::OpenGroups() {
  RTG_ASSIGN_OR_RETURN(groups_, query::GroupCatalog::Open(
                                    *store_.settings,
                                    {.partition = options_.identity.partition,
                                     .region = options_.identity.region,
                                     .account_id = options_.identity.account_id,
                                     .check_filter = FaultOfFilter,
                                     .random = options_.random,
                                     .clock = options_.clock}));
  group_tests_.emplace(*groups_);
  engine().SetGroups(*group_tests_);
  queries_.emplace(engine(),
                   query::TraceQueries::Options{.token_key = kTokenKey});
  searches_.emplace(engine(),
                    query::SummarySearch::Options{
                        .token_key = kTokenKey,
                        .strict_aws_limits = options_.strict_aws_limits,
                        .groups = groups_.get()});
  graphs_.emplace(engine(), query::ServiceGraphs::Options{
                                .strict_aws_limits = options_.strict_aws_limits,
                                .groups = groups_.get()});
  return absl::OkStatus();
}

absl::Status Space::OpenSettings() {
  storage::SettingsStore& settings = *store_.settings;
  RTG_ASSIGN_OR_RETURN(
      rules_, RuleCatalog::Open(settings, {.identity = options_.identity,
                                           .clock = options_.clock}));
  RTG_ASSIGN_OR_RETURN(targets_,
                       SamplingTargets::Open(settings, *rules_, clock()));
  RTG_ASSIGN_OR_RETURN(
      retrievals_, TraceRetrieval::Open(
                       settings, *queries_, *graphs_,
                       {.clock = options_.clock, .random = options_.random}));
  RTG_ASSIGN_OR_RETURN(policies_, ResourcePolicies::Open(settings, clock()));
  RTG_ASSIGN_OR_RETURN(
      account_, AccountSettings::Open(settings, clock(), options_.master_key));
  return absl::OkStatus();
}

absl::Status Space::OpenInsights() {
  RTG_ASSIGN_OR_RETURN(
      insight_store_,
      InsightStore::Open(
          *store_.settings,
          {.retention = std::min<absl::Duration>(
               options_.retention, InsightStore::Options().retention)}));
  InsightService::Options options;
  options.token_key = kTokenKey;
  options.clock = options_.clock;
  if (!options_.webhook_url.empty()) {
    webhook_.emplace(
        WebhookClient::Options{.ca_file = options_.webhook_ca_file});
    InsightNotifier::Options notify;
    notify.url = options_.webhook_url;
    notify.identity = options_.identity;
    notify.clock = options_.clock;
    notifier_.emplace(*insight_store_, *webhook_, std::move(notify));
    options.on_events = [this] { notifications_->Wake(); };
  }
  insights_.emplace(engine(), *graphs_, *groups_, *insight_store_,
                    std::move(options));
  return absl::OkStatus();
}

void Space::StartJobs() {
  if (notifier_) {
    notifications_.emplace([this](const std::stop_token& stopped) {
      return notifier_->Step(stopped);
    });
  }
  evaluation_.emplace([this](const std::stop_token& stopped) {
    const absl::Status status = insights_->Evaluate(
        call_limits().Until(absl::InfiniteFuture(), stopped));
    if (!status.ok() && !absl::IsCancelled(status)) {
      LogWarn("insights were not evaluated", {{"status", status.ToString()}});
    }
    return kEvaluationInterval;
  });
  retention_.emplace(
      [this](const std::stop_token&) {
        const absl::Status status = engine().Retain();
        if (!status.ok()) {
          LogError("retention failed", {{"status", status.ToString()}});
        }
        return kRetentionInterval;
      },
      kRetentionInterval);
  if (!engine().traits().shared) return;
  refresh_.emplace([this](const std::stop_token&) {
    const absl::Status status = RefreshSettings();
    if (!status.ok()) {
      LogError("settings were not refreshed", {{"status", status.ToString()}});
    }
    return kRefreshInterval;
  });
}

absl::Status Space::RefreshSettings() {
  absl::Status status = groups_->Refresh();
  status.Update(rules_->Refresh());
  status.Update(retrievals_->Refresh());
  status.Update(policies_->Refresh());
  status.Update(account_->Refresh());
  status.Update(insight_store_->Refresh());
  return status;
}

absl::Status Space::Stop() {
  for (auto* job : {&refresh_, &retention_, &evaluation_, &notifications_}) {
    if (*job) (*job)->Stop();
  }
  return engine().Close();
}

}  // namespace roentgen::server
