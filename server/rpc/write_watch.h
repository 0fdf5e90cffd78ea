// Ends calls whose client does not take what it is sent: gRPC itself waits for
// it for ever, and its answers stay in memory.
//
//   WriteTimer timer(context.writes, call);
//   timer.Begin();            // StartWrite or Finish comes next.
//   ... OnWriteDone: timer.End();
//   ... OnDone: timer.End();  // First: the call goes when it returns.
//
// Threads: WriteWatch is thread-safe; a WriteTimer is used by one thread at a
// time.
#ifndef ROENTGEN_SERVER_RPC_WRITE_WATCH_H_
#define ROENTGEN_SERVER_RPC_WRITE_WATCH_H_

#include <grpcpp/server_context.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>

#include "absl/time/time.h"
#include "base/mutex.h"
#include "base/periodic_job.h"

namespace roentgen::server {

class WriteWatch {
 public:
  using SteadyTime = std::chrono::steady_clock::time_point;

  // A write may take `timeout`. Looks at all of them some times in it.
  explicit WriteWatch(absl::Duration timeout);

  // Calls that were ended so.
  uint64_t ended() const { return ended_.load(); }

 private:
  friend class WriteTimer;
  struct Write {
    grpc::CallbackServerContext* call;
    SteadyTime begun;
  };
  using Writes = std::list<Write>;

  // Ends the calls whose write began before `latest`.
  void EndBegunBefore(SteadyTime latest);
  Writes::iterator Add(grpc::CallbackServerContext* call);
  void Remove(Writes::iterator write);

  std::atomic<uint64_t> ended_{0};
  Mutex mu_;
  Writes writes_ RTG_GUARDED_BY(mu_);  // The oldest first.
  // Last: it uses the others.
  PeriodicJob job_;
};

class WriteTimer {
 public:
  // Both outlive its last End, which its own end is, too.
  WriteTimer(WriteWatch& watch, grpc::CallbackServerContext* call)
      : watch_(watch), call_(call) {}
  ~WriteTimer() { End(); }
  WriteTimer(const WriteTimer&) = delete;
  WriteTimer& operator=(const WriteTimer&) = delete;

  // The one before has ended.
  void Begin();
  // Idempotent.
  void End();

 private:
  WriteWatch& watch_;
  grpc::CallbackServerContext* const call_;
  std::optional<WriteWatch::Writes::iterator> write_;
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_RPC_WRITE_WATCH_H_
