// A stream socket as a ByteStream: TCP or Unix. Part of HttpServer; includes
// Asio, so only files of servers' machines may include it.
//
// Threads: SocketStream as ByteStream, StreamMaker thread-safe.
#ifndef ROENTGEN_SERVER_HTTP_SOCKET_STREAM_H_
#define ROENTGEN_SERVER_HTTP_SOCKET_STREAM_H_

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>

#include "server/auth/peer.h"
#include "server/http/byte_stream.h"

namespace roentgen::server {

using IoContext = boost::asio::io_context;
// The concrete executor: no type erasure per operation.
using StreamSocket =
    boost::asio::basic_stream_socket<boost::asio::generic::stream_protocol,
                                     IoContext::executor_type>;

// Who is connected. Of a Unix socket that is the user of who connected.
Peer PeerOfSocket(const StreamSocket& socket);

// A socket that was accepted.
struct Arrived {
  StreamSocket socket;
  Peer peer;
  // It begins with a PROXY header, which says whose connection it is.
  bool has_header = false;
};

class SocketStream final : public ByteStream {
 public:
  explicit SocketStream(Arrived arrived);
  explicit SocketStream(StreamSocket socket);

  void Open(Opened done) override;
  const Peer& peer() const override { return arrived_.peer; }
  void Read(std::span<char> room, std::shared_ptr<User> user) override;
  void Write(std::span<const std::string_view> parts,
             std::shared_ptr<User> user) override;
  void EndWriting() override;
  void Close() override;
  void Abort() override;

 private:
  Arrived arrived_;
  StreamSocket& socket_ = arrived_.socket;
};

// Reads the PROXY header of `arrived`, when it has one, and puts what it says
// into its peer; `done` hears whether that went well, perhaps at once.
// `arrived` lives until then, or its socket is closed first.
void ReadHeader(Arrived& arrived, ByteStream::Opened done);

// Puts something around the sockets that a listener accepts.
class StreamMaker {
 public:
  virtual ~StreamMaker() = default;
  virtual std::unique_ptr<ByteStream> Make(Arrived arrived) const = 0;
  // Whether opening a stream takes more than is there at once.
  virtual bool HasHandshake() const = 0;
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_HTTP_SOCKET_STREAM_H_
