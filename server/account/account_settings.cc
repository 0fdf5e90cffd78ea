#include "server/account/account_settings.h"

#include <bit>
#include <utility>

#include "base/status_macros.h"
#include "base/wire.h"
#include "server/aws_status.h"

namespace roentgen::server {
namespace {

constexpr std::string_view kSettingKey = "account";
constexpr std::string_view kIndexingRule = "Default";
constexpr uint64_t kVersion = 1;

}  // namespace

std::string_view NameOf(Destination destination) {
  return destination == Destination::kXray ? "XRay" : "CloudWatchLogs";
}

std::string AccountSettings::Encode(const State& state) {
  std::string out;
  AppendVarint(kVersion, out);
  AppendVarint(static_cast<uint64_t>(state.destination), out);
  AppendFixed64(std::bit_cast<uint64_t>(state.percentage), out);
  AppendZigzag(state.modified.ns, out);
  return out;
}

std::optional<AccountSettings::State> AccountSettings::Decode(
    std::string_view bytes) {
  ByteReader in(bytes);
  State out;
  uint64_t version, destination, percentage;
  if (!in.BoundedVarint(kVersion, version) || version != kVersion ||
      !in.BoundedVarint(1, destination) || !in.Fixed64(percentage) ||
      !in.Zigzag(out.modified.ns) || !in.done()) {
    return std::nullopt;
  }
  out.destination = static_cast<Destination>(destination);
  out.percentage = std::bit_cast<double>(percentage);
  return out;
}

absl::StatusOr<std::unique_ptr<AccountSettings>> AccountSettings::Open(
    storage::SettingsStore& store, const Clock& clock, MasterKey master_key) {
  std::unique_ptr<AccountSettings> out(
      new AccountSettings(store, clock, std::move(master_key)));
  RTG_RETURN_IF_ERROR(out->Refresh());
  return out;
}

absl::Status AccountSettings::Refresh() {
  MutexLock lock(mu_);
  RTG_ASSIGN_OR_RETURN(std::optional<std::string> stored,
                       store_.Get(kSettingKey));
  if (stored == stored_) return absl::OkStatus();
  const std::optional<State> state = stored ? Decode(*stored) : State();
  if (!state) return absl::DataLossError("stored account is damaged");
  stored_ = std::move(stored);
  state_ = *state;
  return absl::OkStatus();
}

absl::Status AccountSettings::Replace(const State& after) {
  std::string bytes = Encode(after);
  RTG_ASSIGN_OR_RETURN(const bool set,
                       store_.CompareAndSet(kSettingKey, stored_, bytes));
  if (!set) {
    return absl::UnavailableError("account was changed by another process");
  }
  stored_ = std::move(bytes);
  state_ = after;
  return absl::OkStatus();
}

absl::Status AccountSettings::CheckEncryption(
    std::string_view type, const std::optional<std::string>& key_id) const {
  const std::string used = encryption_key();
  if (type == "NONE") {
    if (key_id) {
      return absl::InvalidArgumentError(
          "KeyId must not be given when Type is NONE");
    }
    if (used.empty()) return absl::OkStatus();
    return absl::InvalidArgumentError(
        "The store is encrypted under the master key '" + used +
        "' of the server's own settings, which no call changes");
  }
  if (!key_id) {
    return absl::InvalidArgumentError("KeyId must be given when Type is KMS");
  }
  if (!used.empty() && *key_id == used) return absl::OkStatus();
  return absl::InvalidArgumentError(
      "Key '" + *key_id +
      "' does not exist: this server has no KMS keys. Its store is encrypted "
      "by the setting encryption.keys_file, not by a call");
}

Destination AccountSettings::destination() const {
  MutexLock lock(mu_);
  return state_.destination;
}

absl::Status AccountSettings::SetDestination(Destination destination) {
  MutexLock lock(mu_);
  if (state_.destination == destination) {
    return absl::InvalidArgumentError("The destination is already set to " +
                                      std::string(NameOf(destination)));
  }
  State after = state_;
  after.destination = destination;
  return Replace(after);
}

IndexingRule AccountSettings::indexing() const {
  MutexLock lock(mu_);
  IndexingRule rule;
  rule.desired_percentage = state_.percentage;
  rule.modified = state_.modified;
  return rule;
}

absl::StatusOr<IndexingRule> AccountSettings::SetIndexing(
    const std::string& name, double percentage) {
  if (name != kIndexingRule) {
    return AwsStatus({.http_status = 404,
                      .name = "ResourceNotFoundException",
                      .message = "Indexing rule not found: " + name,
                      .resource_name = name});
  }
  if (!(percentage >= 0 && percentage <= 100)) {
    return absl::InvalidArgumentError(
        "DesiredSamplingPercentage must be between 0 and 100");
  }
  MutexLock lock(mu_);
  State after = state_;
  after.percentage = percentage;
  after.modified = clock_.Now();
  RTG_RETURN_IF_ERROR(Replace(after));
  IndexingRule rule;
  rule.desired_percentage = percentage;
  rule.modified = after.modified;
  return rule;
}

}  // namespace roentgen::server
