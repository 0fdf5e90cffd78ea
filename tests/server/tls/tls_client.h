// A blunt client of TLS for tests: OpenSSL over a blocking socket.
//
// Threads: thread-compatible.
#ifndef ROENTGEN_TESTS_SERVER_TLS_TLS_CLIENT_H_
#define ROENTGEN_TESTS_SERVER_TLS_TLS_CLIENT_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace roentgen::server {

struct TlsClientOptions {
  std::string authority;  // PEM; empty: whoever answers is trusted.
  std::string certificate;
  std::string key;
  int version = 0;  // Of OpenSSL, the only one; 0: any.
  std::string ciphers;
  std::vector<std::string> protocols;  // Offered by ALPN.
  std::string host;                    // That the server must be.
  std::string before;                  // Sent before the handshake.
};

class TlsClient {
 public:
  // Connects to 127.0.0.1 and shakes hands.
  explicit TlsClient(uint16_t port, const TlsClientOptions& options = {});
  ~TlsClient();
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

  bool connected() const { return error_.empty(); }
  // Why it is not connected, or not any more.
  const std::string& error() const { return error_; }
  std::string version() const;
  std::string cipher() const;
  std::string protocol() const;
  // The server's certificate, PEM.
  std::string certificate() const;

  bool Send(std::string_view bytes);
  // The next `n` bytes, or what came before the end.
  std::string Read(size_t n);
  // The next response: its status line, and its body (by Content-Length).
  struct Response {
    std::string head;
    std::string body;
  };
  Response ReadResponse();
  // What comes until the end; whether that was an orderly one of TLS.
  std::string ReadRest();
  bool had_orderly_end() const { return had_orderly_end_; }
  // Whether the server lets the session be resumed.
  bool HasTicket();
  // Whether the server lets the handshake be done again (TLS 1.2).
  bool Renegotiates();

 private:
  struct State;

  void Fail();

  std::unique_ptr<State> state_;
  std::string error_;
  std::string buffer_;
  bool had_orderly_end_ = false;
};

}  // namespace roentgen::server

#endif  // ROENTGEN_TESTS_SERVER_TLS_TLS_CLIENT_H_
