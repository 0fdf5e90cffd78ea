#include "server/tls/tls_stream.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/sslerr.h>
#include <openssl/x509.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <utility>

#include "server/tls/client_names.h"
#include "server/tls/openssl_error.h"
#include "server/tls/tls_streams.h"

namespace roentgen::server {
namespace {

namespace asio = boost::asio;
using ErrorCode = boost::system::error_code;

// What a record of TLS carries.
constexpr size_t kRecordBytes = size_t{16} * 1024;
// Of a large answer to a fast reader, before others get a turn.
constexpr size_t kTurnBytes = 16 * kRecordBytes;

constexpr std::string_view kPlainAnswer =
    "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\n"
    "Content-Length: 30\r\nConnection: close\r\n\r\n"
    "This listener speaks TLS only\n";

// A socket for OpenSSL: its own raises SIGPIPE.

int SocketOf(BIO* bio) { return *static_cast<const int*>(BIO_get_data(bio)); }

bool IsNotYet() { return errno == EAGAIN || errno == EINTR; }

int SendSome(BIO* bio, const char* bytes, int size) {
  BIO_clear_retry_flags(bio);
  const ssize_t sent = ::send(SocketOf(bio), bytes, static_cast<size_t>(size),
                              MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent < 0 && IsNotYet()) BIO_set_retry_write(bio);
  return static_cast<int>(sent);
}

int ReceiveSome(BIO* bio, char* room, int size) {
  BIO_clear_retry_flags(bio);
  const ssize_t came =
      ::recv(SocketOf(bio), room, static_cast<size_t>(size), MSG_DONTWAIT);
  if (came < 0 && IsNotYet()) BIO_set_retry_read(bio);
  return static_cast<int>(came);
}

long Control(BIO*, int command, long, void*) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

const BIO_METHOD* SocketMethod() {
  static BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK,
                                    "socket without signals");
    BIO_meth_set_write(made, SendSome);
    BIO_meth_set_read(made, ReceiveSome);
    BIO_meth_set_ctrl(made, Control);
    return made;
  }();
  return method;
}

// `descriptor` outlives it.
BIO* NewSocketBio(int& descriptor) {
  BIO* const bio = BIO_new(SocketMethod());
  BIO_set_data(bio, &descriptor);
  BIO_set_init(bio, 1);
  return bio;
}

}  // namespace

TlsStream::TlsStream(Arrived arrived, TlsContext context,
                     TlsApplication application,
                     std::shared_ptr<TlsHandshakes> handshakes)
    : arrived_(std::move(arrived)),
      context_(std::move(context)),
      application_(application),
      handshakes_(std::move(handshakes)),
      descriptor_(socket_.native_handle()),
      ssl_(SSL_new(context_.get())) {
  ErrorCode other_protocol;
  socket_.set_option(asio::ip::tcp::no_delay(true), other_protocol);
  if (ssl_ == nullptr) return;
  BIO* const bio = NewSocketBio(descriptor_);
  SSL_set_bio(ssl_, bio, bio);
}

TlsStream::~TlsStream() { SSL_free(ssl_); }

TlsStream::Needs TlsStream::NeedsAfter(int result) {
  switch (SSL_get_error(ssl_, result)) {
    case SSL_ERROR_WANT_READ:
      return Needs::kBytes;
    case SSL_ERROR_WANT_WRITE:
      return Needs::kRoom;
    case SSL_ERROR_ZERO_RETURN:
      return Needs::kEnd;
    default:
      is_broken_ = true;
      return Needs::kEnd;
  }
}

void TlsStream::Await(Needs needs, std::function<void(bool)> then) {
  socket_.async_wait(
      needs == Needs::kRoom ? StreamSocket::wait_write
                            : StreamSocket::wait_read,
      [then = std::move(then)](const ErrorCode& error) { then(!error); });
}

void TlsStream::Open(Opened done) {
  if (ssl_ == nullptr) return done(false);
  ReadHeader(arrived_,
             [this, done](bool well) { well ? Handshake(done) : done(false); });
}

void TlsStream::Handshake(const Opened& done) {
  ERR_clear_error();
  const int result = SSL_accept(ssl_);
  if (result == 1) return OnHandshake(done);
  const Needs needs = NeedsAfter(result);
  if (needs == Needs::kBytes || needs == Needs::kRoom) {
    return Await(needs, [this, done](bool ready) {
      ready ? Handshake(done) : done(false);
    });
  }
  const bool is_plain = ERR_GET_REASON(ERR_peek_error()) == SSL_R_HTTP_REQUEST;
  handshakes_->Failed(
      ERR_peek_error() == 0 ? "the client left" : TakeOpenSslError(),
      arrived_.peer.address);
  if (is_plain && application_ == TlsApplication::kHttp) AnswerPlain();
  done(false);
}

void TlsStream::OnHandshake(const Opened& done) {
  const unsigned char* protocol = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(ssl_, &protocol, &size);
  is_open_ = true;
  if (application_ == TlsApplication::kGrpc && size == 0) {
    handshakes_->Failed("no ALPN for h2", arrived_.peer.address);
    Close();
    return done(false);
  }
  handshakes_->Done(SSL_get_version(ssl_));
  // One that does not verify has ended the handshake.
  X509* const shown = SSL_get1_peer_certificate(ssl_);
  if (shown != nullptr) arrived_.peer.certificate = NamesOf(shown);
  X509_free(shown);
  done(true);
}

void TlsStream::AnswerPlain() {
  (void)!::send(socket_.native_handle(), kPlainAnswer.data(),
                kPlainAnswer.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

void TlsStream::Read(std::span<char> room, std::shared_ptr<User> user) {
  ReadSome(room, user, /*at_once=*/true);
}

void TlsStream::ReadSome(std::span<char> room,
                         const std::shared_ptr<User>& user, bool at_once) {
  size_t came = 0;
  Needs needs = is_broken_ ? Needs::kEnd : Needs::kNothing;
  while (needs == Needs::kNothing && came < room.size()) {
    // What is not here yet is another read's.
    if (came > 0 && SSL_has_pending(ssl_) == 0) break;
    ERR_clear_error();
    size_t some = 0;
    const int result =
        SSL_read_ex(ssl_, room.data() + came, room.size() - came, &some);
    came += some;
    if (result != 1) needs = NeedsAfter(result);
  }
  if (came == 0 && needs != Needs::kEnd) {
    return Await(needs, [this, room, user](bool ready) {
      ready ? ReadSome(room, user, /*at_once=*/false) : user->OnRead(0);
    });
  }
  if (!at_once) return user->OnRead(came);
  // Users do not expect to be called before this returns.
  asio::post(socket_.get_executor(), [user, came] { user->OnRead(came); });
}

void TlsStream::Write(std::span<const std::string_view> parts,
                      std::shared_ptr<User> user) {
  parts_ = {};
  std::copy(parts.begin(), parts.end(), parts_.begin());
  part_ = 0;
  staged_.clear();
  WriteSome(user, /*at_once=*/true);
}

void TlsStream::WriteSome(const std::shared_ptr<User>& user, bool at_once) {
  Needs needs = is_broken_ ? Needs::kEnd : Needs::kNothing;
  size_t turn = 0;
  std::string_view next = Next();
  for (; needs == Needs::kNothing && !next.empty() && turn < kTurnBytes;
       next = Next()) {
    ERR_clear_error();
    size_t some = 0;
    const int result = SSL_write_ex(ssl_, next.data(), next.size(), &some);
    Took(some);
    turn += some;
    if (result != 1) needs = NeedsAfter(result);
  }
  const bool goes_on = needs == Needs::kNothing && !next.empty();
  if (goes_on) {
    return asio::post(socket_.get_executor(),
                      [this, user] { WriteSome(user, /*at_once=*/false); });
  }
  if (needs == Needs::kBytes || needs == Needs::kRoom) {
    return Await(needs, [this, user](bool ready) {
      ready ? WriteSome(user, /*at_once=*/false) : user->OnWritten(false);
    });
  }
  const bool all = needs == Needs::kNothing;
  if (!at_once) return user->OnWritten(all);
  asio::post(socket_.get_executor(), [user, all] { user->OnWritten(all); });
}

std::string_view TlsStream::Next() {
  if (!staged_.empty()) return staged_;
  while (part_ < parts_.size() && parts_[part_].empty()) ++part_;
  if (part_ == parts_.size()) return {};
  const bool is_last = std::all_of(parts_.begin() + part_ + 1, parts_.end(),
                                   [](auto part) { return part.empty(); });
  if (is_last || parts_[part_].size() >= kRecordBytes) return parts_[part_];
  for (size_t i = part_; i < parts_.size(); ++i) {
    const size_t some =
        std::min(parts_[i].size(), kRecordBytes - staged_.size());
    staged_ += parts_[i].substr(0, some);
    parts_[i].remove_prefix(some);
  }
  return staged_;
}

void TlsStream::Took(size_t bytes) {
  if (!staged_.empty()) {
    staged_.erase(0, bytes);
  } else if (bytes > 0) {
    parts_[part_].remove_prefix(bytes);
  }
}

void TlsStream::SayEnd() {
  if (!is_open_ || is_broken_) return;
  ERR_clear_error();
  if (SSL_shutdown(ssl_) < 0) ERR_clear_error();
}

void TlsStream::EndWriting() {
  SayEnd();
  ErrorCode ignored;
  socket_.shutdown(StreamSocket::shutdown_send, ignored);
}

void TlsStream::Close() {
  if (!socket_.is_open()) return;
  SayEnd();
  is_broken_ = true;
  ErrorCode ignored;
  socket_.shutdown(StreamSocket::shutdown_both, ignored);
  socket_.close(ignored);
}

// Without the word that ends a stream: that alone tells that some is missing.
void TlsStream::Abort() {
  is_broken_ = true;
  ErrorCode ignored;
  socket_.set_option(StreamSocket::linger(true, 0), ignored);
  socket_.close(ignored);
}

}  // namespace roentgen::server
