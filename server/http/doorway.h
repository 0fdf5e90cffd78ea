// A socket that listens, TCP or Unix, and the loop that accepts. Includes Asio.
//
// Threads: confined to the thread of its I/O, once that runs.
#ifndef ROENTGEN_SERVER_HTTP_DOORWAY_H_
#define ROENTGEN_SERVER_HTTP_DOORWAY_H_

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <functional>
#include <memory>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/listen_address.h"
#include "base/socket_file.h"
#include "server/http/socket_stream.h"

namespace roentgen::server {

using SteadyTimer = boost::asio::basic_waitable_timer<
    std::chrono::steady_clock,
    boost::asio::wait_traits<std::chrono::steady_clock>,
    IoContext::executor_type>;

class Doorway {
 public:
  // Where the next connection will live.
  using NextIo = std::function<IoContext&()>;
  // Gets that connection.
  using Welcome = std::function<void(StreamSocket)>;

  // Listens; `address` gets the chosen port. Unavailable names the address and
  // the protocol.
  static absl::StatusOr<std::unique_ptr<Doorway>> Open(
      IoContext& io, ListenAddress& address, std::string_view protocol);
  Doorway(const Doorway&) = delete;
  Doorway& operator=(const Doorway&) = delete;

  // Accepts until Close, or until its I/O ends, which it outlives.
  void Start(NextIo next_io, Welcome welcome);
  void Close();

 private:
  using Acceptor =
      boost::asio::basic_socket_acceptor<boost::asio::generic::stream_protocol,
                                         IoContext::executor_type>;

  explicit Doorway(IoContext& io) : acceptor_(io), pause_(io) {}

  void Accept();
  void OnError(const boost::system::error_code& error);

  Acceptor acceptor_;
  SocketFile file_;  // Of a Unix socket.
  SteadyTimer pause_;
  NextIo next_io_;
  Welcome welcome_;
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_HTTP_DOORWAY_H_
