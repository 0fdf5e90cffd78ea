#include "query/groups/group_catalog.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/cord.h"
#include "absl/strings/str_join.h"
#include "base/status_macros.h"
#include "query/groups/group_rules.h"

namespace roentgen::query {
namespace {

constexpr std::string_view kDefault = "Default";
constexpr std::string_view kBase32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
constexpr size_t kUniqueIdChars = 52;

// Marks the error among others of its code.
constexpr std::string_view kAbsent = "roentgen/absent-group";

absl::Status NotFound() {
  absl::Status error = absl::InvalidArgumentError("Group not found");
  error.SetPayload({kAbsent.data(), kAbsent.size()}, absl::Cord());
  return error;
}

bool IsDefault(const StoredGroup& group) {
  return group.group.name == kDefault;
}

// What the store has of a group. Default is there only while it differs from
// what it is from the beginning.
std::optional<std::string> StoredBytes(const StoredGroup* group) {
  if (group == nullptr) return std::nullopt;
  if (IsDefault(*group) && !group->group.insights_enabled &&
      group->group.tags.empty()) {
    return std::nullopt;
  }
  return EncodeGroup(*group);
}

GroupFilter FilterOf(const StoredGroup& group) {
  return {.name = group.group.name,
          .expression = group.group.filter_expression};
}

GroupMembership MembershipOf(const StoredGroup& group) {
  return {.id = group.unique_id,
          .name = group.group.name,
          .expression = group.group.filter_expression,
          .history = group.history};
}

absl::Status ApplyInsights(const InsightsSettings& change, Group& group) {
  group.insights_enabled =
      change.insights_enabled.value_or(group.insights_enabled);
  group.notifications_enabled =
      change.notifications_enabled.value_or(group.notifications_enabled);
  if (group.notifications_enabled && !group.insights_enabled) {
    return absl::InvalidArgumentError(
        "NotificationsEnabled requires InsightsEnabled");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<GroupCatalog>> GroupCatalog::Open(
    storage::SettingsStore& store, GroupCatalogOptions options) {
  std::unique_ptr<GroupCatalog> catalog(
      new GroupCatalog(store, std::move(options)));
  RTG_RETURN_IF_ERROR(catalog->Refresh());
  return catalog;
}

absl::Status GroupCatalog::Refresh() {
  MutexLock change(change_mu_);
  RTG_ASSIGN_OR_RETURN(const storage::SettingsUpdate update, follower_.Next());
  if (update.empty()) return absl::OkStatus();
  WriterLock lock(mu_);
  const absl::Status status =
      storage::ApplyOrComplain(update, "group", DecodeGroup, groups_);
  groups_[std::string(kDefault)].group.name = kDefault;
  for (auto& [name, stored] : groups_) stored.group.arn = ArnOf(stored);
  ++revision_;
  return status;
}

std::string GroupCatalog::ArnOf(const StoredGroup& stored) const {
  std::string arn = "arn:" + options_.partition + ":xray:" + options_.region +
                    ":" + options_.account_id + ":group/" + stored.group.name;
  return stored.unique_id.empty() ? arn : arn + "/" + stored.unique_id;
}

std::string GroupCatalog::MakeUniqueId() const {
  std::string id;
  while (id.size() < kUniqueIdChars) {
    uint64_t bits = options_.random();
    for (int i = 0; i < 12 && id.size() < kUniqueIdChars; ++i, bits >>= 5) {
      id.push_back(kBase32[bits & 31]);
    }
  }
  return id;
}

absl::Status GroupCatalog::CheckExpression(const std::string& text) const {
  if (absl::StripAsciiWhitespace(text).empty()) {
    return absl::InvalidArgumentError("Filter Expression is empty");
  }
  if (text.size() > limits::kFilterBytesMax) {
    return absl::InvalidArgumentError("FilterExpression must have at most " +
                                      std::to_string(limits::kFilterBytesMax) +
                                      " bytes");
  }
  if (!options_.check_filter) return absl::OkStatus();
  const std::optional<std::string> fault = options_.check_filter(text);
  return fault ? absl::InvalidArgumentError(*fault) : absl::OkStatus();
}

absl::Status GroupCatalog::CheckNoCycle(const Group& group) const {
  const std::vector<std::string> way =
      FindGroupCycle(group.name, group.filter_expression, *this);
  if (way.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      "group '" + group.name +
      "' would stand within itself: " + absl::StrJoin(way, " -> "));
}

const StoredGroup* GroupCatalog::StoredByArn(std::string_view arn) const {
  const auto at = std::find_if(
      groups_.begin(), groups_.end(),
      [&](const auto& entry) { return entry.second.group.arn == arn; });
  return at == groups_.end() ? nullptr : &at->second;
}

absl::StatusOr<StoredGroup> GroupCatalog::Find(const GroupKey& key) const {
  if (!key.name && !key.arn) {
    return absl::InvalidArgumentError("Provide either GroupName or GroupARN");
  }
  ReaderLock lock(mu_);
  const StoredGroup* found = nullptr;
  if (key.name) {
    const auto at = groups_.find(*key.name);
    if (at == groups_.end()) return NotFound();
    found = &at->second;
  }
  if (key.arn) {
    const StoredGroup* by_arn = StoredByArn(*key.arn);
    if (by_arn == nullptr) return NotFound();
    if (found != nullptr && found != by_arn) {
      return absl::InvalidArgumentError(
          "GroupName and GroupARN mean different groups");
    }
    found = by_arn;
  }
  return *found;
}

absl::Status GroupCatalog::Replace(const StoredGroup* before,
                                   const StoredGroup* after) {
  const std::string& name = (after ? after : before)->group.name;
  RTG_ASSIGN_OR_RETURN(
      const bool set,
      store_.CompareAndSet(std::string(kSettingPrefix) + name,
                           StoredBytes(before), StoredBytes(after)));
  if (!set) {
    return absl::UnavailableError("group '" + name +
                                  "' was changed by another process");
  }
  WriterLock lock(mu_);
  if (after) {
    groups_[name] = *after;
  } else {
    groups_.erase(name);
  }
  ++revision_;
  return absl::OkStatus();
}

absl::StatusOr<Group> GroupCatalog::Create(NewGroup group) {
  RTG_RETURN_IF_ERROR(CheckGroupName(group.name));
  RTG_RETURN_IF_ERROR(CheckTags(group.tags));
  if (group.filter_expression) {
    RTG_RETURN_IF_ERROR(CheckExpression(*group.filter_expression));
  }
  MutexLock change(change_mu_);
  {
    ReaderLock lock(mu_);
    if (groups_.contains(group.name)) {
      return absl::InvalidArgumentError(group.name + " already exists");
    }
    if (groups_.size() > options_.groups_max) {
      return absl::InvalidArgumentError("Group limit exceeded: at most " +
                                        std::to_string(options_.groups_max) +
                                        " groups");
    }
  }
  StoredGroup made{.unique_id = MakeUniqueId(), .group = {}, .history = {}};
  made.history.since = options_.clock->Now();
  made.group.name = std::move(group.name);
  made.group.arn = ArnOf(made);
  made.group.filter_expression =
      std::move(group.filter_expression).value_or("");
  made.group.tags = std::move(group.tags);
  RTG_RETURN_IF_ERROR(CheckNoCycle(made.group));
  RTG_RETURN_IF_ERROR(ApplyInsights(group.insights, made.group));
  RTG_RETURN_IF_ERROR(Replace(nullptr, &made));
  return made.group;
}

absl::StatusOr<Group> GroupCatalog::Get(const GroupKey& key) const {
  RTG_ASSIGN_OR_RETURN(StoredGroup found, Find(key));
  return std::move(found.group);
}

std::vector<Group> GroupCatalog::List() const {
  ReaderLock lock(mu_);
  std::vector<Group> out = {groups_.find(kDefault)->second.group};
  for (const auto& [name, stored] : groups_) {
    if (!IsDefault(stored)) out.push_back(stored.group);
  }
  return out;
}

absl::StatusOr<Group> GroupCatalog::Update(const GroupKey& key,
                                           const GroupChange& change) {
  if (change.filter_expression) {
    RTG_RETURN_IF_ERROR(CheckExpression(*change.filter_expression));
  }
  MutexLock lock(change_mu_);
  RTG_ASSIGN_OR_RETURN(const StoredGroup before, Find(key));
  StoredGroup after = before;
  if (change.filter_expression) {
    if (IsDefault(before)) {
      return absl::InvalidArgumentError(
          "The default group has no filter expression");
    }
    if (*change.filter_expression != before.group.filter_expression) {
      NoteChange(before.group.filter_expression, options_.clock->Now(),
                 after.history);
    }
    after.group.filter_expression = *change.filter_expression;
    RTG_RETURN_IF_ERROR(CheckNoCycle(after.group));
  }
  RTG_RETURN_IF_ERROR(ApplyInsights(change.insights, after.group));
  if (after == before) return after.group;
  RTG_RETURN_IF_ERROR(Replace(&before, &after));
  return after.group;
}

absl::Status GroupCatalog::Delete(const GroupKey& key) {
  MutexLock lock(change_mu_);
  RTG_ASSIGN_OR_RETURN(const StoredGroup found, Find(key));
  if (IsDefault(found)) {
    return absl::InvalidArgumentError("The default group cannot be deleted");
  }
  return Replace(&found, nullptr);
}

absl::Status GroupCatalog::EditTags(const std::string& arn,
                                    const TagEdit& edit) {
  MutexLock lock(change_mu_);
  const absl::StatusOr<StoredGroup> before =
      Find({.name = std::nullopt, .arn = arn});
  if (!before.ok()) return absl::NotFoundError("no group " + arn);
  StoredGroup after = *before;
  RTG_RETURN_IF_ERROR(edit(after.group.tags));
  RTG_RETURN_IF_ERROR(CheckTags(after.group.tags));
  return after == *before ? absl::OkStatus() : Replace(&*before, &after);
}

bool GroupCatalog::IsAbsent(const absl::Status& error) {
  return error.GetPayload({kAbsent.data(), kAbsent.size()}).has_value();
}

absl::StatusOr<GroupMembership> GroupCatalog::Membership(
    const GroupKey& key) const {
  RTG_ASSIGN_OR_RETURN(const StoredGroup found, Find(key));
  return MembershipOf(found);
}

std::vector<GroupMembership> GroupCatalog::Memberships() const {
  ReaderLock lock(mu_);
  std::vector<GroupMembership> out;
  for (const auto& [name, stored] : groups_) {
    if (!IsDefault(stored)) out.push_back(MembershipOf(stored));
  }
  return out;
}

std::optional<GroupFilter> GroupCatalog::FindByName(
    std::string_view name) const {
  ReaderLock lock(mu_);
  const auto at = groups_.find(name);
  if (at == groups_.end()) return std::nullopt;
  return FilterOf(at->second);
}

std::optional<GroupFilter> GroupCatalog::FindByArn(std::string_view arn) const {
  ReaderLock lock(mu_);
  const StoredGroup* found = StoredByArn(arn);
  if (found == nullptr) return std::nullopt;
  return FilterOf(*found);
}

}  // namespace roentgen::query
