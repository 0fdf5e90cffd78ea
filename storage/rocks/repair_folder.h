// Where a repair builds the new store, which counts only once it is whole.
//
// Beside the new folder, at `new_folder`.unfinished, it is built, and renamed
// at the end. A repair that is killed leaves that.
//
// Threads: one per object.
#ifndef ROENTGEN_STORAGE_ROCKS_REPAIR_FOLDER_H_
#define ROENTGEN_STORAGE_ROCKS_REPAIR_FOLDER_H_

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace roentgen::storage {

class RepairFolder {
 public:
  // Errors: FailedPrecondition when the new folder is not empty, or in the
  // damaged store's own, or a repair that did not end left something.
  static absl::StatusOr<RepairFolder> For(const std::string& damaged,
                                          const std::string& new_folder);

  std::string unfinished() const { return path_ + ".unfinished"; }
  // For what is only needed meanwhile.
  std::string salvage() const { return path_ + ".salvage"; }

  // From here on the new store counts, also after a power cut. Nobody has it
  // open. Errors: Unavailable.
  absl::Status Publish() const;
  // What was built.
  void Remove() const;

 private:
  explicit RepairFolder(std::string path) : path_(std::move(path)) {}

  std::string path_;
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_ROCKS_REPAIR_FOLDER_H_
