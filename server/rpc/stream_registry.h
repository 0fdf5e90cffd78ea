// The open ingest streams, so that a server that closes can end them after
// their last acknowledgement instead of cutting them.
//
// Threads: thread-safe.
#ifndef ROENTGEN_SERVER_RPC_STREAM_REGISTRY_H_
#define ROENTGEN_SERVER_RPC_STREAM_REGISTRY_H_

#include <map>
#include <memory>
#include <vector>

#include "base/mutex.h"

namespace roentgen::server {

class DrainableStream {
 public:
  virtual ~DrainableStream() = default;
  // Take no more input; end once everything taken is answered. Idempotent.
  virtual void BeginDrain() = 0;
};

class StreamRegistry {
 public:
  // A stream added after Drain is drained at once.
  void Add(const std::shared_ptr<DrainableStream>& stream) {
    bool draining = false;
    {
      MutexLock lock(mu_);
      draining = draining_;
      streams_[stream.get()] = stream;
    }
    if (draining) stream->BeginDrain();
  }

  void Remove(const DrainableStream* stream) {
    MutexLock lock(mu_);
    streams_.erase(stream);
  }

  void Drain() {
    std::vector<std::shared_ptr<DrainableStream>> open;
    {
      MutexLock lock(mu_);
      draining_ = true;
      for (const auto& [key, stream] : streams_) {
        if (auto alive = stream.lock()) open.push_back(std::move(alive));
      }
    }
    for (const auto& stream : open) stream->BeginDrain();
  }

 private:
  Mutex mu_;
  bool draining_ RTG_GUARDED_BY(mu_) = false;
  std::map<const DrainableStream*, std::weak_ptr<DrainableStream>> streams_
      RTG_GUARDED_BY(mu_);
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_RPC_STREAM_REGISTRY_H_
