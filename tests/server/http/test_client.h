// A blunt HTTP client for tests: sends bytes, reads responses.
//
// Threads: thread-compatible.
#ifndef ROENTGEN_TESTS_SERVER_HTTP_TEST_CLIENT_H_
#define ROENTGEN_TESTS_SERVER_HTTP_TEST_CLIENT_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace roentgen::server {

struct TestResponse {
  int status = 0;                              // 0: the connection ended first.
  std::map<std::string, std::string> headers;  // Names in lower case.
  std::string body;
  bool whole = false;  // The body came to its end, as its head says.
};

// How a connection ended.
enum class EndOfBytes { kOrderly, kReset, kNone };

class TestClient {
 public:
  // Connects to 127.0.0.1. All bytes are masked with `mask`, both ways.
  explicit TestClient(uint16_t port, char mask = 0);
  // Over a socket that is connected, which it closes.
  static TestClient Over(int fd) { return TestClient(FromFd{fd}); }
  ~TestClient();
  TestClient(const TestClient&) = delete;
  TestClient& operator=(const TestClient&) = delete;

  bool connected() const { return fd_ >= 0; }
  // False when the other side has gone.
  bool Send(std::string_view bytes);
  // The next response, interim ones too. Gives up after ten seconds.
  TestResponse Read();
  // The data of the next chunk of a body, after ReadHead; empty: the last one,
  // or the end of the connection.
  std::string ReadChunk();
  // The next `n` bytes, or what came before the end.
  std::string ReadBytes(size_t n);
  // What comes until the connection ends.
  std::string ReadRest();
  // Known after the last byte was read.
  EndOfBytes end() const { return end_; }
  // One without a body, as to HEAD.
  TestResponse ReadHead();
  // Whether the server closes without another byte.
  bool IsClosedByServer();
  void Close();
  // What comes can still be read.
  void StopSending();

 private:
  struct FromFd {
    int fd;
  };
  explicit TestClient(FromFd from) : fd_(from.fd) {}

  bool Fill();
  // A line without its end; nothing when the connection ended first.
  std::optional<std::string> ReadLine();

  int fd_ = -1;
  char mask_ = 0;
  std::string buffer_;
  EndOfBytes end_ = EndOfBytes::kNone;
};

// "POST path" with a Content-Length.
std::string Post(std::string_view path, std::string_view body,
                 std::string_view extra_headers = "");

}  // namespace roentgen::server

#endif  // ROENTGEN_TESTS_SERVER_HTTP_TEST_CLIENT_H_
