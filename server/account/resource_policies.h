// Resource policies: kept and handed back word for word, with revisions.
//
//   RTG_ASSIGN_OR_RETURN(auto policies, ResourcePolicies::Open(store, clock));
//   RTG_ASSIGN_OR_RETURN(auto made, policies->Put({.name = "sns", ...}));
//
// X-Ray uses them to let AWS services and other accounts send segments. There
// are none of these here, so that policies decide nothing: keys do.
//
// Errors carry X-Ray's names and words (aws_status.h); those of the store pass
// through. Unavailable also when another process changed the policy.
//
// What another process changes is seen after Refresh.
//
// Threads: thread-safe.
#ifndef ROENTGEN_SERVER_ACCOUNT_RESOURCE_POLICIES_H_
#define ROENTGEN_SERVER_ACCOUNT_RESOURCE_POLICIES_H_

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "base/timestamp.h"
#include "storage/settings/settings_follower.h"
#include "storage/settings/settings_store.h"

namespace roentgen::server {

struct ResourcePolicy {
  std::string name;
  std::string document;
  int64_t revision = 0;  // From 1 on.
  Timestamp updated;

  friend bool operator==(const ResourcePolicy&,
                         const ResourcePolicy&) = default;
};

struct NewPolicy {
  std::string name;
  std::string document;
  // The revision that must be the present one; "0": there must be none.
  std::optional<std::string> revision;
  bool bypass_lockout_check = false;
};

class ResourcePolicies {
 public:
  // `store` and `clock` outlive the policies. DataLoss when one is damaged.
  static absl::StatusOr<std::unique_ptr<ResourcePolicies>> Open(
      storage::SettingsStore& store, const Clock& clock);

  // Looks at the store for what others changed. DataLoss when a changed policy
  // is damaged: it stays as it was known, all others are up to date.
  absl::Status Refresh();

  absl::StatusOr<ResourcePolicy> Put(const NewPolicy& policy);
  std::vector<ResourcePolicy> List() const;  // By name.
  absl::Status Delete(const std::string& name,
                      const std::optional<std::string>& revision);

 private:
  ResourcePolicies(storage::SettingsStore& store, const Clock& clock)
      : store_(store), clock_(clock), follower_(store, kSettingPrefix) {}

  static constexpr char kSettingPrefix[] = "policy/";

  absl::Status Replace(const std::string& name, const ResourcePolicy* before,
                       const ResourcePolicy* after) RTG_REQUIRES(mu_);

  storage::SettingsStore& store_;
  const Clock& clock_;
  mutable Mutex mu_;
  storage::SettingsFollower follower_ RTG_GUARDED_BY(mu_);
  std::map<std::string, ResourcePolicy, std::less<>> policies_
      RTG_GUARDED_BY(mu_);
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_ACCOUNT_RESOURCE_POLICIES_H_
