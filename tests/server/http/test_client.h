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
};

class TestClient {
 public:
  // Connects to 127.0.0.1.
  explicit TestClient(uint16_t port);
  ~TestClient();
  TestClient(const TestClient&) = delete;
  TestClient& operator=(const TestClient&) = delete;

  bool connected() const { return fd_ >= 0; }
  // False when the other side has gone.
  bool Send(std::string_view bytes);
  // The next response, interim ones too. Gives up after ten seconds.
  TestResponse Read();
  // One without a body, as to HEAD.
  TestResponse ReadHead();
  // Whether the server closes without another byte.
  bool IsClosedByServer();
  void Close();

 private:
  bool Fill();

  int fd_ = -1;
  std::string buffer_;
};

// "POST path" with a Content-Length.
std::string Post(std::string_view path, std::string_view body,
                 std::string_view extra_headers = "");

}  // namespace roentgen::server

#endif  // ROENTGEN_TESTS_SERVER_HTTP_TEST_CLIENT_H_
