// A number of bytes that many holders share: who cannot get more is refused.
//
//   auto budget = std::make_shared<MemoryBudget>(64 << 20);
//   MemoryLease lease(budget);
//   if (!lease.GrowTo(body.size())) return Refuse();
//   // Given back when `lease` ends.
//
// Threads: MemoryBudget is thread-safe, MemoryLease thread-compatible.
#ifndef ROENTGEN_BASE_MEMORY_BUDGET_H_
#define ROENTGEN_BASE_MEMORY_BUDGET_H_

#include <atomic>
#include <cstddef>
#include <memory>
#include <utility>

namespace roentgen {

class MemoryBudget {
 public:
  explicit MemoryBudget(size_t bytes_max) : bytes_max_(bytes_max) {}

  // Nothing is taken when false.
  bool TryTake(size_t bytes) {
    size_t used = used_.load(std::memory_order_relaxed);
    do {
      if (bytes > bytes_max_ || used > bytes_max_ - bytes) return false;
    } while (!used_.compare_exchange_weak(used, used + bytes,
                                          std::memory_order_relaxed));
    return true;
  }
  // Makes `held` bytes any number of bytes when they are all that anybody
  // holds: what is larger than the whole budget can then still be done, alone.
  bool TryTakeAlone(size_t held, size_t bytes) {
    return used_.compare_exchange_strong(held, bytes,
                                         std::memory_order_relaxed);
  }
  void Give(size_t bytes) { used_.fetch_sub(bytes, std::memory_order_relaxed); }
  size_t used() const { return used_.load(std::memory_order_relaxed); }
  size_t bytes_max() const { return bytes_max_; }

 private:
  const size_t bytes_max_;
  std::atomic<size_t> used_{0};
};

// A share of a budget, given back at the end of its life.
class MemoryLease {
 public:
  MemoryLease() = default;
  explicit MemoryLease(std::shared_ptr<MemoryBudget> budget)
      : budget_(std::move(budget)) {}
  ~MemoryLease() { Release(); }
  MemoryLease(MemoryLease&& other) noexcept
      : budget_(std::move(other.budget_)),
        bytes_(std::exchange(other.bytes_, 0)) {}
  MemoryLease& operator=(MemoryLease&& other) noexcept {
    if (this == &other) return *this;
    Release();
    budget_ = std::move(other.budget_);
    bytes_ = std::exchange(other.bytes_, 0);
    return *this;
  }

  // Makes the share at least `bytes`; false, and unchanged, when the budget
  // does not have them. A lease without a budget always grows.
  bool GrowTo(size_t bytes) {
    if (bytes <= bytes_) return true;
    if (budget_ != nullptr && !budget_->TryTake(bytes - bytes_)) return false;
    bytes_ = bytes;
    return true;
  }
  // As GrowTo, and true also when nobody else holds any of the budget, however
  // many `bytes` are.
  bool TakeOrAlone(size_t bytes) {
    if (GrowTo(bytes)) return true;
    if (!budget_->TryTakeAlone(bytes_, bytes)) return false;
    bytes_ = bytes;
    return true;
  }
  size_t bytes() const { return bytes_; }

 private:
  void Release() {
    if (budget_ != nullptr) budget_->Give(bytes_);
    bytes_ = 0;
  }

  std::shared_ptr<MemoryBudget> budget_;
  size_t bytes_ = 0;
};

}  // namespace roentgen

#endif  // ROENTGEN_BASE_MEMORY_BUDGET_H_
