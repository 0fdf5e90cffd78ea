// The opened store, for everybody who uses it, and the moment when nobody does.
//
//   RTG_ASSIGN_OR_RETURN(const StoreHolder::Use store, holder.Get());
//   store->state.sealed.View();        // It stays open as long as `store`
//   lives.
//
//   holder.TakeAway("store is being ...");  // Waits for all of them.
//   holder.Put(std::move(another));
//
// Threads: thread-safe; one at a time takes away and puts.
#ifndef ROENTGEN_STORAGE_ROCKS_STORE_HOLDER_H_
#define ROENTGEN_STORAGE_ROCKS_STORE_HOLDER_H_

#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/mutex.h"
#include "storage/rocks/store_life.h"

namespace roentgen::storage {

class StoreHolder {
 public:
  class Use {
   public:
    Use(Use&& other) noexcept
        : holder_(std::exchange(other.holder_, nullptr)), life_(other.life_) {}
    Use& operator=(Use&&) = delete;
    ~Use() {
      if (holder_ != nullptr) holder_->End();
    }
    StoreLife* operator->() const { return life_; }

   private:
    friend class StoreHolder;
    Use(StoreHolder* holder, StoreLife* life) : holder_(holder), life_(life) {}

    StoreHolder* holder_;
    StoreLife* life_;
  };

  // Errors: Unavailable, as TakeAway was told.
  absl::StatusOr<Use> Get() {
    MutexLock lock(mu_);
    if (life_ == nullptr) return absl::UnavailableError(why_);
    ++uses_;
    return Use(this, life_.get());
  }

  void Put(std::unique_ptr<StoreLife> life) {
    MutexLock lock(mu_);
    life_ = std::move(life);
  }

  // Gives the store away once nobody uses it any more.
  std::unique_ptr<StoreLife> TakeAway(std::string why) {
    MutexLock lock(mu_);
    why_ = std::move(why);
    std::unique_ptr<StoreLife> life = std::move(life_);
    while (uses_ > 0) ended_.Wait(mu_);
    return life;
  }

 private:
  void End() {
    MutexLock lock(mu_);
    if (--uses_ == 0) ended_.NotifyAll();
  }

  Mutex mu_;
  CondVar ended_;
  std::unique_ptr<StoreLife> life_ RTG_GUARDED_BY(mu_);
  size_t uses_ RTG_GUARDED_BY(mu_) = 0;
  std::string why_ RTG_GUARDED_BY(mu_) = "store is not open";
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_ROCKS_STORE_HOLDER_H_
