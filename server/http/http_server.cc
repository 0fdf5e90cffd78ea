#include "server/http/http_server.h"

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <optional>
#include <thread>
#include <unordered_map>
#include <utility>

#include "base/address_caller.h"
#include "base/limits.h"
#include "base/status_macros.h"
#include "server/http/arrivals.h"
#include "server/http/doorway.h"
#include "server/http/entrance.h"
#include "server/http/http_connection.h"
#include "server/http/http_shared.h"
#include "server/http/io_mailbox.h"
#include "server/http/socket_stream.h"

namespace roentgen::server {
namespace {

namespace asio = boost::asio;
using ErrorCode = boost::system::error_code;

// Clients over the limit that may be told so at the same time.
constexpr size_t kTurnedAwayMax = 64;

// One timer per I/O thread looks at all its connections.
std::chrono::nanoseconds SweepInterval(const HttpServerOptions& options) {
  const absl::Duration shortest = std::min(
      {options.request_timeout, options.idle_timeout, options.write_timeout});
  return absl::ToChronoNanoseconds(
      std::clamp(shortest / 8, absl::Milliseconds(5), absl::Milliseconds(500)));
}

std::unique_ptr<ConnectionTable::Seat> TakeSeat(HttpShared& shared,
                                                const Peer& peer,
                                                const HttpListener& listener) {
  return shared.connections.Take(
      CallerOfAddress(peer.address),
      listener.has_reserve ? limits::kAdminConnectionsReserved : 0);
}

// Whether one more client without a seat hears so; it is counted then.
bool MayBeTold(HttpShared& shared) {
  if (shared.turned_away.load() >= kTurnedAwayMax) return false;
  ++shared.turned_away;
  return true;
}

// A thread with the connections it serves.
class IoThread {
 public:
  IoThread(HttpShared& shared, size_t threads)
      : shared_(shared),
        io_(1),
        work_(io_.get_executor()),
        mailbox_(std::make_shared<IoMailbox>(io_)),
        timer_(io_),
        interval_(SweepInterval(shared.options)),
        arrivals_(threads) {}
  ~IoThread() { Stop(); }

  void Start() {
    ScheduleSweep();
    thread_ = std::thread([this] { io_.run(); });
  }

  IoContext& io() { return io_; }
  IoMailbox& mailbox() { return *mailbox_; }

  // On any thread. Without `needs_seat`, `seat` null: there was no room.
  void Adopt(std::unique_ptr<ByteStream> stream,
             std::shared_ptr<const HttpListener> listener,
             std::unique_ptr<ConnectionTable::Seat> seat, bool needs_seat) {
    // Asio and callbacks want what can be copied.
    auto newcomer = std::make_shared<Newcomer>(
        Newcomer{std::move(stream), std::move(listener), std::move(seat)});
    asio::post(io_, [this, newcomer = std::move(newcomer), needs_seat] {
      std::shared_ptr<const Entrance> entrance = newcomer->listener->entrance;
      if (entrance == nullptr || (!entrance->HasHandshake() && !needs_seat)) {
        return Serve(*newcomer);
      }
      arrivals_.Open(std::move(entrance), std::move(newcomer->stream),
                     std::chrono::steady_clock::now(),
                     [this, newcomer, needs_seat](auto open) {
                       newcomer->stream = std::move(open);
                       if (needs_seat && !Seat(*newcomer)) return;
                       Serve(*newcomer);
                     });
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
      arrivals_.Close();
      for (const auto& entry : connections_) entry.second->Close();
      connections_.clear();
      timer_.cancel();
      work_.reset();
      io_.stop();
    });
    thread_.join();
  }

 private:
  struct Newcomer {
    std::unique_ptr<ByteStream> stream;
    std::shared_ptr<const HttpListener> listener;
    std::unique_ptr<ConnectionTable::Seat> seat;
  };

  // For whom a header spoke, so that it is known only now who it is.
  bool Seat(Newcomer& newcomer) {
    if (!newcomer.listener->entrance->LetsIn(newcomer.stream->peer())) {
      return false;
    }
    newcomer.seat =
        TakeSeat(shared_, newcomer.stream->peer(), *newcomer.listener);
    return newcomer.seat != nullptr || MayBeTold(shared_);
  }

  void Serve(Newcomer& newcomer) {
    auto connection = std::make_shared<HttpConnection>(
        std::move(newcomer.stream),
        HttpConnection::Context{
            .shared = shared_,
            .mailbox = mailbox_,
            .listener = std::move(newcomer.listener),
            .seat = std::move(newcomer.seat),
            // Later: whoever closes it may be walking the connections.
            .on_close = [this](HttpConnection* closed) {
              asio::post(io_, [this, closed] { connections_.erase(closed); });
            }});
    connections_.emplace(connection.get(), connection);
    connection->Start();
  }

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
    draining_ ? arrivals_.Close() : arrivals_.Sweep(now);
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
  SteadyTimer timer_;
  const std::chrono::nanoseconds interval_;
  bool draining_ = false;
  // Confined to the thread, as all below the constructor.
  Arrivals arrivals_;
  std::unordered_map<HttpConnection*, std::shared_ptr<HttpConnection>>
      connections_;
  std::thread thread_;
};

}  // namespace

// Accepts on the first I/O thread and deals connections out in turn: even
// with few clients all threads have work.
class HttpServer::Core {
 public:
  Core(HttpServerOptions options, const Clock& clock)
      : shared_(std::move(options), clock) {
    const int n = std::max(1, shared_.options.io_threads);
    for (int i = 0; i < n; ++i) {
      threads_.push_back(
          std::make_unique<IoThread>(shared_, static_cast<size_t>(n)));
    }
  }
  ~Core() { Drain(absl::ZeroDuration()); }

  absl::Status Start(std::vector<HttpListener> listeners) {
    for (HttpListener& listener : listeners) {
      RTG_ASSIGN_OR_RETURN(
          std::unique_ptr<Doorway> way,
          Doorway::Open(threads_[0]->io(), listener.address, "tcp"));
      addresses_.push_back(listener.address);
      doors_.push_back(std::make_unique<Door>(
          Door{.way = std::move(way),
               .listener =
                   std::make_shared<const HttpListener>(std::move(listener))}));
    }
    for (const auto& door : doors_) Open(*door);
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
      for (const auto& door : doors_) door->way->Close();
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
            .connections_refused = shared_.connections.refused(),
            .connections_displaced = shared_.connections.displaced(),
            .request_bytes = shared_.RequestBytes()};
  }

 private:
  struct Door {
    std::unique_ptr<Doorway> way;
    std::shared_ptr<const HttpListener> listener;
    IoThread* next = nullptr;  // Gets its next connection.
  };

  void Open(Door& door) {
    door.way->Start(
        [this, &door]() -> IoContext& {
          door.next = threads_[turn_++ % threads_.size()].get();
          return door.next->io();
        },
        [this, &door](StreamSocket socket) {
          Welcome(std::move(socket), *door.next, door.listener);
        });
  }

  void Welcome(StreamSocket socket, IoThread& thread,
               const std::shared_ptr<const HttpListener>& listener) {
    const Entrance* const entrance = listener->entrance.get();
    if (entrance == nullptr) {
      return TakeIn(std::make_unique<SocketStream>(std::move(socket)), thread,
                    listener);
    }
    std::optional<Arrived> arrived = entrance->Meet(std::move(socket));
    if (!arrived) return;
    const bool has_header = arrived->has_header;
    std::unique_ptr<ByteStream> stream = entrance->Make(*std::move(arrived));
    if (!has_header) return TakeIn(std::move(stream), thread, listener);
    thread.Adopt(std::move(stream), listener, nullptr, /*needs_seat=*/true);
  }

  void TakeIn(std::unique_ptr<ByteStream> stream, IoThread& thread,
              const std::shared_ptr<const HttpListener>& listener) {
    auto seat = TakeSeat(shared_, stream->peer(), *listener);
    if (seat == nullptr) {
      // A handshake only to say so would cost more than it tells.
      const bool has_handshake =
          listener->entrance != nullptr && listener->entrance->HasHandshake();
      if (has_handshake || !MayBeTold(shared_)) return;
    }
    thread.Adopt(std::move(stream), listener, std::move(seat),
                 /*needs_seat=*/false);
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
