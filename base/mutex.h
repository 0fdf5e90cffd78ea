// std::mutex and friends with the annotations Clang's thread-safety analysis
// needs.
//
//   Mutex mu_;
//   int count_ RTG_GUARDED_BY(mu_);
//   ...
//   MutexLock lock(mu_);
//   ++count_;
#ifndef ROENTGEN_BASE_MUTEX_H_
#define ROENTGEN_BASE_MUTEX_H_

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <shared_mutex>

#if defined(__clang__)
#define RTG_TSA(x) __attribute__((x))
#else
#define RTG_TSA(x)
#endif
#define RTG_GUARDED_BY(mu) RTG_TSA(guarded_by(mu))
#define RTG_REQUIRES(...) RTG_TSA(requires_capability(__VA_ARGS__))
#define RTG_REQUIRES_SHARED(...) \
  RTG_TSA(requires_shared_capability(__VA_ARGS__))
#define RTG_EXCLUDES(...) RTG_TSA(locks_excluded(__VA_ARGS__))
// Of locks that are held together: which is taken first.
#define RTG_ACQUIRED_BEFORE(...) RTG_TSA(acquired_before(__VA_ARGS__))
#define RTG_NO_ANALYSIS RTG_TSA(no_thread_safety_analysis)

namespace roentgen {

class RTG_TSA(capability("mutex")) Mutex {
 public:
  void Lock() RTG_TSA(acquire_capability()) { mu_.lock(); }
  void Unlock() RTG_TSA(release_capability()) { mu_.unlock(); }

 private:
  friend class CondVar;
  std::mutex mu_;
};

// A mutex that is waited for by turns, by those who may have to give up:
//
//   while (!mu.TryLockFor(kTurn)) RTG_RETURN_IF_ERROR(call.Check());
//   const AdoptedLock lock(mu);
class RTG_TSA(capability("mutex")) TimedMutex {
 public:
  bool TryLockFor(std::chrono::nanoseconds time)
      RTG_TSA(try_acquire_capability(true)) {
    std::unique_lock<std::mutex> lock(mu_);
    if (!freed_.wait_for(lock, time, [this] { return !locked_; })) return false;
    locked_ = true;
    return true;
  }
  void Unlock() RTG_TSA(release_capability()) {
    {
      const std::lock_guard<std::mutex> lock(mu_);
      locked_ = false;
    }
    freed_.notify_one();
  }

 private:
  // Not std::timed_mutex: GCC's ThreadSanitizer does not see its timed locks.
  std::mutex mu_;
  std::condition_variable freed_;
  bool locked_ = false;
};

// Unlocks what is locked already.
class RTG_TSA(scoped_lockable) AdoptedLock {
 public:
  explicit AdoptedLock(TimedMutex& mu) RTG_TSA(requires_capability(mu))
      : mu_(mu) {}
  ~AdoptedLock() RTG_TSA(release_capability()) { mu_.Unlock(); }
  AdoptedLock(const AdoptedLock&) = delete;
  AdoptedLock& operator=(const AdoptedLock&) = delete;

 private:
  TimedMutex& mu_;
};

class RTG_TSA(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex& mu) RTG_TSA(acquire_capability(mu)) : mu_(mu) {
    mu_.Lock();
  }
  ~MutexLock() RTG_TSA(release_capability()) { mu_.Unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mu_;
};

// Many readers or one writer.
class RTG_TSA(capability("mutex")) SharedMutex {
 public:
  void Lock() RTG_TSA(acquire_capability()) { mu_.lock(); }
  void Unlock() RTG_TSA(release_capability()) { mu_.unlock(); }
  void LockShared() RTG_TSA(acquire_shared_capability()) { mu_.lock_shared(); }
  void UnlockShared() RTG_TSA(release_shared_capability()) {
    mu_.unlock_shared();
  }

 private:
  std::shared_mutex mu_;
};

class RTG_TSA(scoped_lockable) WriterLock {
 public:
  explicit WriterLock(SharedMutex& mu) RTG_TSA(acquire_capability(mu))
      : mu_(mu) {
    mu_.Lock();
  }
  ~WriterLock() RTG_TSA(release_capability()) { mu_.Unlock(); }
  WriterLock(const WriterLock&) = delete;
  WriterLock& operator=(const WriterLock&) = delete;

 private:
  SharedMutex& mu_;
};

class RTG_TSA(scoped_lockable) ReaderLock {
 public:
  explicit ReaderLock(SharedMutex& mu) RTG_TSA(acquire_shared_capability(mu))
      : mu_(mu) {
    mu_.LockShared();
  }
  ~ReaderLock() RTG_TSA(release_capability()) { mu_.UnlockShared(); }
  ReaderLock(const ReaderLock&) = delete;
  ReaderLock& operator=(const ReaderLock&) = delete;

 private:
  SharedMutex& mu_;
};

// Waits release `mu` and take it again. Spurious wake-ups happen: loop.
class CondVar {
 public:
  void Wait(Mutex& mu) RTG_REQUIRES(mu) RTG_NO_ANALYSIS {
    std::unique_lock<std::mutex> lock(mu.mu_, std::adopt_lock);
    cv_.wait(lock);
    lock.release();
  }
  // Returns after `timeout` at the latest.
  void WaitFor(Mutex& mu, std::chrono::nanoseconds timeout)
      RTG_REQUIRES(mu) RTG_NO_ANALYSIS {
    std::unique_lock<std::mutex> lock(mu.mu_, std::adopt_lock);
    cv_.wait_for(lock, timeout);
    lock.release();
  }
  void NotifyOne() { cv_.notify_one(); }
  void NotifyAll() { cv_.notify_all(); }

 private:
  std::condition_variable cv_;
};

}  // namespace roentgen

#endif  // ROENTGEN_BASE_MUTEX_H_
