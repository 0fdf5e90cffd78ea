#include "storage/rocks/write_gate.h"

#include <string>
#include <utility>

#include "base/log.h"

namespace roentgen::storage {
namespace {

// The part of the reserve below which nothing is written any more.
constexpr uint64_t kSealPart = 4;

std::string MiB(uint64_t bytes) { return std::to_string(bytes >> 20) + " MiB"; }

}  // namespace

absl::Status WriteGate::Look() {
  absl::Status folder = db_.CheckFolder();
  const absl::StatusOr<uint64_t> free = db_.FreeBytes();
  // A file system that does not tell is not full.
  short_ = free.ok() && *free < reserve_bytes_;
  no_room_ = !folder.ok() || (free.ok() && *free < reserve_bytes_ / kSealPart);
  MutexLock lock(mu_);
  if (for_good_) return refusal_;
  for_good_ = !folder.ok();
  absl::Status now = std::move(folder);
  if (now.ok() && short_) {
    now = absl::UnavailableError(
        "the disk has " + MiB(*free) + " left, less than the reserve of " +
        MiB(reserve_bytes_) + " (disk_reserve); nothing is taken until it has");
  }
  if (refusal_.ok() && !now.ok()) {
    LogError("segments are refused", {{"reason", now.ToString()}});
  } else if (!refusal_.ok() && now.ok()) {
    LogInfo("segments are taken again, the disk has room");
  }
  refusal_ = now;
  refusing_ = !now.ok();
  return now;
}

absl::Status WriteGate::Puts() const {
  if (!refusing_) return absl::OkStatus();
  MutexLock lock(mu_);
  return refusal_;
}

}  // namespace roentgen::storage
