// An HTTP/1.1 server: several listeners, each with its own address, routes and
// callers.
//
//   HttpServer server({.io_threads = 2}, SystemClock());
//   RTG_RETURN_IF_ERROR(server.Start({{.address = address, .router =
//   router}}));
//   ... server.addresses()[0].port ...
//   server.Drain(absl::Seconds(10));
//
// Keep-alive, pipelining, chunked and compressed bodies, Expect: 100-continue.
// Requests of one connection are answered in order, one at a time. Bounded:
// header and body bytes, bytes of all bodies together, connections (see
// connection_table.h), and the time a client may take. Answers may be written
// in pieces (answer_stream.h). Every refusal is an AWS error with a JSON body,
// or in the form of its path (PathManners).
//
// Threads: Start, Drain and the destructor belong to one thread; the rest is
// thread-safe. Handlers run on the server's I/O threads, and those of large
// bodies on a few others.
#ifndef ROENTGEN_SERVER_HTTP_HTTP_SERVER_H_
#define ROENTGEN_SERVER_HTTP_HTTP_SERVER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/listen_address.h"
#include "base/memory_budget.h"
#include "server/auth/authenticator.h"
#include "server/http/browser_guard.h"
#include "server/http/cors.h"
#include "server/http/http_router.h"

namespace roentgen::server {

class AuditLog;  // See server/audit/audit_log.h.

class Entrance;  // See entrance.h.

// A request that was answered.
struct HttpExchange {
  std::string operation;  // Of the route; empty when there was none.
  int status = 0;
  absl::Duration duration;  // From the whole request to its answer.
};

struct HttpServerOptions {
  int io_threads = 2;
  size_t connections_max = 1024;
  size_t header_bytes_max = limits::kHttpHeaderBytesMax;
  size_t body_bytes_max = limits::kHttpBodyBytesMax;
  // For the bodies of all requests that are being read or handled; null: an
  // own budget of limits::kRequestBufferBytes.
  std::shared_ptr<MemoryBudget> memory;
  // For the answers that clients have not taken yet; null: that of requests.
  std::shared_ptr<MemoryBudget> answers;
  // From the first byte of a request to its last: 408 after that.
  absl::Duration request_timeout = absl::Seconds(30);
  // Between requests: the connection is closed after that.
  absl::Duration idle_timeout = absl::Seconds(75);
  // For the client to take an answer, or the next piece of one: closed after
  // that.
  absl::Duration write_timeout = absl::Seconds(30);
  CorsPolicy cors;
  BrowserGuard guard;
  // Runs on an I/O thread after each answer; must not block. May be empty.
  std::function<void(const HttpExchange&)> on_exchange;
};

struct HttpListener {
  ListenAddress address;  // Port 0: the system chooses.
  std::shared_ptr<const HttpRouter> router;
  // Null: everybody may do everything. Outlives the server.
  const Authenticator* authenticator = nullptr;
  // How clients come in; null: from anywhere, in plain text.
  std::shared_ptr<const Entrance> entrance = nullptr;
  // Who administers, and who is turned away; may be null. Outlives the server.
  AuditLog* audit = nullptr;
  std::string space = {};  // For those lines.
  // What watches the server comes by here: limits::kAdminConnectionsReserved
  // connections above the limit are for such listeners.
  bool has_reserve = false;
};

struct HttpServerStats {
  uint64_t connections = 0;  // Open now.
  // Since start, at the limit: newcomers, and idle ones for whom a newcomer
  // came.
  uint64_t connections_refused = 0;
  uint64_t connections_displaced = 0;
  uint64_t request_bytes = 0;  // Of requests and answers, held now.
};

class HttpServer {
 public:
  // `clock` outlives the server.
  HttpServer(HttpServerOptions options, const Clock& clock);
  // Drains without grace.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Listens when it returns OK. Unavailable names the address that could not
  // be used. Call once.
  absl::Status Start(std::vector<HttpListener> listeners);

  // With the chosen ports, in the order of `listeners`.
  std::vector<ListenAddress> addresses() const;

  // Stops accepting, closes idle connections, waits at most `grace` for
  // requests that have begun, then closes all and joins the threads.
  void Drain(absl::Duration grace);

  // Waits at most `time` for the last open connection to close; whether it did.
  bool AwaitNoConnection(absl::Duration time);

  HttpServerStats Stats() const;

 private:
  class Core;
  const std::unique_ptr<Core> core_;
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_HTTP_HTTP_SERVER_H_
