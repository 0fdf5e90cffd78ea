#include "server/http/doorway.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <chrono>
#include <cstring>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "base/log.h"
#include "base/status_macros.h"

namespace roentgen::server {
namespace {

using ErrorCode = boost::system::error_code;
using Protocol = boost::asio::generic::stream_protocol;

constexpr int kBacklog = 1024;

}  // namespace

absl::StatusOr<std::unique_ptr<Doorway>> Doorway::Open(
    IoContext& io, ListenAddress& address, std::string_view protocol) {
  const SocketAddress where = ToSocketAddress(address);
  std::unique_ptr<Doorway> door(new Doorway(io));
  Acceptor& acceptor = door->acceptor_;
  ErrorCode error;
  const int transport = address.IsUnix() ? 0 : IPPROTO_TCP;
  acceptor.open(Protocol(where.get()->sa_family, transport), error);
  if (!error && address.IsUnix()) {
    RTG_ASSIGN_OR_RETURN(door->file_, SocketFile::Bind(acceptor.native_handle(),
                                                       SOCK_STREAM, address));
  } else {
    if (!error) acceptor.set_option(Acceptor::reuse_address(true), error);
    if (!error) {
      acceptor.bind(Protocol::endpoint(where.get(), where.size), error);
    }
  }
  if (!error) acceptor.listen(kBacklog, error);
  if (error) {
    return absl::UnavailableError("cannot listen on " + std::string(protocol) +
                                  " " + address.ToString() + ": " +
                                  error.message());
  }
  if (address.IsUnix()) return door;
  const Protocol::endpoint chosen = acceptor.local_endpoint(error);
  // The port is in the same place for IPv4 and IPv6.
  sockaddr_in chosen_address{};
  std::memcpy(&chosen_address, chosen.data(), sizeof(chosen_address));
  address.port = ntohs(chosen_address.sin_port);
  return door;
}

void Doorway::Start(NextIo next_io, Welcome welcome) {
  next_io_ = std::move(next_io);
  welcome_ = std::move(welcome);
  Accept();
}

void Doorway::Close() {
  ErrorCode ignored;
  file_.Remove();
  acceptor_.close(ignored);
  pause_.cancel();
}

void Doorway::Accept() {
  acceptor_.async_accept(next_io_(),
                         [this](const ErrorCode& error, StreamSocket socket) {
                           if (!acceptor_.is_open()) return;
                           if (error) return OnError(error);
                           welcome_(std::move(socket));
                           Accept();
                         });
}

// Out of file descriptors, mostly: trying at once would spin.
void Doorway::OnError(const ErrorCode& error) {
  LogWarn("cannot accept a connection", {{"error", error.message()}});
  pause_.expires_after(std::chrono::milliseconds(100));
  pause_.async_wait([this](const ErrorCode& cancelled) {
    if (!cancelled && acceptor_.is_open()) Accept();
  });
}

}  // namespace roentgen::server
