// Lines of the audit log for calls of gRPC.
//
// Threads: thread-safe.
#ifndef ROENTGEN_SERVER_RPC_CALL_AUDIT_H_
#define ROENTGEN_SERVER_RPC_CALL_AUDIT_H_

#include <grpcpp/server_context.h>

#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "google/protobuf/message.h"
#include "server/auth/access.h"
#include "server/rpc/call_context.h"
#include "server/rpc/unary_read.h"

namespace roentgen::server {

// A line for the call; none where there is no log. `request` may be null.
// `outcome` of a call that is turned away is a failure of server/auth.
void NoteCall(const CallContext& context,
              const grpc::CallbackServerContext& call, std::string_view method,
              const Principal& caller, const google::protobuf::Message* request,
              const absl::Status& outcome);

// `work`, with a line behind it where the method administers. `request` lives
// as long as the call, or is null.
template <typename Work>
UnaryWork Audited(const CallContext& context,
                  const grpc::CallbackServerContext* call,
                  std::string_view method, const Principal& caller,
                  const google::protobuf::Message* request, Work work) {
  if (context.audit == nullptr ||
      context.access_of(method) != Access::kAdminister) {
    return work;
  }
  return [&context, call, method = std::string(method), caller, request,
          work = std::move(work)](const Call& read) {
    absl::StatusOr<size_t> done = work(read);
    NoteCall(context, *call, method, caller, request, done.status());
    return done;
  };
}

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_RPC_CALL_AUDIT_H_
