// A read with many answers, one in memory at a time: Load runs on the read
// pool, the write it starts leads to the next one. Owns itself until the call
// has ended.
//
// Threads: gRPC's and the pool's, one at a time.
#ifndef ROENTGEN_SERVER_V1_STREAMED_READ_H_
#define ROENTGEN_SERVER_V1_STREAMED_READ_H_

#include <grpcpp/support/server_callback.h>

#include <stop_token>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/call.h"
#include "base/caller.h"
#include "server/rpc/grpc_status.h"
#include "server/rpc/unary_read.h"
#include "server/rpc/write_watch.h"
#include "server/v1/v1_context.h"

namespace roentgen::server {

template <typename Message>
class StreamedRead : public grpc::ServerWriteReactor<Message> {
 public:
  StreamedRead(const V1Context& context, Space& space,
               grpc::CallbackServerContext* call)
      : context_(context),
        space_(space),
        caller_(CallerOfCall(context, *call)),
        call_(call),
        writing_(context.writes, call) {}

  void Start() {
    if (!context_.reads.TryStart([this] { Step(); }, caller_)) {
      End(PoolIsFull());
    }
  }

  void OnWriteDone(bool ok) override {
    writing_.End();
    if (!ok) {
      End(absl::CancelledError("the client does not take the answer"));
    } else if (!WriteMore()) {
      context_.reads.Continue([this] { Step(); }, caller_);
    }
  }
  void OnCancel() override { cancelled_.request_stop(); }
  void OnDone() override { delete this; }  // NOLINT: owns itself.

 protected:
  // On the pool: loads what comes next. False: nothing is left.
  virtual absl::StatusOr<bool> Load(const Call& read) = 0;
  // Starts the next write of what was loaded, if any is left.
  virtual bool WriteMore() = 0;

  void End(const absl::Status& status) {
    writing_.Begin();
    this->Finish(ToGrpcStatus(status));
  }
  // `message` stays until the next call of WriteMore.
  void Write(const Message* message) {
    writing_.Begin();
    this->StartWrite(message);
  }

  const V1Context& context_;
  Space& space_;
  const CallerId caller_;

 private:
  void Step() {
    const Call read = ReadFor(context_, *call_, cancelled_);
    if (const absl::Status waited = read.Check(); !waited.ok()) {
      End(waited);
      return;
    }
    do {
      const absl::StatusOr<bool> loaded = Load(read);
      if (!loaded.ok() || !*loaded) {
        End(loaded.status());
        return;
      }
    } while (!WriteMore());
  }

  grpc::CallbackServerContext* const call_;
  std::stop_source cancelled_;
  WriteTimer writing_;
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_V1_STREAMED_READ_H_
