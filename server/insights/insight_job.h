// Runs a step again and again, on a thread of its own: the evaluation of
// insights, and the delivery of their notifications.
//
//   InsightJob job([&](const CallControl& control) {
//     LogIfBad(insights.Evaluate(control));
//     return absl::Seconds(10);                     // Until the next time.
//   });
//
// Threads: Wake may be called by any; Stop and the destructor belong to one.
#ifndef ROENTGEN_SERVER_INSIGHTS_INSIGHT_JOB_H_
#define ROENTGEN_SERVER_INSIGHTS_INSIGHT_JOB_H_

#include <atomic>
#include <functional>
#include <thread>

#include "absl/time/time.h"
#include "base/call_control.h"
#include "base/mutex.h"

namespace roentgen::server {

class InsightJob {
 public:
  // Returns after how long to run it again. Its control says when to give up:
  // at once when the job is stopped.
  using Step = std::function<absl::Duration(const CallControl&)>;

  // The first step runs at once.
  explicit InsightJob(Step step);
  ~InsightJob() { Stop(); }
  InsightJob(const InsightJob&) = delete;
  InsightJob& operator=(const InsightJob&) = delete;

  // Runs the step now, or once more if it is running.
  void Wake();
  // Joins. Idempotent.
  void Stop();

 private:
  void Run();
  // False once stopped.
  bool Wait(absl::Duration delay);

  const Step step_;
  std::atomic<bool> stopping_ = false;
  Mutex mu_;
  CondVar changed_;
  bool woken_ RTG_GUARDED_BY(mu_) = false;
  std::thread thread_;
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_INSIGHTS_INSIGHT_JOB_H_
