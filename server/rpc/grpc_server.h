// The gRPC machine: listeners, health, reflection, limits of transport. It
// knows no API: each adds its services. Clients reach it through a front
// (grpc_front.h), which keeps from the library what it has no limit for.
//
//   GrpcServer server(workers, {.listen = {"127.0.0.1:4317"}});
//   AddV1Services(server, {.spaces = spaces});
//   RTG_RETURN_IF_ERROR(server.Start());
//   ...
//   server.Drain(clock.Now().ToTime() + absl::Seconds(5));
//
// Threads: Start and Drain from one thread; the rest is thread-safe.
#ifndef ROENTGEN_SERVER_RPC_GRPC_SERVER_H_
#define ROENTGEN_SERVER_RPC_GRPC_SERVER_H_

#include <grpcpp/impl/service_type.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "base/limits.h"
#include "base/listen_address.h"
#include "base/memory_budget.h"
#include "base/worker_pool.h"
#include "server/auth/authenticator.h"
#include "server/rpc/call_context.h"
#include "server/rpc/call_timer.h"
#include "server/rpc/grpc_front.h"

namespace roentgen::server {

class AuditLog;  // See server/audit/audit_log.h.
class Entrance;  // See server/http/entrance.h.

struct GrpcServerOptions {
  std::vector<ListenAddress> listen;
  // How clients come in; null: from anywhere, in plain text.
  std::shared_ptr<const Entrance> entrance = nullptr;
  // Requests and answers being worked on; null: an own budget of
  // limits::kRequestBufferBytes.
  std::shared_ptr<MemoryBudget> memory;
  // Answers that were not taken yet; null: the budget of requests.
  std::shared_ptr<MemoryBudget> answers;
  // Of each call, and of each step of one that streams.
  absl::Duration read_timeout = absl::Seconds(30);
  absl::Duration put_timeout = absl::Seconds(30);
  // For the client to take a message: the call is ended after that.
  absl::Duration write_timeout = absl::Seconds(30);
  // Takes the connections, together with those of other servers; null: an own
  // one. Outlives this server.
  GrpcFront* front = nullptr;
  // Told of every call that ended; may be empty.
  GrpcObserver on_call;
  // Who may call what, but for health and reflection, which are open. Null:
  // everybody may do everything. Outlives the server.
  const Authenticator* authenticator = nullptr;
  // Who administers, and who is turned away; may be null. Outlives the server.
  AuditLog* audit = nullptr;
  std::string space = {};  // For those lines.
};

struct GrpcService {
  std::string name;  // With its package: what the health service knows.
  std::shared_ptr<grpc::Service> service;
  // A message larger than that of any service is refused with
  // RESOURCE_EXHAUSTED before it is read. Calls that keep what they are sent
  // refuse what is larger than their own service's; others have small limits
  // of their own.
  size_t message_bytes_max = 0;
};

class GrpcServer {
 public:
  // Reads run on `reads`, those of no trace on `small_calls`; both outlive the
  // server, and may be the same. Each may take `calls`.
  GrpcServer(WorkerPool& reads, WorkerPool& small_calls,
             const CallLimits& calls, GrpcServerOptions options);
  GrpcServer(WorkerPool& reads, const CallLimits& calls,
             GrpcServerOptions options)
      : GrpcServer(reads, reads, calls, std::move(options)) {}
  ~GrpcServer();  // Drains without patience.
  GrpcServer(const GrpcServer&) = delete;
  GrpcServer& operator=(const GrpcServer&) = delete;

  // Before Start. What calls of a service work with: valid as long as the
  // server.
  CallContext CallsOf(Access (*access_of)(std::string_view method)) const;
  void Add(GrpcService service);
  // A name that clients ask the health of, though no such service is here.
  void AddHealth(std::string name);

  // Listens. Unavailable names the address that could not be bound.
  absl::Status Start();

  // Those of `listen` with the chosen ports, after Start.
  const std::vector<ListenAddress>& addresses() const { return addresses_; }

  // Calls that were ended because their client took nothing.
  uint64_t unread_calls() const;

  // What the health service answers; SERVING after Start.
  void SetServing(bool serving);

  // Takes no new calls, reports NOT_SERVING, lets open calls end until
  // `deadline`, then cancels them. Every acknowledgement that is due before
  // is sent. Idempotent.
  void Drain(absl::Time deadline);

 private:
  struct State;

  absl::Status OpenDoors();

  const CallLimits calls_;
  const GrpcServerOptions options_;
  std::unique_ptr<State> state_;
  std::vector<ListenAddress> addresses_;
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_RPC_GRPC_SERVER_H_
