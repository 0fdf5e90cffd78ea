// Who brought what is in the open table, about.
//
// When sealing is behind, the table fills up. Whoever brought more of it than
// is due to it, if one more caller came, is refused first: so one who sends too
// much does not take the place of those who send little.
//
// Bytes are counted as they come, and scaled to the table as seals shrink it.
// Callers of one slot count together: which one is theirs cannot be chosen
// (CallerOf).
//
// Threads: one writer; others may ask meanwhile.
#ifndef ROENTGEN_STORAGE_ROCKS_TABLE_SHARES_H_
#define ROENTGEN_STORAGE_ROCKS_TABLE_SHARES_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/caller.h"

namespace roentgen::storage {

class TableShares {
 public:
  // `caller` has put `bytes` into the table.
  void Add(CallerId caller, size_t bytes) {
    std::atomic<uint64_t>& share = shares_[caller % shares_.size()];
    share.store(share.load(std::memory_order_relaxed) + bytes,
                std::memory_order_relaxed);
    sum_ += bytes;
  }

  // The table has so many bytes now.
  void FitTo(size_t table_bytes) {
    // Rather too much than all slots at each commit.
    if (sum_ / 9 * 8 <= table_bytes) return;
    const double part =
        static_cast<double>(table_bytes) / static_cast<double>(sum_);
    sum_ = 0;
    for (std::atomic<uint64_t>& share : shares_) {
      const auto left = static_cast<uint64_t>(
          static_cast<double>(share.load(std::memory_order_relaxed)) * part);
      share.store(left, std::memory_order_relaxed);
      sum_ += left;
    }
  }

  // Whether the table has more of `caller` than of each if its callers, and one
  // more, had brought the same.
  bool IsAboveShare(CallerId caller) const {
    uint64_t sum = 0;
    uint64_t callers = 0;
    for (const std::atomic<uint64_t>& share : shares_) {
      const uint64_t bytes = share.load(std::memory_order_relaxed);
      sum += bytes;
      callers += bytes > 0 ? 1 : 0;
    }
    return shares_[caller % shares_.size()].load(std::memory_order_relaxed) *
               (callers + 1) >
           sum;
  }

 private:
  std::array<std::atomic<uint64_t>, 512> shares_{};
  uint64_t sum_ = 0;  // The writer's.
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_ROCKS_TABLE_SHARES_H_
