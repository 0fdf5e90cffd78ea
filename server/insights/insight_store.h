// Insights: kept in the settings store, read from memory.
//
//   RTG_ASSIGN_OR_RETURN(auto insights, InsightStore::Open(settings, options));
//   RTG_RETURN_IF_ERROR(insights->Put(record));
//
// Bounded: of each group the newest are kept, and for so long as retention
// says. A stored insight that is damaged is dropped, and logged.
//
// Errors are those of the settings store; Unavailable also when another process
// changed an insight.
//
// What another process changes is seen after Refresh.
//
// Threads: thread-safe. Reads do not wait for the settings store.
#ifndef ROENTGEN_SERVER_INSIGHTS_INSIGHT_STORE_H_
#define ROENTGEN_SERVER_INSIGHTS_INSIGHT_STORE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/limits.h"
#include "base/mutex.h"
#include "base/timestamp.h"
#include "server/insights/insight.h"
#include "storage/settings/settings_follower.h"
#include "storage/settings/settings_store.h"

namespace roentgen::server {

// An event nobody was told of yet.
struct PendingEvent {
  Insight insight;  // As it is now.
  InsightEvent event;
  uint64_t number = 0;  // Of the insight's events.
  // What becomes of the insight by the event.
  InsightState state() const {
    return event.kind == InsightEventKind::kClosed ? InsightState::kClosed
                                                   : InsightState::kActive;
  }
};

class InsightStore {
 public:
  struct Options {
    absl::Duration retention = absl::Hours(24 * 30);
    size_t per_group_max = limits::kInsightsPerGroupMax;
  };

  // `settings` outlives the store.
  static absl::StatusOr<std::unique_ptr<InsightStore>> Open(
      storage::SettingsStore& settings, const Options& options);

  // Looks at the settings for what others changed. DataLoss when something that
  // changed is damaged: it stays as it was known, all else is up to date.
  absl::Status Refresh();

  // Adds it, or puts it in the place of the one with its id. Of events_notified
  // the larger one counts.
  absl::Status Put(InsightRecord record);
  std::optional<InsightRecord> Get(std::string_view id) const;
  // Newest start first, then by id.
  std::vector<InsightRecord> OfGroup(std::string_view group_id) const;
  std::vector<InsightRecord> Active() const;
  // Drops what ended longer ago than retention says.
  absl::Status Expire(Timestamp now);

  // End of the last minute that was evaluated for a group.
  std::optional<Timestamp> EvaluatedUntil(std::string_view group_id) const;
  absl::Status SetEvaluatedUntil(const std::string& group_id, Timestamp until);
  // Forgets those of all other groups.
  absl::Status KeepEvaluated(const std::vector<std::string>& group_ids);

  // The oldest event that is pending.
  std::optional<PendingEvent> NextPending() const;
  // The event, and those of the insight before it.
  absl::Status MarkNotified(const PendingEvent& event);

 private:
  using Records = std::map<std::string, InsightRecord, std::less<>>;
  using Times = std::map<std::string, Timestamp, std::less<>>;

  InsightStore(storage::SettingsStore& settings, const Options& options)
      : settings_(settings),
        options_(options),
        record_follower_(settings, kRecordPrefix),
        time_follower_(settings, kTimePrefix) {}

  static constexpr char kRecordPrefix[] = "insight/";
  static constexpr char kTimePrefix[] = "insight-time/";

  // What was damaged.
  using Damaged = std::vector<storage::Setting>;
  absl::StatusOr<Damaged> Follow() RTG_REQUIRES(change_mu_);
  absl::Status DropDamaged(const storage::Setting& setting);
  std::optional<InsightRecord> Find(std::string_view id) const;
  // Writes it, then shows it to readers. Null: there is none.
  absl::Status Replace(const InsightRecord* before, const InsightRecord* after)
      RTG_REQUIRES(change_mu_);
  absl::Status ReplaceTime(const std::string& group_id,
                           std::optional<Timestamp> after)
      RTG_REQUIRES(change_mu_);

  storage::SettingsStore& settings_;
  const Options options_;
  Mutex change_mu_;  // One change at a time; before mu_.
  storage::SettingsFollower record_follower_ RTG_GUARDED_BY(change_mu_);
  storage::SettingsFollower time_follower_ RTG_GUARDED_BY(change_mu_);
  mutable SharedMutex mu_;
  Records records_ RTG_GUARDED_BY(mu_);
  Times evaluated_ RTG_GUARDED_BY(mu_);
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_INSIGHTS_INSIGHT_STORE_H_
