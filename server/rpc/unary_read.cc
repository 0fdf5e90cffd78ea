#include "server/rpc/unary_read.h"

#include <utility>

#include "base/call.h"
#include "base/memory_budget.h"
#include "base/status_macros.h"
#include "server/rpc/grpc_status.h"

namespace roentgen::server {
namespace {

class UnaryRead : public grpc::ServerUnaryReactor {
 public:
  UnaryRead(const CallContext& context, grpc::CallbackServerContext* call,
            UnaryWork work)
      : context_(context), lease_(context.memory), work_(std::move(work)) {
    const bool started = context.reads.TryStart(
        [this, call] { Finish(ToGrpcStatus(Run(*call))); });
    if (!started) Finish(ToGrpcStatus(PoolIsFull()));
  }
  void OnCancel() override { cancelled_.request_stop(); }
  void OnDone() override { delete this; }  // NOLINT: owns itself.

 private:
  absl::Status Run(const grpc::CallbackServerContext& call) {
    const auto has_room = [this](size_t bytes) {
      return lease_.GrowTo(bytes) ? absl::OkStatus()
                                  : TooManyBytesInFlight(context_);
    };
    const Call read = ReadFor(context_, call, cancelled_, has_room);
    RTG_RETURN_IF_ERROR(read.Check());
    RTG_ASSIGN_OR_RETURN(const size_t bytes, work_(read));
    return has_room(bytes);
  }

  const CallContext& context_;
  MemoryLease lease_;  // Until the answer is sent.
  const UnaryWork work_;
  std::stop_source cancelled_;
};

}  // namespace

absl::Status PoolIsFull() {
  return absl::ResourceExhaustedError("too many reads wait for their turn");
}

grpc::ServerUnaryReactor* StartUnaryRead(const CallContext& context,
                                         grpc::CallbackServerContext* call,
                                         UnaryWork work) {
  return new UnaryRead(context, call, std::move(work));  // NOLINT
}

}  // namespace roentgen::server
