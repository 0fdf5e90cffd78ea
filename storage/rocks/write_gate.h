// Whether the store may be written to, as its disk and folder are now.
//
// RocksDB does not always survive a full disk, so that puts are refused while
// there is still room to seal and to write out what was accepted; with much
// less not even that is tried, and the log keeps it. A folder that somebody
// replaced is not written to any more.
//
// Threads: thread-safe.
#ifndef ROENTGEN_STORAGE_ROCKS_WRITE_GATE_H_
#define ROENTGEN_STORAGE_ROCKS_WRITE_GATE_H_

#include <atomic>
#include <cstdint>

#include "absl/status/status.h"
#include "base/mutex.h"
#include "storage/rocks/rocks_db.h"

namespace roentgen::storage {

class WriteGate {
 public:
  // `db` outlives this object.
  WriteGate(const RocksDb& db, uint64_t reserve_bytes)
      : db_(db), reserve_bytes_(reserve_bytes) {}

  // Looks at the disk and at the folder; two system calls each. What refuses
  // puts from now on: Unavailable; a changed folder refuses for good.
  absl::Status Look();
  // At the folder alone: after a write, whether it went where it belongs.
  absl::Status LookAtFolder();
  // Looks; what refuses small writes that are no puts: Unavailable where
  // sealing is not worth trying either.
  absl::Status LookToWrite();

  // As of the last look.
  absl::Status Puts() const;
  // Whether sealing and writing out are worth trying.
  bool HasRoomToSeal() const { return !no_room_; }
  bool IsShort() const { return short_; }
  // Whether the folder is the one that was opened.
  bool IsInPlace() const { return in_place_; }

 private:
  void Set(absl::Status refusal) RTG_REQUIRES(mu_);

  const RocksDb& db_;
  const uint64_t reserve_bytes_;
  std::atomic<bool> refusing_{false};
  std::atomic<bool> short_{false};
  std::atomic<bool> no_room_{false};
  std::atomic<bool> in_place_{true};
  mutable Mutex mu_;
  absl::Status refusal_ RTG_GUARDED_BY(mu_);
  // The folder was changed: nothing of the above changes any more.
  bool for_good_ RTG_GUARDED_BY(mu_) = false;
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_ROCKS_WRITE_GATE_H_
