// A datagram socket, UDP or Unix, that receives many datagrams per system call.
//
// Threads: Receive belongs to one thread; Wake and KernelDrops may be called
// from any.
#ifndef ROENTGEN_SERVER_UDP_UDP_SOCKET_H_
#define ROENTGEN_SERVER_UDP_UDP_SOCKET_H_

#include <sys/socket.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "base/ip_network.h"
#include "base/listen_address.h"
#include "base/socket_file.h"

namespace roentgen::server {

struct ReceivedDatagram {
  std::string_view bytes;  // Until the next Receive.
  bool truncated = false;
  std::optional<IpBytes> from;  // Nothing: a Unix socket.
};

class UdpSocket {
 public:
  // Datagrams per Receive.
  static constexpr size_t kBatchMax = 128;

  UdpSocket();
  ~UdpSocket();
  UdpSocket(const UdpSocket&) = delete;
  UdpSocket& operator=(const UdpSocket&) = delete;

  // Binds `address` and sets its port. Asks for a receive buffer of
  // `receive_buffer_bytes`.
  absl::Status Open(ListenAddress& address, size_t receive_buffer_bytes);

  // Waits until a datagram is there or Wake is called.
  void WaitReadable();
  // Lets datagrams gather; ends early on Wake.
  void Nap();
  // Ends all waits, now and later.
  void Wake();

  // What is there, without waiting.
  const std::vector<ReceivedDatagram>& Receive();

  // Datagrams the kernel dropped because the buffer was full, modulo 2^32.
  uint32_t KernelDrops() const;
  uint64_t receive_buffer_bytes() const;

 private:
  int fd_ = -1;
  SocketFile file_;
  int wake_fd_ = -1;
  std::unique_ptr<char[]> buffer_;
  std::vector<mmsghdr> headers_;
  std::vector<sockaddr_storage> senders_;
  std::vector<iovec> slots_;
  std::vector<ReceivedDatagram> received_;
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_UDP_UDP_SOCKET_H_
