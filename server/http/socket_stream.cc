#include "server/http/socket_stream.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <string>
#include <utility>

#include "base/ip_network.h"
#include "server/http/proxy_header.h"

namespace roentgen::server {
namespace {

namespace asio = boost::asio;
using ErrorCode = boost::system::error_code;

// Who connected to a Unix socket, then: processes may change their user.
std::string UserOf(int descriptor) {
  ucred who{};
  socklen_t size = sizeof(who);
  if (::getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &who, &size) != 0 ||
      who.uid == static_cast<uid_t>(-1)) {
    return "unix";
  }
  return "unix:" + std::to_string(who.uid);
}

StreamSocket Prepared(StreamSocket socket) {
  ErrorCode other_protocol;
  socket.set_option(asio::ip::tcp::no_delay(true), other_protocol);
  return socket;
}

}  // namespace

Peer PeerOfSocket(const StreamSocket& socket) {
  ErrorCode error;
  const auto remote = socket.remote_endpoint(error);
  if (error) return {};
  if (remote.data()->sa_family == AF_UNIX) {
    auto& same = const_cast<StreamSocket&>(socket);  // Asio asks for it.
    return {.address = UserOf(same.native_handle()), .is_local = true};
  }
  const auto ip = IpOf(remote.data());
  if (!ip) return {};
  return {.address = IpText(*ip), .is_local = IsLoopbackIp(*ip)};
}

void ReadHeader(Arrived& arrived, ByteStream::Opened done) {
  if (!arrived.has_header) return done(true);
  ReadProxyHeader(arrived.socket, [&arrived, done = std::move(done)](
                                      absl::StatusOr<ProxiedPeer> read) {
    if (!read.ok()) return done(false);
    // Nothing: the proxy speaks for itself, or does not know.
    if (*read) arrived.peer = {.address = IpText(**read)};
    done(true);
  });
}

SocketStream::SocketStream(Arrived arrived)
    : arrived_{.socket = Prepared(std::move(arrived.socket)),
               .peer = std::move(arrived.peer),
               .has_header = arrived.has_header} {}

SocketStream::SocketStream(StreamSocket socket)
    : arrived_{.socket = Prepared(std::move(socket)), .peer = {}} {
  arrived_.peer = PeerOfSocket(socket_);
}

void SocketStream::Open(Opened done) { ReadHeader(arrived_, std::move(done)); }

void SocketStream::Read(std::span<char> room, std::shared_ptr<User> user) {
  socket_.async_read_some(asio::buffer(room.data(), room.size()),
                          [user = std::move(user)](ErrorCode error, size_t n) {
                            user->OnRead(error ? 0 : n);
                          });
}

void SocketStream::Write(std::span<const std::string_view> parts,
                         std::shared_ptr<User> user) {
  std::array<asio::const_buffer, kPartsMax> buffers;
  std::transform(parts.begin(), parts.end(), buffers.begin(),
                 [](std::string_view part) {
                   return asio::buffer(part.data(), part.size());
                 });
  asio::async_write(socket_, buffers,
                    [user = std::move(user)](ErrorCode error, size_t) {
                      user->OnWritten(!error);
                    });
}

void SocketStream::EndWriting() {
  ErrorCode ignored;
  socket_.shutdown(StreamSocket::shutdown_send, ignored);
}

void SocketStream::Close() {
  ErrorCode ignored;
  socket_.shutdown(StreamSocket::shutdown_both, ignored);
  socket_.close(ignored);
}

void SocketStream::Abort() {
  ErrorCode ignored;
  // A reset, instead of an orderly end.
  socket_.set_option(StreamSocket::linger(true, 0), ignored);
  socket_.close(ignored);
}

}  // namespace roentgen::server
