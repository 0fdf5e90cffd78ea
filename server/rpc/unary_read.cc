#include "server/rpc/unary_read.h"

#include <utility>

#include "base/call.h"
#include "base/memory_budget.h"
#include "base/status_macros.h"
#include "server/rpc/grpc_status.h"
#include "server/rpc/write_watch.h"

namespace roentgen::server {
namespace {

class UnaryRead : public grpc::ServerUnaryReactor {
 public:
  UnaryRead(const CallContext& context, PoolShare& workers,
            grpc::CallbackServerContext* call, UnaryWork work)
      : context_(context),
        lease_(context.answers, CallerOfCall(context, *call)),
        work_(std::move(work)),
        answering_(context.writes, call) {
    const bool started =
        workers.TryStart([this, call] { Answer(Run(*call)); }, lease_.caller());
    if (!started) Answer(PoolIsFull());
  }
  void OnCancel() override { cancelled_.request_stop(); }
  void OnDone() override { delete this; }  // NOLINT: owns itself.

 private:
  absl::Status Run(const grpc::CallbackServerContext& call) {
    const auto has_room = [this](size_t bytes) {
      return lease_.GrowTo(bytes) ? absl::OkStatus()
                                  : TooManyAnswerBytes(context_);
    };
    const Call read = ReadFor(context_, call, cancelled_, has_room);
    RTG_RETURN_IF_ERROR(read.Check());
    RTG_ASSIGN_OR_RETURN(const size_t bytes, work_(read));
    return has_room(bytes);
  }

  void Answer(const absl::Status& status) {
    answering_.Begin();
    Finish(ToGrpcStatus(status));
  }

  const CallContext& context_;
  MemoryLease lease_;  // Until the answer is sent.
  const UnaryWork work_;
  std::stop_source cancelled_;
  WriteTimer answering_;
};

}  // namespace

absl::Status PoolIsFull() {
  return absl::ResourceExhaustedError("too many reads wait for their turn");
}

grpc::ServerUnaryReactor* StartUnaryRead(const CallContext& context,
                                         grpc::CallbackServerContext* call,
                                         UnaryWork work) {
  return new UnaryRead(context, context.reads, call,  // NOLINT
                       std::move(work));
}

grpc::ServerUnaryReactor* StartSmallCall(const CallContext& context,
                                         grpc::CallbackServerContext* call,
                                         UnaryWork work) {
  return new UnaryRead(context, context.small_calls, call,  // NOLINT
                       std::move(work));
}

}  // namespace roentgen::server
