// Settings of the account: encryption, where segments go, how much is indexed.
//
//   RTG_ASSIGN_OR_RETURN(auto settings, AccountSettings::Open(store, clock));
//   RTG_RETURN_IF_ERROR(settings->SetDestination(Destination::kXray).status());
//
// What is answered is what the server does. It encrypts with master keys of its
// own settings, or not at all, and refuses all others; it keeps all traces in
// one store and indexes all of them, whatever destination and percentage are
// set. These two are kept, because tools read them back.
//
// Errors are InvalidArgument in X-Ray's words; those of the store pass through.
//
// What another process changes is seen after Refresh.
//
// Threads: thread-safe.
#ifndef ROENTGEN_SERVER_ACCOUNT_ACCOUNT_SETTINGS_H_
#define ROENTGEN_SERVER_ACCOUNT_ACCOUNT_SETTINGS_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "base/timestamp.h"
#include "storage/settings/settings_store.h"

namespace roentgen::server {

enum class Destination : uint8_t { kXray, kCloudWatchLogs };
std::string_view NameOf(Destination destination);  // "CloudWatchLogs".

struct IndexingRule {
  double desired_percentage = 1;
  double actual_percentage = 100;
  Timestamp modified;
};

class AccountSettings {
 public:
  // The id of a master key; empty: nothing is encrypted.
  using MasterKey = std::function<std::string()>;

  // `store` and `clock` outlive the settings. `master_key` may be empty, as if
  // it gave none. DataLoss when what is stored is damaged.
  static absl::StatusOr<std::unique_ptr<AccountSettings>> Open(
      storage::SettingsStore& store, const Clock& clock,
      MasterKey master_key = {});

  // Looks at the store for what others changed. DataLoss when that is damaged:
  // then all stays as it was known.
  absl::Status Refresh();

  // The master key that the store's new files are under; empty: none.
  std::string encryption_key() const {
    return master_key_ ? master_key_() : std::string();
  }
  // Whether it is as it is asked for. Type is "NONE" or "KMS".
  absl::Status CheckEncryption(std::string_view type,
                               const std::optional<std::string>& key_id) const;

  Destination destination() const;
  absl::Status SetDestination(Destination destination);

  // The rule Default, which is the only one.
  IndexingRule indexing() const;
  // NotFound for other names (ResourceNotFoundException).
  absl::StatusOr<IndexingRule> SetIndexing(const std::string& name,
                                           double percentage);

 private:
  struct State {
    Destination destination = Destination::kXray;
    double percentage = 1;
    Timestamp modified;
  };

  AccountSettings(storage::SettingsStore& store, const Clock& clock,
                  MasterKey master_key)
      : store_(store), clock_(clock), master_key_(std::move(master_key)) {}

  static std::string Encode(const State& state);
  static std::optional<State> Decode(std::string_view bytes);
  absl::Status Replace(const State& after) RTG_REQUIRES(mu_);

  storage::SettingsStore& store_;
  const Clock& clock_;
  const MasterKey master_key_;
  mutable Mutex mu_;
  State state_ RTG_GUARDED_BY(mu_);
  std::optional<std::string> stored_ RTG_GUARDED_BY(mu_);
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_ACCOUNT_ACCOUNT_SETTINGS_H_
