// Traces that take no more records: they have as many, or as many bytes, as
// limits allow, or a write to them did not fit. Asked for each span that comes,
// so that "there are none" costs next to nothing.
//
// Only a hint: forgotten when there are too many, or when a bucket is dropped;
// a write to such a trace is refused all the same, and remembered again.
//
// Threads: any.
#ifndef ROENTGEN_STORAGE_LIVE_FULL_TRACES_H_
#define ROENTGEN_STORAGE_LIVE_FULL_TRACES_H_

#include <atomic>
#include <cstddef>

#include "absl/container/flat_hash_set.h"
#include "base/mutex.h"
#include "trace/model/ids.h"

namespace roentgen::storage {

class FullTraces {
 public:
  bool Contains(const TraceId& id) const {
    if (count_.load(std::memory_order_relaxed) == 0) return false;
    MutexLock lock(mu_);
    return ids_.contains(id);
  }

  void Add(const TraceId& id) {
    constexpr size_t kRememberedMax = 10'000;
    MutexLock lock(mu_);
    if (ids_.size() >= kRememberedMax && !ids_.contains(id)) ids_.clear();
    ids_.insert(id);
    count_ = ids_.size();
  }

  void Clear() {
    MutexLock lock(mu_);
    ids_.clear();
    count_ = 0;
  }

 private:
  mutable Mutex mu_;
  absl::flat_hash_set<TraceId> ids_ RTG_GUARDED_BY(mu_);
  std::atomic<size_t> count_{0};  // Of `ids_`.
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_LIVE_FULL_TRACES_H_
