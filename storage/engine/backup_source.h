// What an engine can give away while it works: a whole copy of itself, of one
// moment.
//
//   BackupSource* source = BackupSource::Of(engine);   // Null: it cannot.
//   RTG_ASSIGN_OR_RETURN(std::unique_ptr<Backup> backup, source->TakeBackup());
//   for (size_t i = 0; i < backup->files().size(); ++i) ... Read(i, ...)
//   backup->Complete();
//
// Files of the kind that never changes have a print. Two files with one size
// and one print are the same: whoever has one need not read it again.
//
// Threads: BackupSource is thread-safe, a Backup belongs to one at a time.
#ifndef ROENTGEN_STORAGE_ENGINE_BACKUP_SOURCE_H_
#define ROENTGEN_STORAGE_ENGINE_BACKUP_SOURCE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/timestamp.h"
#include "storage/engine/trace_engine.h"

namespace roentgen::storage {

struct BackupFile {
  std::string name;  // Without a folder.
  uint64_t bytes = 0;
  // See ContentHash; empty: a file that changes.
  std::string print;

  friend bool operator==(const BackupFile&, const BackupFile&) = default;
};

// Holds the files, not the engine: that may be closed, opened again and gone.
class Backup {
 public:
  // Lets the files go.
  virtual ~Backup() = default;

  // All that was acknowledged before is in it.
  virtual Timestamp time() const = 0;
  virtual const std::vector<BackupFile>& files() const = 0;
  // `bytes` of a file, fewer at its end. Errors: Unavailable, DataLoss when it
  // is shorter than it was.
  virtual absl::StatusOr<std::string> Read(size_t file, uint64_t offset,
                                           size_t bytes) = 0;
  // Whoever asked for it has it all.
  virtual void Complete() = 0;
};

struct BackupStats {
  uint64_t running = 0;
  uint64_t completed = 0;  // Since start.
  uint64_t failed = 0;     // Since start: they ended before they were complete.
  std::optional<Timestamp> last_completed;
};

class BackupSource {
 public:
  virtual ~BackupSource() = default;

  // The backups of an engine; null: it makes none.
  static BackupSource* Of(TraceEngine& engine) {
    return dynamic_cast<BackupSource*>(&engine);
  }
  static const BackupSource* Of(const TraceEngine& engine) {
    return dynamic_cast<const BackupSource*>(&engine);
  }

  // One at a time. Errors: ResourceExhausted while there is another one;
  // FailedPrecondition when something that is not ours is where its files are
  // held; Unavailable when closing or the disk refuses.
  virtual absl::StatusOr<std::unique_ptr<Backup>> TakeBackup() = 0;
  virtual BackupStats Backups() const = 0;
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_ENGINE_BACKUP_SOURCE_H_
