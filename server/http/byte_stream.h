// The bytes of one connection, whatever carries them: a socket, or a socket
// with something around it that encrypts.
//
// Errors are not told apart: whatever goes wrong, the connection is over.
//
// Threads: confined to the I/O thread of its connection, where it also calls
// its user.
#ifndef ROENTGEN_SERVER_HTTP_BYTE_STREAM_H_
#define ROENTGEN_SERVER_HTTP_BYTE_STREAM_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string_view>

#include "server/auth/peer.h"

namespace roentgen::server {

class ByteStream {
 public:
  // Who reads and writes; lives at least until it was told of everything that
  // it began.
  class User {
   public:
    // How many bytes have arrived; 0: no more will.
    virtual void OnRead(size_t bytes) = 0;
    // Whether all was written.
    virtual void OnWritten(bool all) = 0;

   protected:
    ~User() = default;
  };

  virtual ~ByteStream() = default;

  // What comes before the first byte of its user: a header, a handshake. Once,
  // before all below; `done` may run at once, hears whether that went well, and
  // keeps the stream alive.
  using Opened = std::function<void(bool well)>;
  virtual void Open(Opened done) { done(true); }
  // The other side; all of it once the stream is open.
  virtual const Peer& peer() const = 0;
  // Reads some bytes into `room`, which is not empty and stays until OnRead.
  // One at a time.
  virtual void Read(std::span<char> room, std::shared_ptr<User> user) = 0;
  // Writes `parts`, kPartsMax at most, one after the other; their bytes stay
  // until OnWritten. One at a time.
  virtual void Write(std::span<const std::string_view> parts,
                     std::shared_ptr<User> user) = 0;
  // After what was written the peer sees the end. Reading goes on.
  virtual void EndWriting() = 0;
  // Ends both ways, and what was begun. What was written still arrives.
  virtual void Close() = 0;
  // As Close, but so that the peer sees that something is missing, where its
  // kind of stream can tell (a Unix socket cannot).
  virtual void Abort() = 0;

  static constexpr size_t kPartsMax = 3;
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_HTTP_BYTE_STREAM_H_
