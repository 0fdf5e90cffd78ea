// What a repair saved of a store, and what it could not.
//
// Threads: plain data.
#ifndef ROENTGEN_STORAGE_ROCKS_REPAIR_REPORT_H_
#define ROENTGEN_STORAGE_ROCKS_REPAIR_REPORT_H_

#include <cstdint>
#include <functional>
#include <string>
#include <utility>

namespace roentgen::storage {

struct RepairReport {
  uint64_t traces = 0;  // Sealed ones that were saved, with their records.
  uint64_t records = 0;
  uint64_t commits = 0;  // Of the log.
  uint64_t settings = 0;
  // Traces that are known to be lost, whole or in part.
  uint64_t traces_lost = 0;
  uint64_t records_lost = 0;  // Of those of which it is known how many.
  uint64_t commits_lost = 0;
  // Parts of files that do not read, whatever was in them.
  uint64_t damages = 0;
  // Something may be lost that nobody can count.
  bool unsure = false;

  bool lossless() const {
    return traces_lost == 0 && records_lost == 0 && commits_lost == 0 &&
           !unsure;
  }
};

struct RepairNote {
  enum class Kind {
    kDamage,      // A file, or a part of it, does not read.
    kLostTrace,   // `name` is the trace's id, or the batch if none is known.
    kLostCommit,  // `name` is its number.
    kRemark
  };
  Kind kind = Kind::kRemark;
  std::string name;
  std::string text;
};

struct RepairOptions {
  // Told of everything, as it is found. May be empty.
  std::function<void(const RepairNote&)> tell;
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_ROCKS_REPAIR_REPORT_H_
