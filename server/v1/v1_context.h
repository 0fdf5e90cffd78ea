// What every call of roentgen.v1 works with.
//
// Threads: plain data; StartRead is thread-safe.
#ifndef ROENTGEN_SERVER_V1_V1_CONTEXT_H_
#define ROENTGEN_SERVER_V1_V1_CONTEXT_H_

#include <atomic>
#include <cstddef>
#include <memory>
#include <string_view>
#include <utility>

#include "base/call.h"
#include "base/limits.h"
#include "google/protobuf/message.h"
#include "server/auth/access.h"
#include "server/rpc/call_audit.h"
#include "server/rpc/call_context.h"
#include "server/rpc/call_guard.h"
#include "server/rpc/unary_read.h"
#include "server/space/space_set.h"

namespace roentgen::server {

// Everything in it outlives every call.
struct V1Context : CallContext {
  ListenerSpaces spaces;
  // See message_size.h.
  size_t message_bytes_max = limits::kHttpBodyBytesMax;
  // Live tails that are open, here and wherever else they count.
  std::shared_ptr<std::atomic<size_t>> tails;
};

// A call with one answer, in the space of its caller: `work` gets that and an
// Call. The method's name is without the service. Where it administers, the
// audit log has a line with `request`, which may be null.
template <typename Work>
grpc::ServerUnaryReactor* StartRead(const V1Context& context,
                                    grpc::CallbackServerContext* call,
                                    std::string_view method,
                                    const google::protobuf::Message* request,
                                    Work work) {
  return Guarded(context, call, method, [&](const Principal& caller) {
    return StartUnaryRead(
        context, call,
        Audited(context, call, method, caller, request,
                [&space = context.spaces.Of(caller), work = std::move(work)](
                    const Call& read) { return work(space, read); }));
  });
}

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_V1_V1_CONTEXT_H_
