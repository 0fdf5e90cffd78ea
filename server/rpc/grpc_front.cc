#include "server/rpc/grpc_front.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <future>
#include <optional>
#include <thread>
#include <unordered_map>
#include <utility>

#include "base/address_caller.h"
#include "base/mutex.h"
#include "base/status_macros.h"
#include "server/http/arrivals.h"
#include "server/http/doorway.h"
#include "server/http/entrance.h"
#include "server/http/socket_stream.h"
#include "server/rpc/front_connection.h"

namespace roentgen::server {
namespace {

namespace asio = boost::asio;
using ErrorCode = boost::system::error_code;

// How long clients may take what the library sent last.
constexpr std::chrono::milliseconds kStopTime{500};

std::chrono::nanoseconds SweepInterval(const GrpcFrontOptions& options) {
  const std::chrono::nanoseconds shortest =
      std::min(options.preface_timeout, options.write_timeout);
  return std::clamp<std::chrono::nanoseconds>(shortest / 8,
                                              std::chrono::milliseconds(5),
                                              std::chrono::milliseconds(250));
}

}  // namespace

std::string_view NameOf(FrontRefusal refusal) {
  switch (refusal) {
    case FrontRefusal::kConnections:
      return "connections";
    case FrontRefusal::kDescriptors:
      return "descriptors";
    case FrontRefusal::kDisplaced:
      return "displaced";
    case FrontRefusal::kPreface:
      return "preface";
    case FrontRefusal::kResets:
      return "resets";
    case FrontRefusal::kControlFrames:
      return "control_frames";
    case FrontRefusal::kMetadata:
      return "metadata";
    case FrontRefusal::kCalls:
      return "calls";
    case FrontRefusal::kWriteTimeout:
      return "write_timeout";
  }
  return "";
}

class GrpcFront::Core {
 public:
  explicit Core(const GrpcFrontOptions& options)
      : shared_(options),
        io_(1),
        work_(io_.get_executor()),
        timer_(io_),
        interval_(SweepInterval(options)),
        arrivals_(1) {
    ScheduleSweep();
    thread_ = std::thread([this] { io_.run(); });
  }
  ~Core() { Stop(); }

  absl::StatusOr<Doors> Open(std::vector<ListenAddress> addresses, Taker taker,
                             std::shared_ptr<const Entrance> entrance) {
    auto opened = std::make_shared<OpenDoors>();
    opened->taker = std::move(taker);
    opened->entrance = std::move(entrance);
    for (ListenAddress& address : addresses) {
      RTG_ASSIGN_OR_RETURN(std::unique_ptr<Doorway> way,
                           Doorway::Open(io_, address, "grpc"));
      opened->ways.push_back(std::move(way));
    }
    size_t number = 0;
    {
      MutexLock lock(mu_);
      number = doors_.size();
      doors_.push_back(opened);
    }
    OnThread([this, opened] {
      for (const auto& way : opened->ways) {
        way->Start([this]() -> IoContext& { return io_; },
                   [this, doors = opened.get()](StreamSocket socket) {
                     Welcome(std::move(socket), *doors);
                   });
      }
    });
    return Doors{.addresses = std::move(addresses), .number = number};
  }

  void Close(size_t number) {
    std::shared_ptr<OpenDoors> doors;
    {
      MutexLock lock(mu_);
      doors = doors_[number];
    }
    OnThread([&doors] {
      for (const auto& way : doors->ways) way->Close();
    });
  }

  void Stop() {
    if (!thread_.joinable()) return;
    shared_.seats.AwaitNone(std::chrono::steady_clock::now() + kStopTime);
    OnThread([this] {
      MutexLock lock(mu_);
      for (const auto& doors : doors_) {
        for (const auto& way : doors->ways) way->Close();
      }
      arrivals_.Close();
      for (const auto& entry : connections_) entry.second->Close();
      stopped_ = true;
      timer_.cancel();
      work_.reset();
    });
    // It ends once all that was begun has.
    thread_.join();
    connections_.clear();
  }

  GrpcFrontStats Stats() const {
    GrpcFrontStats stats;
    stats.connections = shared_.seats.count();
    std::transform(shared_.refused.begin(), shared_.refused.end(),
                   stats.refused.begin(),
                   [](const auto& count) { return count.load(); });
    return stats;
  }

 private:
  // Kept until the end: what was begun on them may still be told of.
  struct OpenDoors {
    Taker taker;
    std::shared_ptr<const Entrance> entrance;
    std::vector<std::unique_ptr<Doorway>> ways;
  };

  // Runs `work` on the thread and waits for it; not at all after Stop.
  template <typename Work>
  void OnThread(Work work) {
    if (!thread_.joinable()) return;
    std::promise<void> done;
    asio::post(io_, [&work, &done] {
      work();
      done.set_value();
    });
    done.get_future().wait();
  }

  using Seat = std::unique_ptr<ConnectionTable::Seat>;

  void Welcome(StreamSocket socket, const OpenDoors& doors) {
    const Entrance* const entrance = doors.entrance.get();
    if (entrance == nullptr) {
      auto client = std::make_unique<SocketStream>(std::move(socket));
      Seat seat = TakeSeat(client->peer());
      if (seat != nullptr) Serve(std::move(client), std::move(seat), doors);
      return;
    }
    std::optional<Arrived> arrived = entrance->Meet(std::move(socket));
    if (!arrived) return;
    // Who a header speaks for is known only once it was read.
    const bool has_header = arrived->has_header;
    auto seat = std::make_shared<Seat>();
    if (!has_header && !(*seat = TakeSeat(arrived->peer))) return;
    arrivals_.Open(doors.entrance, entrance->Make(*std::move(arrived)),
                   std::chrono::steady_clock::now(),
                   [this, &doors, seat, has_header](auto client) {
                     if (has_header) {
                       if (!doors.entrance->LetsIn(client->peer())) return;
                       *seat = TakeSeat(client->peer());
                     }
                     if (*seat == nullptr) return;
                     Serve(std::move(client), std::move(*seat), doors);
                   });
  }

  // Null, and counted: there is none.
  Seat TakeSeat(const Peer& peer) {
    Seat seat = shared_.seats.Take(CallerOfAddress(peer.address));
    if (seat == nullptr) shared_.Count(FrontRefusal::kConnections);
    return seat;
  }

  void Serve(std::unique_ptr<ByteStream> client, Seat seat,
             const OpenDoors& doors) {
    Peer peer = client->peer();
    int pair[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0,
                     pair) != 0) {
      return shared_.Count(FrontRefusal::kDescriptors);
    }
    StreamSocket inner(io_);
    ErrorCode error;
    inner.assign(asio::generic::stream_protocol(AF_UNIX, 0), pair[0], error);
    if (error) {
      ::close(pair[0]);
      ::close(pair[1]);
      return shared_.Count(FrontRefusal::kDescriptors);
    }
    ConnectionTable::Seat& taken = *seat;
    auto connection = std::make_shared<FrontConnection>(
        std::move(client), std::make_unique<SocketStream>(std::move(inner)),
        FrontConnection::Context{
            .shared = shared_,
            .peer = CallerOfAddress(peer.address),
            .seat = std::move(seat),
            // Later: whoever closes it may be walking the connections.
            .on_close = [this](FrontConnection* closed) {
              asio::post(io_, [this, closed] { connections_.erase(closed); });
            }});
    taken.OnDisplaced([weak = std::weak_ptr<FrontConnection>(connection)] {
      if (const auto self = weak.lock()) self->Displace();
    });
    connections_.emplace(connection.get(), connection);
    doors.taker(pair[1], std::move(peer));
    connection->Start();
  }

  void ScheduleSweep() {
    timer_.expires_after(interval_);
    timer_.async_wait([this](const ErrorCode& error) {
      if (error || stopped_) return;
      Sweep();
      ScheduleSweep();
    });
  }

  void Sweep() {
    const SteadyTime now = std::chrono::steady_clock::now();
    arrivals_.Sweep(now);
    for (const auto& entry : connections_) entry.second->Sweep(now);
    // Each once: those that cannot go on queue up again.
    for (size_t left = shared_.held.size(); left > 0; --left) {
      const auto next = shared_.held.front().lock();
      shared_.held.pop_front();
      if (next != nullptr) next->Retry();
    }
  }

  FrontShared shared_;
  IoContext io_;
  asio::executor_work_guard<IoContext::executor_type> work_;
  SteadyTimer timer_;
  const std::chrono::nanoseconds interval_;
  Mutex mu_;
  std::vector<std::shared_ptr<OpenDoors>> doors_ RTG_GUARDED_BY(mu_);
  // Of the thread.
  Arrivals arrivals_;
  bool stopped_ = false;
  std::unordered_map<FrontConnection*, std::shared_ptr<FrontConnection>>
      connections_;
  std::thread thread_;
};

GrpcFront::GrpcFront(GrpcFrontOptions options)
    : core_(std::make_unique<Core>(options)) {}
GrpcFront::~GrpcFront() = default;

absl::StatusOr<GrpcFront::Doors> GrpcFront::Open(
    std::vector<ListenAddress> addresses, Taker taker,
    std::shared_ptr<const Entrance> entrance) {
  return core_->Open(std::move(addresses), std::move(taker),
                     std::move(entrance));
}
void GrpcFront::Close(const Doors& doors) { core_->Close(doors.number); }
void GrpcFront::Stop() { core_->Stop(); }
GrpcFrontStats GrpcFront::Stats() const { return core_->Stats(); }

}  // namespace roentgen::server
