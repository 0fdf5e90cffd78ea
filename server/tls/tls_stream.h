// One connection with TLS. Part of TlsStreams; includes Asio.
//
// OpenSSL reads and writes the socket itself, and Asio only says when: nothing
// lies in buffers between the two, and an idle connection holds none.
//
// Threads: as ByteStream.
#ifndef ROENTGEN_SERVER_TLS_TLS_STREAM_H_
#define ROENTGEN_SERVER_TLS_TLS_STREAM_H_

#include <openssl/types.h>

#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "server/http/socket_stream.h"
#include "server/tls/tls_context.h"

namespace roentgen::server {

class TlsHandshakes;

class TlsStream final : public ByteStream {
 public:
  TlsStream(Arrived arrived, TlsContext context, TlsApplication application,
            std::shared_ptr<TlsHandshakes> handshakes);
  ~TlsStream() override;

  void Open(Opened done) override;
  const Peer& peer() const override { return arrived_.peer; }
  void Read(std::span<char> room, std::shared_ptr<User> user) override;
  void Write(std::span<const std::string_view> parts,
             std::shared_ptr<User> user) override;
  void EndWriting() override;
  void Close() override;
  void Abort() override;

 private:
  // What OpenSSL needs to go on, after an operation that returned `result`.
  enum class Needs { kNothing, kRoom, kBytes, kEnd };
  Needs NeedsAfter(int result);
  // Goes on once the socket is ready; `then` hears whether it is.
  void Await(Needs needs, std::function<void(bool)> then);

  void Handshake(const Opened& done);
  void OnHandshake(const Opened& done);
  // Who spoke HTTP without TLS reads why there is no answer.
  void AnswerPlain();
  void ReadSome(std::span<char> room, const std::shared_ptr<User>& user,
                bool at_once);
  void WriteSome(const std::shared_ptr<User>& user, bool at_once);
  // What comes next: of one part, or of several that are short; empty: all was
  // written. The same as before until some was taken.
  std::string_view Next();
  void Took(size_t bytes);
  // Tells OpenSSL's peer that no more comes, if it still can.
  void SayEnd();

  Arrived arrived_;
  StreamSocket& socket_ = arrived_.socket;
  const TlsContext context_;
  const TlsApplication application_;
  const std::shared_ptr<TlsHandshakes> handshakes_;
  int descriptor_;  // What OpenSSL reads and writes.
  SSL* ssl_ = nullptr;
  bool is_open_ = false;    // The handshake is done.
  bool is_broken_ = false;  // OpenSSL must not be asked any more.

  // Being written.
  std::array<std::string_view, kPartsMax> parts_;
  size_t part_ = 0;     // The first with bytes left.
  std::string staged_;  // What is left of a record made of several parts.
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_TLS_TLS_STREAM_H_
