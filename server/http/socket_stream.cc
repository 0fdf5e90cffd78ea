#include "server/http/socket_stream.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <cstring>
#include <utility>

namespace roentgen::server {
namespace {

namespace asio = boost::asio;
using ErrorCode = boost::system::error_code;

bool IsLoopback(const in_addr& address) {
  return ntohl(address.s_addr) >> 24 == IN_LOOPBACKNET;
}

// Also 127.0.0.1 as a socket for both protocols sees it.
bool IsLoopback(const in6_addr& address) {
  if (!IN6_IS_ADDR_V4MAPPED(&address)) return IN6_IS_ADDR_LOOPBACK(&address);
  return address.s6_addr[12] == IN_LOOPBACKNET;
}

std::string TextOf(const in_addr& address) {
  std::array<char, INET_ADDRSTRLEN> text{};
  ::inet_ntop(AF_INET, &address, text.data(), text.size());
  return text.data();
}

std::string TextOf(const in6_addr& address) {
  if (IN6_IS_ADDR_V4MAPPED(&address)) {
    in_addr mapped{};
    std::memcpy(&mapped, address.s6_addr + 12, sizeof(mapped));
    return TextOf(mapped);
  }
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(AF_INET6, &address, text.data(), text.size());
  return text.data();
}

}  // namespace

SocketStream::SocketStream(StreamSocket socket) : socket_(std::move(socket)) {
  ErrorCode other_protocol;
  socket_.set_option(asio::ip::tcp::no_delay(true), other_protocol);
}

bool SocketStream::PeerIsLocal() const {
  ErrorCode error;
  const auto peer = socket_.remote_endpoint(error);
  if (error) return false;
  const void* address = peer.data();
  switch (peer.data()->sa_family) {
    case AF_UNIX:
      return true;
    case AF_INET:
      return IsLoopback(static_cast<const sockaddr_in*>(address)->sin_addr);
    case AF_INET6:
      return IsLoopback(static_cast<const sockaddr_in6*>(address)->sin6_addr);
    default:
      return false;
  }
}

std::string SocketStream::PeerAddress() const {
  ErrorCode error;
  const auto peer = socket_.remote_endpoint(error);
  if (error) return "";
  const void* address = peer.data();
  switch (peer.data()->sa_family) {
    case AF_UNIX:
      return "unix";
    case AF_INET:
      return TextOf(static_cast<const sockaddr_in*>(address)->sin_addr);
    case AF_INET6:
      return TextOf(static_cast<const sockaddr_in6*>(address)->sin6_addr);
    default:
      return "";
  }
}

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
