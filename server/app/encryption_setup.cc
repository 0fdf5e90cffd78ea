#include "server/app/encryption_setup.h"

#include <sys/stat.h>

#include <utility>

#include "base/limits.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "server/config/encryption_keys.h"
#include "storage/files/key_change.h"

namespace roentgen::server {

absl::StatusOr<std::unique_ptr<EncryptionSetup>> EncryptionSetup::Make(
    const Config& config) {
  RTG_ASSIGN_OR_RETURN(MasterKeySetPointer keys, LoadMasterKeys(config));
  if (keys == nullptr) return std::unique_ptr<EncryptionSetup>();
  return std::unique_ptr<EncryptionSetup>(new EncryptionSetup(
      config, std::make_shared<storage::MasterKeys>(std::move(keys))));
}

EncryptionSetup::EncryptionSetup(const Config& config,
                                 std::shared_ptr<storage::MasterKeys> keys)
    : config_(config), keys_(std::move(keys)), file_state_(FileState()) {}

std::string EncryptionSetup::FileState() const {
  struct stat about = {};
  if (config_.encryption_keys_file.empty() ||
      stat(config_.encryption_keys_file.c_str(), &about) != 0) {
    return {};
  }
  std::string state;
  for (const int64_t part :
       {static_cast<int64_t>(about.st_dev), static_cast<int64_t>(about.st_ino),
        static_cast<int64_t>(about.st_size), int64_t{about.st_mtim.tv_sec},
        int64_t{about.st_mtim.tv_nsec}}) {
    state += std::to_string(part) + ' ';
  }
  return state;
}

absl::Status EncryptionSetup::ReadAgain() {
  MutexLock lock(mu_);
  file_state_ = FileState();
  absl::StatusOr<MasterKeySetPointer> next = LoadMasterKeys(config_);
  absl::Status status = next.status();
  if (status.ok()) {
    status = storage::ChangeMasterKeys(config_.data_dir, *keys_, *next);
  }
  if (!status.ok()) {
    LogError("the master keys were read again and are not used",
             {{"error", std::string(status.message())}});
    return status;
  }
  LogInfo("the master keys were read again",
          {{"current", (*next)->current().id()}});
  return absl::OkStatus();
}

void EncryptionSetup::LookAtFile() {
  {
    MutexLock lock(mu_);
    // While it is replaced there may be none.
    const std::string state = FileState();
    if (state.empty() || state == file_state_) return;
  }
  ReadAgain().IgnoreError();  // It says so.
}

void EncryptionSetup::Look() {
  if (config_.encryption_keys_file.empty()) return;
  static constexpr absl::Duration kInterval =
      absl::Seconds(limits::kMasterKeysLookSeconds);
  job_.emplace(
      [this](const std::stop_token&) {
        LookAtFile();
        return kInterval;
      },
      kInterval);
}

}  // namespace roentgen::server
