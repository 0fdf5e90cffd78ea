#include "storage/files/rocks_status.h"

#include <string>

#include "base/private_status.h"

namespace roentgen::storage {

absl::Status FromRocks(const rocksdb::Status& status, std::string_view doing) {
  if (status.ok()) return absl::OkStatus();
  const std::string text = std::string(doing) + ": " + status.ToString();
  if (status.IsNotFound()) return absl::NotFoundError(text);
  if (status.IsCorruption()) return PrivateStatus(absl::DataLossError(text));
  if (status.IsTimedOut()) return absl::DeadlineExceededError(text);
  if (status.IsIOError() || status.IsBusy() || status.IsNoSpace() ||
      status.IsShutdownInProgress() || status.IsTryAgain()) {
    return PrivateStatus(absl::UnavailableError(text));
  }
  return absl::InternalError(text);
}

}  // namespace roentgen::storage
