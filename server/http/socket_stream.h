// A stream socket as a ByteStream: TCP or Unix. Part of HttpServer; includes
// Asio, so only files of this folder may include it.
//
// Threads: SocketStream as ByteStream, StreamMaker thread-safe.
#ifndef ROENTGEN_SERVER_HTTP_SOCKET_STREAM_H_
#define ROENTGEN_SERVER_HTTP_SOCKET_STREAM_H_

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <memory>

#include "server/http/byte_stream.h"

namespace roentgen::server {

using IoContext = boost::asio::io_context;
// The concrete executor: no type erasure per operation.
using StreamSocket =
    boost::asio::basic_stream_socket<boost::asio::generic::stream_protocol,
                                     IoContext::executor_type>;

class SocketStream final : public ByteStream {
 public:
  explicit SocketStream(StreamSocket socket);

  bool PeerIsLocal() const override;
  std::string PeerAddress() const override;
  void Read(std::span<char> room, std::shared_ptr<User> user) override;
  void Write(std::span<const std::string_view> parts,
             std::shared_ptr<User> user) override;
  void EndWriting() override;
  void Close() override;
  void Abort() override;

 private:
  StreamSocket socket_;
};

// Puts something around the sockets that a listener accepts.
class StreamMaker {
 public:
  virtual ~StreamMaker() = default;
  virtual std::unique_ptr<ByteStream> Make(StreamSocket socket) const = 0;
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_HTTP_SOCKET_STREAM_H_
