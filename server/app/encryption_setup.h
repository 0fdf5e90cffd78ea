// The master keys of the server's store, and looking for newer ones.
//
// Threads: Look, ReadAgain and keys are thread-safe; the rest belongs to one.
#ifndef ROENTGEN_SERVER_APP_ENCRYPTION_SETUP_H_
#define ROENTGEN_SERVER_APP_ENCRYPTION_SETUP_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "base/periodic_job.h"
#include "server/config/config.h"
#include "storage/files/master_keys.h"

namespace roentgen::server {

class EncryptionSetup {
 public:
  // Null: no keys are configured. Errors: as LoadMasterKeys.
  static absl::StatusOr<std::unique_ptr<EncryptionSetup>> Make(
      const Config& config);

  const std::shared_ptr<storage::MasterKeys>& keys() const { return keys_; }

  // From now on a file of keys that has changed is read again. Once the store
  // is open.
  void Look();
  void StopLooking() { job_.reset(); }
  // Reads the keys again, now. What is wrong with them, or with the store's
  // files under them, is an error, and the keys stay as they were.
  absl::Status ReadAgain();

 private:
  EncryptionSetup(const Config& config,
                  std::shared_ptr<storage::MasterKeys> keys);
  // What tells a version of the file from another one; empty: there is none.
  std::string FileState() const;
  void LookAtFile();

  const Config config_;
  const std::shared_ptr<storage::MasterKeys> keys_;
  Mutex mu_;  // One reading at a time.
  std::string file_state_ RTG_GUARDED_BY(mu_);
  std::optional<PeriodicJob> job_;
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_APP_ENCRYPTION_SETUP_H_
