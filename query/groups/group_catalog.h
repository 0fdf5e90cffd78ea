// The groups of the server: kept in the settings store, looked up in memory.
//
//   RTG_ASSIGN_OR_RETURN(auto groups, GroupCatalog::Open(store, options));
//   RTG_ASSIGN_OR_RETURN(filter, ResolveGroups(std::move(filter), *groups));
//
// The group Default is always there, comes first, and has no expression.
//
// Errors of calls are InvalidArgument with X-Ray's wording; those of the store
// pass through. Unavailable also when another process changed the group.
//
// What another process changes is seen after Refresh.
//
// Threads: thread-safe. Look-ups do not wait for the store.
#ifndef ROENTGEN_QUERY_GROUPS_GROUP_CATALOG_H_
#define ROENTGEN_QUERY_GROUPS_GROUP_CATALOG_H_

#include <atomic>
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
#include "base/clock.h"
#include "base/limits.h"
#include "base/mutex.h"
#include "base/timestamp.h"
#include "query/groups/group.h"
#include "query/groups/group_codec.h"
#include "query/lang/groups.h"
#include "storage/settings/settings_follower.h"
#include "storage/settings/settings_store.h"

namespace roentgen::query {

struct GroupCatalogOptions {
  // What ARNs are made of.
  std::string partition = "aws";
  std::string region = "us-east-1";
  std::string account_id = "000000000000";
  // What is wrong with a filter expression; nothing when it is fine. Empty:
  // all are fine. Thread-safe.
  std::function<std::optional<std::string>(std::string_view)> check_filter;
  // Uniform over all values; for the last parts of ARNs. Never empty. Called
  // by one thread at a time.
  std::function<uint64_t()> random;
  size_t groups_max = limits::kGroupsMax;  // Without Default.
  // Says since when an expression is in force. Outlives the catalog.
  const Clock* clock = &SystemClock();
};

// What decides a group's traces.
struct GroupMembership {
  std::string id;  // Never of another group; empty for Default: every trace.
  std::string name;
  std::string expression;  // Blank: every trace.
  GroupHistory history;
};

class GroupCatalog : public GroupLookup {
 public:
  // `store` outlives the catalog. DataLoss when a stored group is damaged.
  static absl::StatusOr<std::unique_ptr<GroupCatalog>> Open(
      storage::SettingsStore& store, GroupCatalogOptions options);

  // Looks at the store for what others changed. DataLoss when a changed group
  // is damaged: it stays as it was known, all others are up to date.
  absl::Status Refresh();

  absl::StatusOr<Group> Create(NewGroup group);
  absl::StatusOr<Group> Get(const GroupKey& key) const;
  std::vector<Group> List() const;  // Default, then by name.
  absl::StatusOr<Group> Update(const GroupKey& key, const GroupChange& change);
  absl::Status Delete(const GroupKey& key);
  // Changes the tags of the group with this ARN; what `edit` returns passes
  // through. Errors: NotFound when there is none.
  using TagEdit = std::function<absl::Status(std::vector<Tag>&)>;
  absl::Status EditTags(const std::string& arn, const TagEdit& edit);

  // Whether an error says that there is no such group.
  static bool IsAbsent(const absl::Status& error);

  // Errors: as Get.
  absl::StatusOr<GroupMembership> Membership(const GroupKey& key) const;
  // Of all groups but Default.
  std::vector<GroupMembership> Memberships() const;
  // Another number after each change.
  uint64_t revision() const { return revision_.load(); }

  std::optional<GroupFilter> FindByName(std::string_view name) const override;
  std::optional<GroupFilter> FindByArn(std::string_view arn) const override;

 private:
  using Groups = std::map<std::string, StoredGroup, std::less<>>;

  GroupCatalog(storage::SettingsStore& store, GroupCatalogOptions options)
      : store_(store),
        options_(std::move(options)),
        follower_(store, kSettingPrefix) {}

  static constexpr char kSettingPrefix[] = "group/";

  std::string ArnOf(const StoredGroup& group) const;
  absl::StatusOr<StoredGroup> Find(const GroupKey& key) const;
  const StoredGroup* StoredByArn(std::string_view arn) const
      RTG_REQUIRES_SHARED(mu_);
  absl::Status CheckExpression(const std::string& expression) const;
  // Groups that name each other match nothing: whoever makes them has erred.
  absl::Status CheckNoCycle(const Group& group) const;
  std::string MakeUniqueId() const;
  // Writes it, then shows it to look-ups. `before`: as it was, if it was.
  absl::Status Replace(const StoredGroup* before, const StoredGroup* after)
      RTG_REQUIRES(change_mu_);

  storage::SettingsStore& store_;
  const GroupCatalogOptions options_;
  Mutex change_mu_;  // One change at a time; before mu_.
  storage::SettingsFollower follower_ RTG_GUARDED_BY(change_mu_);
  mutable SharedMutex mu_;
  Groups groups_ RTG_GUARDED_BY(mu_);
  std::atomic<uint64_t> revision_ = 0;
};

}  // namespace roentgen::query

#endif  // ROENTGEN_QUERY_GROUPS_GROUP_CATALOG_H_
