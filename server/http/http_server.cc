#include "server/http/http_server.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <cstring>
#include <optional>
#include <thread>
#include <unordered_map>
#include <utility>

#include "base/log.h"
#include "base/mutex.h"
#include "base/status_macros.h"
#include "server/http/http_connection.h"
#include "server/http/http_shared.h"
#include "server/http/io_mailbox.h"
#include "server/http/response_head.h"
#include "server/http/socket_stream.h"

namespace roentgen::server {
namespace {

namespace asio = boost::asio;
using ErrorCode = boost::system::error_code;
using Protocol = asio::generic::stream_protocol;
using Acceptor =
    asio::basic_socket_acceptor<Protocol, IoContext::executor_type>;
using Timer =
    asio::basic_waitable_timer<std::chrono::steady_clock,
                               asio::wait_traits<std::chrono::steady_clock>,
                               IoContext::executor_type>;

constexpr int kBacklog = 1024;

// One timer per I/O thread looks at all its connections.
std::chrono::nanoseconds SweepInterval(const HttpServerOptions& options) {
  const absl::Duration shortest = std::min(
      {options.request_timeout, options.idle_timeout, options.write_timeout});
  return absl::ToChronoNanoseconds(
      std::clamp(shortest / 8, absl::Milliseconds(5), absl::Milliseconds(500)));
}

// A thread with the connections it serves.
class IoThread {
 public:
  explicit IoThread(HttpShared& shared)
      : shared_(shared),
        io_(1),
        work_(io_.get_executor()),
        mailbox_(std::make_shared<IoMailbox>(io_)),
        timer_(io_),
        interval_(SweepInterval(shared.options)) {}
  ~IoThread() { Stop(); }

  void Start() {
    ScheduleSweep();
    thread_ = std::thread([this] { io_.run(); });
  }

  IoContext& io() { return io_; }
  IoMailbox& mailbox() { return *mailbox_; }

  // On any thread.
  void Adopt(StreamSocket socket,
             std::shared_ptr<const HttpListener> listener) {
    std::unique_ptr<ByteStream> stream =
        listener->streams != nullptr
            ? listener->streams->Make(std::move(socket))
            : std::make_unique<SocketStream>(std::move(socket));
    auto connection = std::make_shared<HttpConnection>(
        std::move(stream),
        HttpConnection::Context{
            .shared = shared_,
            .mailbox = mailbox_,
            .listener = std::move(listener),
            // Later: whoever closes it may be walking the connections.
            .on_close = [this](HttpConnection* closed) {
              asio::post(io_, [this, closed] { connections_.erase(closed); });
            }});
    asio::post(io_, [this, connection = std::move(connection)] {
      connections_.emplace(connection.get(), connection);
      connection->Start();
    });
  }

  void BeginDrain() {
    mailbox_->Post([this] {
      draining_ = true;
      Sweep();
      ScheduleSweep();
    });
  }

  void Stop() {
    mailbox_->Close();
    if (!thread_.joinable()) return;
    asio::post(io_, [this] {
      for (const auto& entry : connections_) entry.second->Close();
      connections_.clear();
      timer_.cancel();
      work_.reset();
      io_.stop();
    });
    thread_.join();
  }

 private:
  void ScheduleSweep() {
    timer_.expires_after(draining_ ? std::min(interval_, kDrainInterval)
                                   : interval_);
    timer_.async_wait([this](ErrorCode error) {
      if (error) return;
      Sweep();
      ScheduleSweep();
    });
  }

  void Sweep() {
    const SteadyTime now = std::chrono::steady_clock::now();
    for (const auto& [key, connection] : connections_) {
      if (draining_) connection->BeginDrain();
      connection->Sweep(now);
    }
  }

  static constexpr std::chrono::nanoseconds kDrainInterval{5'000'000};

  HttpShared& shared_;
  IoContext io_;
  asio::executor_work_guard<IoContext::executor_type> work_;
  const std::shared_ptr<IoMailbox> mailbox_;
  Timer timer_;
  const std::chrono::nanoseconds interval_;
  bool draining_ = false;
  // Confined to the thread, as all below the constructor.
  std::unordered_map<HttpConnection*, std::shared_ptr<HttpConnection>>
      connections_;
  std::thread thread_;
};

absl::Status CannotListen(const ListenAddress& address, const char* what) {
  return absl::UnavailableError("cannot listen on tcp " + address.ToString() +
                                ": " + what);
}

// A listening socket; `address` gets the chosen port.
absl::StatusOr<Acceptor> Listen(IoContext& io, ListenAddress& address) {
  const SocketAddress where = ToSocketAddress(address);
  const Protocol::endpoint endpoint(where.get(), where.size);
  Acceptor acceptor(io);
  ErrorCode error;
  acceptor.open(Protocol(where.get()->sa_family, IPPROTO_TCP), error);
  if (!error) acceptor.set_option(Acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(kBacklog, error);
  if (error) return CannotListen(address, error.message().c_str());
  const Protocol::endpoint chosen = acceptor.local_endpoint(error);
  // The port is in the same place for IPv4 and IPv6.
  sockaddr_in chosen_address{};
  std::memcpy(&chosen_address, chosen.data(), sizeof(chosen_address));
  address.port = ntohs(chosen_address.sin_port);
  return acceptor;
}

// A client over the limit gets a word, if its buffer takes one.
void TurnAway(StreamSocket socket, const Clock& clock) {
  const HttpResponse response =
      ErrorResponse({.http_status = 503,
                     .name = "ServiceUnavailable",
                     .message = "The server has as many connections as it may.",
                     .retry_after = absl::Seconds(1)});
  const std::string id = MakeRequestId();
  const std::string bytes =
      FormatResponseHead(response, {.request_id = id,
                                    .now = clock.Now(),
                                    .keep_alive = KeepAlive::kNo}) +
      response.body;
  // MSG_DONTWAIT: one client never holds up the others.
  (void)!::send(socket.native_handle(), bytes.data(), bytes.size(),
                MSG_DONTWAIT | MSG_NOSIGNAL);
}

}  // namespace

// Accepts on the first I/O thread and deals connections out in turn: even
// with few clients all threads have work.
class HttpServer::Core {
 public:
  Core(HttpServerOptions options, const Clock& clock)
      : shared_(std::move(options), clock) {
    const int n = std::max(1, shared_.options.io_threads);
    for (int i = 0; i < n; ++i) {
      threads_.push_back(std::make_unique<IoThread>(shared_));
    }
  }
  ~Core() { Drain(absl::ZeroDuration()); }

  absl::Status Start(std::vector<HttpListener> listeners) {
    for (HttpListener& listener : listeners) {
      RTG_ASSIGN_OR_RETURN(Acceptor acceptor,
                           Listen(threads_[0]->io(), listener.address));
      addresses_.push_back(listener.address);
      doors_.push_back(std::make_unique<Door>(
          Door{std::move(acceptor),
               std::make_shared<const HttpListener>(std::move(listener))}));
    }
    for (const auto& door : doors_) Accept(*door);
    for (const auto& thread : threads_) thread->Start();
    started_ = true;
    return absl::OkStatus();
  }

  const std::vector<ListenAddress>& addresses() const { return addresses_; }

  void Drain(absl::Duration grace) {
    if (!started_) return;
    started_ = false;
    shared_.draining = true;
    // The doors belong to the first thread.
    threads_[0]->mailbox().Post([this] {
      ErrorCode ignored;
      for (const auto& door : doors_) door->acceptor.close(ignored);
    });
    for (const auto& thread : threads_) thread->BeginDrain();
    AwaitNoConnection(grace);
    for (const auto& thread : threads_) thread->Stop();
    shared_.bodies.Stop();
  }

  bool AwaitNoConnection(absl::Duration time) {
    return shared_.connections.AwaitNone(std::chrono::steady_clock::now() +
                                         absl::ToChronoNanoseconds(time));
  }

  HttpServerStats Stats() const {
    return {.connections = shared_.connections.count(),
            .connections_refused = shared_.connections_refused.load(),
            .request_bytes = shared_.RequestBytes()};
  }

 private:
  struct Door {
    Acceptor acceptor;
    std::shared_ptr<const HttpListener> listener;
  };

  void Accept(Door& door) {
    IoThread& next = *threads_[turn_++ % threads_.size()];
    door.acceptor.async_accept(
        next.io(), [this, &door, &next](ErrorCode error, StreamSocket socket) {
          if (!door.acceptor.is_open()) return;
          if (error) {
            OnAcceptError(door, error);
            return;
          }
          Welcome(std::move(socket), next, door.listener);
          Accept(door);
        });
  }

  // Out of file descriptors, mostly: trying at once would spin.
  void OnAcceptError(Door& door, ErrorCode error) {
    LogWarn("cannot accept a connection", {{"error", error.message()}});
    auto timer = std::make_shared<Timer>(threads_[0]->io());
    timer->expires_after(std::chrono::milliseconds(100));
    timer->async_wait([this, &door, timer](ErrorCode cancelled) {
      if (!cancelled && door.acceptor.is_open()) Accept(door);
    });
  }

  void Welcome(StreamSocket socket, IoThread& thread,
               std::shared_ptr<const HttpListener> listener) {
    if (shared_.connections.count() >= shared_.options.connections_max) {
      ++shared_.connections_refused;
      // Others could not read it.
      if (listener->streams == nullptr) {
        TurnAway(std::move(socket), shared_.clock);
      }
      return;
    }
    shared_.connections.Add();  // The connection's end takes it back.
    thread.Adopt(std::move(socket), std::move(listener));
  }

  HttpShared shared_;
  // Before the doors, which use its I/O.
  std::vector<std::unique_ptr<IoThread>> threads_;
  std::vector<std::unique_ptr<Door>> doors_;
  std::vector<ListenAddress> addresses_;
  size_t turn_ = 0;
  bool started_ = false;
};

HttpServer::HttpServer(HttpServerOptions options, const Clock& clock)
    : core_(std::make_unique<Core>(std::move(options), clock)) {}
HttpServer::~HttpServer() = default;

absl::Status HttpServer::Start(std::vector<HttpListener> listeners) {
  return core_->Start(std::move(listeners));
}
std::vector<ListenAddress> HttpServer::addresses() const {
  return core_->addresses();
}
void HttpServer::Drain(absl::Duration grace) { core_->Drain(grace); }
bool HttpServer::AwaitNoConnection(absl::Duration time) {
  return core_->AwaitNoConnection(time);
}
HttpServerStats HttpServer::Stats() const { return core_->Stats(); }

}  // namespace roentgen::server
