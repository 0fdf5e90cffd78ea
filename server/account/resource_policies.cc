#include "server/account/resource_policies.h"

#include <utility>

#include "base/limits.h"
#include "base/status_macros.h"
#include "base/wire.h"
#include "server/account/policy_document.h"
#include "server/aws_status.h"

namespace roentgen::server {
namespace {

constexpr uint64_t kVersion = 1;

std::string Encode(const ResourcePolicy& policy) {
  std::string out;
  AppendVarint(kVersion, out);
  AppendVarint(static_cast<uint64_t>(policy.revision), out);
  AppendZigzag(policy.updated.ns, out);
  AppendBytes(policy.document, out);
  return out;
}

std::optional<ResourcePolicy> Decode(std::string name, std::string_view bytes) {
  ByteReader in(bytes);
  ResourcePolicy out;
  uint64_t version, revision;
  std::string_view document;
  if (!in.BoundedVarint(kVersion, version) || version != kVersion ||
      !in.Varint(revision) || !in.Zigzag(out.updated.ns) ||
      !in.Bytes(document) || !in.done()) {
    return std::nullopt;
  }
  out.name = std::move(name);
  out.document = document;
  out.revision = static_cast<int64_t>(revision);
  return out;
}

absl::Status Named(std::string name, std::string message) {
  return AwsStatus({.http_status = 400,
                    .name = std::move(name),
                    .message = std::move(message)});
}

// `present`: null when there is no such policy.
absl::Status CheckRevision(const std::string& name,
                           const std::optional<std::string>& wanted,
                           const ResourcePolicy* present) {
  const std::string is =
      present != nullptr ? std::to_string(present->revision) : "0";
  if (!wanted || *wanted == is) return absl::OkStatus();
  return Named(
      "InvalidPolicyRevisionIdException",
      "Another concurrent request has modified the resource policy " + name);
}

}  // namespace

absl::StatusOr<std::unique_ptr<ResourcePolicies>> ResourcePolicies::Open(
    storage::SettingsStore& store, const Clock& clock) {
  std::unique_ptr<ResourcePolicies> out(new ResourcePolicies(store, clock));
  RTG_RETURN_IF_ERROR(out->Refresh());
  return out;
}

absl::Status ResourcePolicies::Refresh() {
  MutexLock lock(mu_);
  RTG_ASSIGN_OR_RETURN(const storage::SettingsUpdate update, follower_.Next());
  return storage::ApplyOrComplain(update, "policy", Decode, policies_);
}

absl::Status ResourcePolicies::Replace(const std::string& name,
                                       const ResourcePolicy* before,
                                       const ResourcePolicy* after) {
  const auto bytes = [](const ResourcePolicy* policy) {
    return policy != nullptr ? std::optional(Encode(*policy)) : std::nullopt;
  };
  RTG_ASSIGN_OR_RETURN(
      const bool set,
      store_.CompareAndSet(kSettingPrefix + name, bytes(before), bytes(after)));
  if (!set) {
    return absl::UnavailableError("policy '" + name +
                                  "' was changed by another process");
  }
  if (after != nullptr) {
    policies_[name] = *after;
  } else {
    policies_.erase(name);
  }
  return absl::OkStatus();
}

absl::StatusOr<ResourcePolicy> ResourcePolicies::Put(const NewPolicy& policy) {
  if (policy.document.size() > limits::kPolicyBytesMax) {
    return Named("PolicySizeLimitExceededException",
                 "PolicyDocument has " +
                     std::to_string(policy.document.size()) +
                     " bytes; at most " +
                     std::to_string(limits::kPolicyBytesMax) + " are allowed");
  }
  RTG_ASSIGN_OR_RETURN(const PolicyEffect effect,
                       CheckPolicyDocument(policy.document));
  MutexLock lock(mu_);
  const auto found = policies_.find(policy.name);
  const ResourcePolicy* before =
      found != policies_.end() ? &found->second : nullptr;
  RTG_RETURN_IF_ERROR(CheckRevision(policy.name, policy.revision, before));
  if (before == nullptr && policies_.size() >= limits::kPoliciesMax) {
    return Named("PolicyCountLimitExceededException",
                 "There are " + std::to_string(limits::kPoliciesMax) +
                     " resource policies; no more are allowed");
  }
  if (effect.locks_out && !policy.bypass_lockout_check) {
    return Named("LockoutPreventionException",
                 "PolicyDocument denies everybody xray:PutResourcePolicy; set "
                 "BypassPolicyLockoutCheck to put it all the same");
  }
  const ResourcePolicy after{
      .name = policy.name,
      .document = policy.document,
      .revision = before != nullptr ? before->revision + 1 : 1,
      .updated = clock_.Now()};
  RTG_RETURN_IF_ERROR(Replace(policy.name, before, &after));
  return after;
}

std::vector<ResourcePolicy> ResourcePolicies::List() const {
  MutexLock lock(mu_);
  std::vector<ResourcePolicy> out;
  for (const auto& [name, policy] : policies_) out.push_back(policy);
  return out;
}

absl::Status ResourcePolicies::Delete(
    const std::string& name, const std::optional<std::string>& revision) {
  MutexLock lock(mu_);
  const auto found = policies_.find(name);
  if (found == policies_.end()) {
    return absl::InvalidArgumentError("Resource policy does not exist: " +
                                      name);
  }
  const ResourcePolicy before = found->second;
  RTG_RETURN_IF_ERROR(CheckRevision(name, revision, &before));
  return Replace(name, &before, nullptr);
}

}  // namespace roentgen::server
