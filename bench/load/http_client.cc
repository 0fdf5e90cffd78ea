#include "bench/load/http_client.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace roentgen::bench {

HttpClient::HttpClient(const std::string& host, int port) {
  socket_ = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  inet_pton(AF_INET, host.c_str(), &address.sin_addr);
  if (connect(socket_, reinterpret_cast<sockaddr*>(&address),
              sizeof(address)) != 0) {
    std::perror("connect");
    std::exit(1);
  }
  const int on = 1;
  setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

HttpClient::~HttpClient() { close(socket_); }

bool HttpClient::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return true;
}

int HttpClient::Post(const std::string& path, std::string_view body,
                     std::string& answer, std::string_view content_type) {
  std::string request =
      "POST " + path +
      " HTTP/1.1\r\nHost: bench\r\nContent-Type: " + std::string(content_type) +
      "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n";
  request += body;
  if (!Send(request)) return 0;
  buffer_.clear();
  size_t head_end = std::string::npos;
  size_t length = 0;
  char chunk[65536];
  while (head_end == std::string::npos ||
         buffer_.size() < head_end + 4 + length) {
    const ssize_t n = recv(socket_, chunk, sizeof(chunk), 0);
    if (n <= 0) return 0;
    buffer_.append(chunk, static_cast<size_t>(n));
    if (head_end != std::string::npos) continue;
    head_end = buffer_.find("\r\n\r\n");
    if (head_end == std::string::npos) continue;
    const char* field = strcasestr(buffer_.c_str(), "\r\ncontent-length:");
    if (field != nullptr) length = std::strtoull(field + 17, nullptr, 10);
  }
  answer.assign(buffer_, head_end + 4, length);
  return std::atoi(buffer_.c_str() + 9);
}

}  // namespace roentgen::bench
