// An engine whose writes wait until a test lets them through, or fail.
//
// Threads: thread-safe.
#ifndef ROENTGEN_TESTS_SERVER_RPC_GATED_ENGINE_H_
#define ROENTGEN_TESTS_SERVER_RPC_GATED_ENGINE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/call.h"
#include "base/mutex.h"
#include "storage/engine/trace_engine.h"

namespace roentgen::server {

// An engine in front of the real one whose writes can be held back.
class GatedEngine : public storage::TraceEngine {
 public:
  explicit GatedEngine(storage::TraceEngine& engine) : engine_(engine) {}

  void Hold() {
    MutexLock lock(mu_);
    holding_ = true;
  }
  size_t held() {
    MutexLock lock(mu_);
    return held_.size();
  }
  // Until at least so many writes are held.
  void WaitForHeld(size_t count) {
    MutexLock lock(mu_);
    while (held_.size() < count) more_held_.Wait(mu_);
  }
  // Calls of Write.
  size_t writes() {
    MutexLock lock(mu_);
    return writes_;
  }
  // Lets write number `index` of the held ones through.
  void Release(size_t index) {
    std::function<void()> write;
    {
      MutexLock lock(mu_);
      write = std::move(held_.at(index));
      held_.erase(held_.begin() + static_cast<std::ptrdiff_t>(index));
    }
    write();
  }
  void FailWrites(absl::Status status) {
    MutexLock lock(mu_);
    failure_ = std::move(status);
  }

  void Write(std::span<storage::IncomingRecord> records,
             const storage::WriteOptions& options, WriteDone done) override {
    absl::Status failure;
    {
      MutexLock lock(mu_);
      ++writes_;
      if (holding_) {
        const auto kept = std::make_shared<std::vector<storage::NewRecord>>();
        for (storage::IncomingRecord& record : records) {
          kept->push_back({.trace_id = record.trace_id,
                           .format = record.format,
                           .facts = std::move(record.facts),
                           .document = std::string(record.document),
                           .context = record.context});
        }
        held_.push_back([this, kept, options, done = std::move(done)] {
          std::vector<storage::IncomingRecord> views = storage::ViewsOf(*kept);
          engine_.Write(views, options, done);
        });
        more_held_.NotifyAll();
        return;
      }
      failure = failure_;
    }
    if (!failure.ok()) {
      done({.status = failure, .records = {}});
    } else {
      engine_.Write(records, options, std::move(done));
    }
  }
  storage::EngineTraits traits() const override { return engine_.traits(); }
  absl::StatusOr<std::vector<storage::TraceRecords>> GetTraces(
      std::span<const storage::TraceId> ids, const Call& call) override {
    return engine_.GetTraces(ids, call);
  }
  absl::StatusOr<storage::FindResult> Find(const storage::FindRequest& request,
                                           const Call& call) override {
    return engine_.Find(request, call);
  }
  absl::StatusOr<storage::AggregateResult> Aggregate(
      const storage::AggregateRequest& request, const Call& call) override {
    return engine_.Aggregate(request, call);
  }
  absl::StatusOr<storage::GraphResult> Graph(
      const storage::GraphRequest& request, const Call& call) override {
    return engine_.Graph(request, call);
  }
  void SetGroups(const storage::GroupTests& tests) override {
    engine_.SetGroups(tests);
  }
  absl::StatusOr<std::vector<storage::Operation>> Operations(
      const storage::OperationsRequest& request, const Call& call) override {
    return engine_.Operations(request, call);
  }
  absl::StatusOr<std::vector<std::string>> Services(const TimeRange& range,
                                                    const Call& call) override {
    return engine_.Services(range, call);
  }
  absl::StatusOr<storage::ServiceCalls> Calls(const TimeRange& range,
                                              storage::CallSet set,
                                              const Call& call) override {
    return engine_.Calls(range, set, call);
  }
  std::unique_ptr<storage::CommitWatch> Watch(CommitWatcher watcher) override {
    return engine_.Watch(std::move(watcher));
  }
  absl::Status Retain() override { return engine_.Retain(); }
  absl::Status Purge() override { return engine_.Purge(); }
  absl::Status CatchUp(const Call& call) override {
    return engine_.CatchUp(call);
  }
  absl::Status Accepts() const override { return engine_.Accepts(); }
  absl::Status Exact() const override { return engine_.Exact(); }
  storage::EngineUsage Usage() const override { return engine_.Usage(); }
  absl::Status Close() override { return engine_.Close(); }

 private:
  storage::TraceEngine& engine_;
  Mutex mu_;
  CondVar more_held_;
  bool holding_ RTG_GUARDED_BY(mu_) = false;
  size_t writes_ RTG_GUARDED_BY(mu_) = 0;
  absl::Status failure_ RTG_GUARDED_BY(mu_);
  std::vector<std::function<void()>> held_ RTG_GUARDED_BY(mu_);
};

}  // namespace roentgen::server

#endif  // ROENTGEN_TESTS_SERVER_RPC_GATED_ENGINE_H_
