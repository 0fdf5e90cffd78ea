#include "storage/rocks/write_gate.h"

#include <string>
#include <utility>

#include "base/limits.h"
#include "base/log.h"
#include "base/private_status.h"
#include "base/status_macros.h"

namespace roentgen::storage {
namespace {

std::string MiB(uint64_t bytes) { return std::to_string(bytes >> 20) + " MiB"; }

}  // namespace

absl::Status WriteGate::Look() {
  RTG_RETURN_IF_ERROR(LookAtFolder());
  const absl::StatusOr<uint64_t> free = db_.FreeBytes();
  MutexLock lock(mu_);
  if (for_good_) return OwnCopy(refusal_);
  // A file system that does not tell is not full.
  short_ = free.ok() && *free < reserve_bytes_;
  no_room_ = free.ok() && *free < reserve_bytes_ / limits::kDiskReserveSealPart;
  in_place_ = true;
  absl::Status now;
  if (short_) {
    now = absl::UnavailableError(
        "the disk has " + MiB(*free) + " left, less than the reserve of " +
        MiB(reserve_bytes_) + " (disk_reserve); nothing is taken until it has");
  }
  Set(OwnCopy(now));
  return now;
}

absl::Status WriteGate::LookAtFolder() {
  const absl::Status folder = db_.CheckFolder();
  MutexLock lock(mu_);
  if (for_good_) return OwnCopy(refusal_);
  if (folder.ok()) return absl::OkStatus();
  for_good_ = absl::IsFailedPrecondition(folder);
  in_place_ = false;
  no_room_ = true;
  Set(absl::UnavailableError(folder.message()));
  return OwnCopy(refusal_);
}

absl::Status WriteGate::LookToWrite() {
  const absl::Status puts = Look();
  return no_room_ ? puts : absl::OkStatus();
}

void WriteGate::Set(absl::Status refusal) {
  if (refusal_.ok() && !refusal.ok()) {
    LogError("segments are refused", {{"reason", refusal.ToString()}});
  } else if (!refusal_.ok() && refusal.ok()) {
    LogInfo("segments are taken again");
  }
  refusing_ = !refusal.ok();
  refusal_ = std::move(refusal);
}

absl::Status WriteGate::Puts() const {
  if (!refusing_) return absl::OkStatus();
  MutexLock lock(mu_);
  return OwnCopy(refusal_);
}

}  // namespace roentgen::storage
