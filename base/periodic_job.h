// Runs a step again and again, on a thread of its own.
//
//   PeriodicJob job([&](const std::stop_token& stopped) {
//     LogIfBad(insights.Evaluate(limits.Until(deadline, stopped)));
//     return absl::Seconds(10);                     // Until the next time.
//   });
//
// Threads: Wake may be called by any; Stop and the destructor belong to one.
#ifndef ROENTGEN_BASE_PERIODIC_JOB_H_
#define ROENTGEN_BASE_PERIODIC_JOB_H_

#include <functional>
#include <stop_token>
#include <thread>

#include "absl/time/time.h"
#include "base/mutex.h"

namespace roentgen {

class PeriodicJob {
 public:
  // Returns after how long to run it again, a day at most. It gives up at
  // once when the job is stopped.
  using Step = std::function<absl::Duration(const std::stop_token& stopped)>;

  // The first step runs after `first`.
  explicit PeriodicJob(Step step, absl::Duration first = absl::ZeroDuration());
  ~PeriodicJob() { Stop(); }
  PeriodicJob(const PeriodicJob&) = delete;
  PeriodicJob& operator=(const PeriodicJob&) = delete;

  // Runs the step now, or once more if it is running.
  void Wake();
  // Joins. Idempotent.
  void Stop();

 private:
  void Run(absl::Duration first);
  // False once stopped.
  bool Wait(absl::Duration delay);

  const Step step_;
  std::stop_source stop_;
  Mutex mu_;
  CondVar changed_;
  bool woken_ RTG_GUARDED_BY(mu_) = false;
  std::thread thread_;
};

}  // namespace roentgen

#endif  // ROENTGEN_BASE_PERIODIC_JOB_H_
