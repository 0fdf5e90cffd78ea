#include "server/rpc/grpc_front.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <future>
#include <thread>
#include <unordered_map>
#include <utility>

#include "base/address_caller.h"
#include "base/mutex.h"
#include "base/status_macros.h"
#include "server/http/doorway.h"
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
        interval_(SweepInterval(options)) {
    ScheduleSweep();
    thread_ = std::thread([this] { io_.run(); });
  }
  ~Core() { Stop(); }

  absl::StatusOr<Doors> Open(std::vector<ListenAddress> addresses, Taker taker,
                             std::shared_ptr<const StreamMaker> streams) {
    auto opened = std::make_shared<OpenDoors>();
    opened->taker = std::move(taker);
    opened->streams = std::move(streams);
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
    std::shared_ptr<const StreamMaker> streams;
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

  void Welcome(StreamSocket socket, const OpenDoors& doors) {
    std::unique_ptr<ByteStream> client =
        doors.streams != nullptr
            ? doors.streams->Make(std::move(socket))
            : std::make_unique<SocketStream>(std::move(socket));
    std::string address = client->PeerAddress();
    const CallerId peer = CallerOfAddress(address);
    std::unique_ptr<ConnectionTable::Seat> seat = shared_.seats.Take(peer);
    if (seat == nullptr) return shared_.Count(FrontRefusal::kConnections);
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
            .peer = peer,
            .seat = std::move(seat),
            // Later: whoever closes it may be walking the connections.
            .on_close = [this](FrontConnection* closed) {
              asio::post(io_, [this, closed] { connections_.erase(closed); });
            }});
    taken.OnDisplaced([weak = std::weak_ptr<FrontConnection>(connection)] {
      if (const auto self = weak.lock()) self->Displace();
    });
    connections_.emplace(connection.get(), connection);
    doors.taker(pair[1], std::move(address));
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
    std::shared_ptr<const StreamMaker> streams) {
  return core_->Open(std::move(addresses), std::move(taker),
                     std::move(streams));
}
void GrpcFront::Close(const Doors& doors) { core_->Close(doors.number); }
void GrpcFront::Stop() { core_->Stop(); }
GrpcFrontStats GrpcFront::Stats() const { return core_->Stats(); }

}  // namespace roentgen::server
