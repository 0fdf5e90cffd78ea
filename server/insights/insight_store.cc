#include "server/insights/insight_store.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/status_macros.h"
#include "base/wire.h"
#include "server/insights/insight_codec.h"

namespace roentgen::server {
namespace {

constexpr uint64_t kTimeVersion = 1;

std::string EncodeTime(Timestamp time) {
  std::string out;
  AppendVarint(kTimeVersion, out);
  AppendZigzag(time.ns, out);
  return out;
}

std::optional<Timestamp> DecodeTime(std::string_view bytes) {
  ByteReader in(bytes);
  uint64_t version;
  Timestamp time;
  if (!in.BoundedVarint(kTimeVersion, version) || version != kTimeVersion ||
      !in.Zigzag(time.ns) || !in.done()) {
    return std::nullopt;
  }
  return time;
}

absl::Status Changed(const std::string& key) {
  return absl::UnavailableError("'" + key + "' was changed by another process");
}

bool IsNewer(const InsightRecord& a, const InsightRecord& b) {
  if (a.insight.start != b.insight.start) {
    return a.insight.start > b.insight.start;
  }
  return a.insight.id < b.insight.id;
}

}  // namespace

absl::StatusOr<std::unique_ptr<InsightStore>> InsightStore::Open(
    storage::SettingsStore& settings, const Options& options) {
  std::unique_ptr<InsightStore> store(new InsightStore(settings, options));
  MutexLock change(store->change_mu_);
  RTG_ASSIGN_OR_RETURN(const Damaged damaged, store->Follow());
  for (const storage::Setting& setting : damaged) {
    LogError("a stored setting of insights is damaged; it goes",
             {{"key", setting.key}});
    RTG_RETURN_IF_ERROR(store->DropDamaged(setting));
  }
  return store;
}

// What others wrote is theirs to drop.
absl::Status InsightStore::Refresh() {
  MutexLock change(change_mu_);
  RTG_ASSIGN_OR_RETURN(const Damaged damaged, Follow());
  if (damaged.empty()) return absl::OkStatus();
  return absl::DataLossError("stored '" + damaged.front().key + "' is damaged");
}

absl::StatusOr<InsightStore::Damaged> InsightStore::Follow() {
  Damaged damaged;
  const auto note = [&](const char* prefix) {
    return
        [&damaged, prefix](const std::string& name, const std::string& bytes) {
          damaged.push_back({.key = prefix + name, .value = bytes});
        };
  };
  // Applied at once: the follower does not say them again.
  RTG_ASSIGN_OR_RETURN(const storage::SettingsUpdate records,
                       record_follower_.Next());
  {
    WriterLock lock(mu_);
    storage::Apply(records, DecodeInsight, note(kRecordPrefix), records_);
  }
  RTG_ASSIGN_OR_RETURN(const storage::SettingsUpdate times,
                       time_follower_.Next());
  WriterLock lock(mu_);
  storage::Apply(
      times,
      [](const std::string&, const std::string& bytes) {
        return DecodeTime(bytes);
      },
      note(kTimePrefix), evaluated_);
  return damaged;
}

// A disk without room, or one that refuses, leaves it to the next start.
absl::Status InsightStore::DropDamaged(const storage::Setting& setting) {
  absl::Status dropped =
      settings_.CompareAndSet(setting.key, setting.value, std::nullopt)
          .status();
  if (!absl::IsUnavailable(dropped)) return dropped;
  LogWarn("a damaged setting stays for now",
          {{"key", setting.key}, {"error", dropped.ToString()}});
  return absl::OkStatus();
}

absl::Status InsightStore::Replace(const InsightRecord* before,
                                   const InsightRecord* after) {
  const auto bytes = [](const InsightRecord* record) {
    return record == nullptr ? std::nullopt
                             : std::optional(EncodeInsight(*record));
  };
  const std::string id = (after != nullptr ? after : before)->insight.id;
  const std::string key = kRecordPrefix + id;
  const std::optional<std::string> new_bytes = bytes(after);
  // As it will be read: that may have fewer events.
  std::optional<InsightRecord> written;
  if (new_bytes) {
    written = DecodeInsight(id, *new_bytes);
    if (!written) return absl::InternalError("an insight does not read back");
  }
  RTG_ASSIGN_OR_RETURN(const bool set,
                       settings_.CompareAndSet(key, bytes(before), new_bytes));
  if (!set) return Changed(key);
  WriterLock lock(mu_);
  if (after == nullptr) {
    records_.erase(id);
    return absl::OkStatus();
  }
  records_[id] = *std::move(written);
  return absl::OkStatus();
}

std::optional<InsightRecord> InsightStore::Find(std::string_view id) const {
  ReaderLock lock(mu_);
  const auto at = records_.find(id);
  if (at == records_.end()) return std::nullopt;
  return at->second;
}

absl::Status InsightStore::Put(InsightRecord record) {
  MutexLock change(change_mu_);
  const std::optional<InsightRecord> before = Find(record.insight.id);
  if (before) {
    record.events_notified =
        std::min(std::max(record.events_notified, before->events_notified),
                 record.events_made);
    if (*before == record) return absl::OkStatus();
  }
  RTG_RETURN_IF_ERROR(Replace(before ? &*before : nullptr, &record));
  const std::vector<InsightRecord> all = OfGroup(record.insight.group_id);
  for (size_t i = options_.per_group_max; i < all.size(); ++i) {
    RTG_RETURN_IF_ERROR(Replace(&all[i], nullptr));
  }
  return absl::OkStatus();
}

std::optional<InsightRecord> InsightStore::Get(std::string_view id) const {
  return Find(id);
}

std::vector<InsightRecord> InsightStore::OfGroup(
    std::string_view group_id) const {
  std::vector<InsightRecord> out;
  {
    ReaderLock lock(mu_);
    for (const auto& [id, record] : records_) {
      if (record.insight.group_id == group_id) out.push_back(record);
    }
  }
  std::sort(out.begin(), out.end(), IsNewer);
  return out;
}

std::vector<InsightRecord> InsightStore::Active() const {
  std::vector<InsightRecord> out;
  ReaderLock lock(mu_);
  for (const auto& [id, record] : records_) {
    if (record.insight.state == InsightState::kActive) out.push_back(record);
  }
  return out;
}

absl::Status InsightStore::Expire(Timestamp now) {
  MutexLock change(change_mu_);
  std::vector<InsightRecord> old;
  {
    ReaderLock lock(mu_);
    for (const auto& [id, record] : records_) {
      const std::optional<Timestamp> end = record.insight.end;
      if (end && now - *end > options_.retention) old.push_back(record);
    }
  }
  for (const InsightRecord& record : old) {
    RTG_RETURN_IF_ERROR(Replace(&record, nullptr));
  }
  return absl::OkStatus();
}

std::optional<Timestamp> InsightStore::EvaluatedUntil(
    std::string_view group_id) const {
  ReaderLock lock(mu_);
  const auto at = evaluated_.find(group_id);
  if (at == evaluated_.end()) return std::nullopt;
  return at->second;
}

absl::Status InsightStore::ReplaceTime(const std::string& group_id,
                                       std::optional<Timestamp> after) {
  const auto bytes = [](std::optional<Timestamp> time) {
    return time ? std::optional(EncodeTime(*time)) : std::nullopt;
  };
  const std::optional<Timestamp> before = EvaluatedUntil(group_id);
  const std::string key = kTimePrefix + group_id;
  RTG_ASSIGN_OR_RETURN(const bool set, settings_.CompareAndSet(
                                           key, bytes(before), bytes(after)));
  if (!set) return Changed(key);
  WriterLock lock(mu_);
  if (after) {
    evaluated_[group_id] = *after;
  } else {
    evaluated_.erase(group_id);
  }
  return absl::OkStatus();
}

absl::Status InsightStore::SetEvaluatedUntil(const std::string& group_id,
                                             Timestamp until) {
  MutexLock change(change_mu_);
  return ReplaceTime(group_id, until);
}

absl::Status InsightStore::KeepEvaluated(
    const std::vector<std::string>& group_ids) {
  MutexLock change(change_mu_);
  std::vector<std::string> gone;
  {
    ReaderLock lock(mu_);
    for (const auto& [group_id, until] : evaluated_) {
      if (std::find(group_ids.begin(), group_ids.end(), group_id) ==
          group_ids.end()) {
        gone.push_back(group_id);
      }
    }
  }
  for (const std::string& group_id : gone) {
    RTG_RETURN_IF_ERROR(ReplaceTime(group_id, std::nullopt));
  }
  return absl::OkStatus();
}

std::optional<PendingEvent> InsightStore::NextPending() const {
  std::optional<PendingEvent> oldest;
  ReaderLock lock(mu_);
  for (const auto& [id, record] : records_) {
    const uint64_t first = record.events_made - record.events.size();
    const uint64_t next = std::max(record.events_notified, first);
    if (next >= record.events_made) continue;
    const InsightEvent& event = record.events[next - first];
    if (oldest && oldest->event.time <= event.time) continue;
    oldest = {.insight = record.insight, .event = event, .number = next};
  }
  return oldest;
}

absl::Status InsightStore::MarkNotified(const PendingEvent& event) {
  MutexLock change(change_mu_);
  const std::optional<InsightRecord> before = Find(event.insight.id);
  if (!before || before->events_notified > event.number) {
    return absl::OkStatus();
  }
  InsightRecord after = *before;
  after.events_notified = event.number + 1;
  return Replace(&*before, &after);
}

}  // namespace roentgen::server
