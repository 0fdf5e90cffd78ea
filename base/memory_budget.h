// A number of bytes that many holders share: who cannot get more is refused.
//
//   auto budget = std::make_shared<MemoryBudget>(64 << 20);
//   MemoryLease lease(budget);
//   if (!lease.GrowTo(body.size())) return Refuse();
//   // Given back when `lease` ends.
//
// Where leases say whose they are, one caller gets three quarters of the budget
// at most (limits::kCallerSharePercent): the rest is there for the others.
//
// What is large would never find enough of it free while small ones come and
// go. So one lease at a time, of those that want more than half of the budget,
// may overdraw it (GrowOrOverdraw): together all hold the budget, and once more
// what one lease wants.
//
// Threads: MemoryBudget is thread-safe, MemoryLease thread-compatible.
#ifndef ROENTGEN_BASE_MEMORY_BUDGET_H_
#define ROENTGEN_BASE_MEMORY_BUDGET_H_

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "base/caller.h"
#include "base/limits.h"

namespace roentgen {

class MemoryBudget {
 public:
  explicit MemoryBudget(size_t bytes_max)
      : bytes_max_(bytes_max),
        share_max_(bytes_max / 100 * limits::kCallerSharePercent) {}

  // Nothing is taken when false.
  bool TryTake(size_t bytes, CallerId caller = kNoCaller) {
    if (caller != kNoCaller && !Add(ShareOf(caller), bytes, share_max_)) {
      return false;
    }
    if (!Add(used_, bytes, bytes_max_)) {
      if (caller != kNoCaller) ShareOf(caller) -= bytes;
      return false;
    }
    Changed();
    return true;
  }
  // `caller`: who took them.
  void Give(size_t bytes, CallerId caller = kNoCaller) {
    if (caller != kNoCaller) ShareOf(caller) -= bytes;
    used_.fetch_sub(bytes, std::memory_order_relaxed);
    Changed();
  }

  // For one at a time, until it ends: it may hold more than is free.
  bool TryBeginOverdraft() {
    return !overdrawn_.exchange(true, std::memory_order_acquire);
  }
  void EndOverdraft() { overdrawn_.store(false, std::memory_order_release); }
  void TakeBeyond(size_t bytes) {
    beyond_.fetch_add(bytes, std::memory_order_relaxed);
    Changed();
  }
  void GiveBeyond(size_t bytes) {
    beyond_.fetch_sub(bytes, std::memory_order_relaxed);
    Changed();
  }

  // With what is overdrawn.
  size_t used() const {
    return used_.load(std::memory_order_relaxed) +
           beyond_.load(std::memory_order_relaxed);
  }
  size_t bytes_max() const { return bytes_max_; }

  // Returns once done(used()); for tests, which see when a holder is through.
  // `done` is asked again whenever bytes are taken or given.
  template <typename Done>
  void Await(const Done& done) const {
    for (;;) {
      const uint32_t seen = changes_.load(std::memory_order_acquire);
      if (done(used())) return;
      changes_.wait(seen, std::memory_order_acquire);
    }
  }
  void AwaitUsed(size_t bytes) const {
    Await([bytes](size_t used) { return used == bytes; });
  }

 private:
  static bool Add(std::atomic<size_t>& sum, size_t bytes, size_t max) {
    size_t used = sum.load(std::memory_order_relaxed);
    do {
      if (bytes > max || used > max - bytes) return false;
    } while (!sum.compare_exchange_weak(used, used + bytes,
                                        std::memory_order_relaxed));
    return true;
  }
  // Callers of one slot share a share: who they are cannot be chosen
  // (CallerOf).
  std::atomic<size_t>& ShareOf(CallerId caller) {
    return shares_[caller % shares_.size()];
  }

  // A waiter that saw the number before this sees the bytes after it.
  void Changed() {
    changes_.fetch_add(1, std::memory_order_release);
    changes_.notify_all();
  }

  const size_t bytes_max_;
  const size_t share_max_;
  std::atomic<size_t> used_{0};
  std::array<std::atomic<size_t>, 512> shares_{};
  std::atomic<size_t> beyond_{0};
  std::atomic<bool> overdrawn_{false};
  std::atomic<uint32_t> changes_{0};
};

// A share of a budget, given back at the end of its life.
class MemoryLease {
 public:
  MemoryLease() = default;
  // `caller`: whose share of the budget it is; kNoCaller: nobody's.
  explicit MemoryLease(std::shared_ptr<MemoryBudget> budget,
                       CallerId caller = kNoCaller)
      : budget_(std::move(budget)), caller_(caller) {}
  ~MemoryLease() { ShrinkTo(0); }
  MemoryLease(MemoryLease&& other) noexcept
      : budget_(std::move(other.budget_)),
        caller_(other.caller_),
        bytes_(std::exchange(other.bytes_, 0)),
        beyond_(std::exchange(other.beyond_, 0)),
        overdraws_(std::exchange(other.overdraws_, false)) {}
  MemoryLease& operator=(MemoryLease&& other) noexcept {
    if (this == &other) return *this;
    ShrinkTo(0);
    budget_ = std::move(other.budget_);
    caller_ = other.caller_;
    bytes_ = std::exchange(other.bytes_, 0);
    beyond_ = std::exchange(other.beyond_, 0);
    overdraws_ = std::exchange(other.overdraws_, false);
    return *this;
  }

  // Makes the share at least `bytes`; false, and unchanged, when the budget
  // does not have them. A lease without a budget always grows.
  bool GrowTo(size_t bytes) {
    if (bytes <= bytes_) return true;
    if (budget_ != nullptr && !budget_->TryTake(bytes - bytes_, caller_)) {
      return false;
    }
    bytes_ = bytes;
    return true;
  }
  // As GrowTo. When the budget does not have more than half of itself, also
  // true, however many `bytes` are, unless another lease overdraws it.
  bool GrowOrOverdraw(size_t bytes) {
    if (GrowTo(bytes)) return true;
    if (bytes <= budget_->bytes_max() / 2) return false;
    if (!overdraws_ && !budget_->TryBeginOverdraft()) return false;
    overdraws_ = true;
    budget_->TakeBeyond(bytes - bytes_);
    beyond_ += bytes - bytes_;
    bytes_ = bytes;
    return true;
  }
  // Gives back what is above `bytes`, overdrawn ones first.
  void ShrinkTo(size_t bytes) {
    if (bytes >= bytes_) return;
    const size_t given = bytes_ - bytes;
    bytes_ = bytes;
    if (budget_ == nullptr) return;
    const size_t beyond = std::min(given, beyond_);
    beyond_ -= beyond;
    // First, so that who sees the bytes given may overdraw.
    if (beyond_ == 0 && std::exchange(overdraws_, false)) {
      budget_->EndOverdraft();
    }
    budget_->GiveBeyond(beyond);
    budget_->Give(given - beyond, caller_);
  }
  size_t bytes() const { return bytes_; }
  CallerId caller() const { return caller_; }
  // An empty one of the same budget and caller.
  MemoryLease Another() const { return MemoryLease(budget_, caller_); }

 private:
  std::shared_ptr<MemoryBudget> budget_;
  CallerId caller_ = kNoCaller;
  size_t bytes_ = 0;
  size_t beyond_ = 0;  // Of those, overdrawn.
  bool overdraws_ = false;
};

}  // namespace roentgen

#endif  // ROENTGEN_BASE_MEMORY_BUDGET_H_
