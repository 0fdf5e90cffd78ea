// One keep-alive HTTP connection, just enough for load tests.
//
// Threads: one thread per client.
#ifndef ROENTGEN_BENCH_LOAD_HTTP_CLIENT_H_
#define ROENTGEN_BENCH_LOAD_HTTP_CLIENT_H_

#include <string>
#include <string_view>

namespace roentgen::bench {

class HttpClient {
 public:
  // Ends the program when it cannot connect.
  HttpClient(const std::string& host, int port);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // Posts; sets `answer` to the body. Returns the status code, 0 when the
  // connection broke.
  int Post(const std::string& path, std::string_view body, std::string& answer,
           std::string_view content_type = "application/json");

 private:
  bool Send(std::string_view bytes);

  int socket_ = -1;
  std::string buffer_;
};

}  // namespace roentgen::bench

#endif  // ROENTGEN_BENCH_LOAD_HTTP_CLIENT_H_
