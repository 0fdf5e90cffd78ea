// Has the store apply retention and disk budget now and then.
//
// Threads: Stop and the destructor belong to one thread.
#ifndef ROENTGEN_SERVER_APP_RETENTION_JOB_H_
#define ROENTGEN_SERVER_APP_RETENTION_JOB_H_

#include <thread>

#include "absl/time/time.h"
#include "base/mutex.h"
#include "storage/engine/trace_engine.h"

namespace roentgen::server {

class RetentionJob {
 public:
  // `engine` outlives the job.
  RetentionJob(storage::TraceEngine& engine, absl::Duration interval);
  ~RetentionJob() { Stop(); }
  RetentionJob(const RetentionJob&) = delete;
  RetentionJob& operator=(const RetentionJob&) = delete;

  // Joins. Idempotent.
  void Stop();

 private:
  void Run();
  // False once stopped.
  bool Wait();

  storage::TraceEngine& engine_;
  const absl::Duration interval_;
  Mutex mu_;
  CondVar stopped_;
  bool stopping_ RTG_GUARDED_BY(mu_) = false;
  std::thread thread_;
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_APP_RETENTION_JOB_H_
