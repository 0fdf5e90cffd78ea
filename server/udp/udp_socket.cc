#include "server/udp/udp_socket.h"

#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>

#include "base/limits.h"
#include "base/status_macros.h"

namespace roentgen::server {
namespace {

// Long enough to gather tens of datagrams under load, too short to notice.
constexpr int kNapMs = 2;

absl::Status CannotListen(const ListenAddress& address) {
  return absl::UnavailableError("cannot listen on udp " + address.ToString() +
                                ": " + std::strerror(errno));
}

void AskForBuffer(int fd, size_t bytes) {
  const int size = static_cast<int>(bytes);
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) != 0) {
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
  }
}

uint16_t BoundPort(int fd) {
  sockaddr_storage bound{};
  socklen_t size = sizeof(bound);
  getsockname(fd, reinterpret_cast<sockaddr*>(&bound), &size);
  if (bound.ss_family == AF_INET6) {
    return ntohs(reinterpret_cast<sockaddr_in6&>(bound).sin6_port);
  }
  return ntohs(reinterpret_cast<sockaddr_in&>(bound).sin_port);
}

}  // namespace

UdpSocket::UdpSocket()
    : buffer_(new char[kBatchMax * limits::kDatagramBytesMax]),
      headers_(kBatchMax),
      senders_(kBatchMax),
      slots_(kBatchMax) {
  // Pages of the buffer cost nothing until a datagram is written to them.
  for (size_t i = 0; i < kBatchMax; ++i) {
    slots_[i] = {.iov_base = buffer_.get() + i * limits::kDatagramBytesMax,
                 .iov_len = limits::kDatagramBytesMax};
    headers_[i].msg_hdr.msg_name = &senders_[i];
    headers_[i].msg_hdr.msg_iov = &slots_[i];
    headers_[i].msg_hdr.msg_iovlen = 1;
  }
  received_.reserve(kBatchMax);
}

UdpSocket::~UdpSocket() {
  if (fd_ >= 0) close(fd_);
  if (wake_fd_ >= 0) close(wake_fd_);
}

absl::Status UdpSocket::Open(ListenAddress& address,
                             size_t receive_buffer_bytes) {
  const SocketAddress where = ToSocketAddress(address);
  wake_fd_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  fd_ = socket(where.get()->sa_family,
               SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd_ < 0 || wake_fd_ < 0) return CannotListen(address);
  AskForBuffer(fd_, receive_buffer_bytes);
  if (address.IsUnix()) {
    RTG_ASSIGN_OR_RETURN(file_, SocketFile::Bind(fd_, SOCK_DGRAM, address));
    return absl::OkStatus();
  }
  if (bind(fd_, where.get(), where.size) != 0) return CannotListen(address);
  address.port = BoundPort(fd_);
  return absl::OkStatus();
}

void UdpSocket::WaitReadable() {
  std::array<pollfd, 2> fds = {
      {{.fd = fd_, .events = POLLIN, .revents = 0},
       {.fd = wake_fd_, .events = POLLIN, .revents = 0}}};
  poll(fds.data(), fds.size(), -1);
}

void UdpSocket::Nap() {
  pollfd wake = {.fd = wake_fd_, .events = POLLIN, .revents = 0};
  poll(&wake, 1, kNapMs);
}

void UdpSocket::Wake() {
  const uint64_t one = 1;
  (void)!write(wake_fd_, &one, sizeof(one));
}

const std::vector<ReceivedDatagram>& UdpSocket::Receive() {
  received_.clear();
  // The call before has put the lengths of its senders there.
  for (mmsghdr& header : headers_) {
    header.msg_hdr.msg_namelen = sizeof(sockaddr_storage);
  }
  const int n =
      recvmmsg(fd_, headers_.data(), kBatchMax, MSG_DONTWAIT, nullptr);
  for (int i = 0; i < n; ++i) {
    const mmsghdr& header = headers_[i];
    received_.push_back(
        {.bytes = {static_cast<const char*>(slots_[i].iov_base),
                   header.msg_len},
         .truncated = (header.msg_hdr.msg_flags & MSG_TRUNC) != 0,
         .from = header.msg_hdr.msg_namelen == 0
                     ? std::nullopt
                     : IpOf(reinterpret_cast<const sockaddr*>(&senders_[i]))});
  }
  return received_;
}

uint32_t UdpSocket::KernelDrops() const {
  std::array<uint32_t, SK_MEMINFO_VARS> memory{};
  socklen_t size = sizeof(memory);
  if (fd_ < 0 ||
      getsockopt(fd_, SOL_SOCKET, SO_MEMINFO, memory.data(), &size) != 0) {
    return 0;
  }
  return memory[SK_MEMINFO_DROPS];
}

uint64_t UdpSocket::receive_buffer_bytes() const {
  int bytes = 0;
  socklen_t size = sizeof(bytes);
  getsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &bytes, &size);
  // The kernel doubles what it is asked for, for its own overhead.
  return static_cast<uint64_t>(bytes) / 2;
}

}  // namespace roentgen::server
