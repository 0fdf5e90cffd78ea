#include "tests/server/http/test_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <utility>

namespace roentgen::server {
namespace {

constexpr int kPatienceMs = 10'000;

// "Name: value" lines after the status line.
std::map<std::string, std::string> ParseHeaders(std::string_view head) {
  std::map<std::string, std::string> out;
  size_t at = head.find("\r\n");
  while (at != head.npos) {
    head.remove_prefix(at + 2);
    at = head.find("\r\n");
    const std::string_view line = head.substr(0, at);
    const size_t colon = line.find(": ");
    if (colon == line.npos) continue;
    std::string name(line.substr(0, colon));
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char c) { return std::tolower(c); });
    out[name] = line.substr(colon + 2);
  }
  return out;
}

}  // namespace

TestClient::TestClient(uint16_t port, char mask) : mask_(mask) {
  fd_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)) !=
      0) {
    Close();
  }
}

TestClient::~TestClient() { Close(); }

void TestClient::Close() {
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
}

void TestClient::StopSending() { shutdown(fd_, SHUT_WR); }

bool TestClient::Send(std::string_view plain) {
  std::string masked(plain);
  for (char& c : masked) c ^= mask_;
  std::string_view bytes = masked;
  while (!bytes.empty()) {
    const ssize_t n = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return true;
}

bool TestClient::Fill() {
  pollfd ready = {.fd = fd_, .events = POLLIN, .revents = 0};
  if (poll(&ready, 1, kPatienceMs) <= 0) return false;
  char bytes[65536];
  const ssize_t n = recv(fd_, bytes, sizeof(bytes), 0);
  if (n < 0 && errno == ECONNRESET) end_ = EndOfBytes::kReset;
  if (n == 0) end_ = EndOfBytes::kOrderly;
  if (n <= 0) return false;
  for (ssize_t i = 0; i < n; ++i) bytes[i] ^= mask_;
  buffer_.append(bytes, static_cast<size_t>(n));
  return true;
}

std::optional<std::string> TestClient::ReadLine() {
  size_t end;
  while ((end = buffer_.find("\r\n")) == std::string::npos) {
    if (!Fill()) return std::nullopt;
  }
  std::string line = buffer_.substr(0, end);
  buffer_.erase(0, end + 2);
  return line;
}

std::string TestClient::ReadBytes(size_t n) {
  while (buffer_.size() < n && Fill()) {
  }
  std::string bytes = buffer_.substr(0, n);
  buffer_.erase(0, bytes.size());
  return bytes;
}

std::string TestClient::ReadRest() {
  while (Fill()) {
  }
  return std::exchange(buffer_, {});
}

std::string TestClient::ReadChunk() {
  const std::optional<std::string> size = ReadLine();
  if (!size) return {};
  std::string data = ReadBytes(std::stoul(*size, nullptr, 16));
  return ReadLine() == "" ? data : std::string();
}

TestResponse TestClient::ReadHead() {
  size_t end;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
    if (!Fill()) return {};
  }
  const std::string head = buffer_.substr(0, end + 2);
  buffer_.erase(0, end + 4);
  TestResponse response;
  response.status = std::stoi(head.substr(9, 3));
  response.headers = ParseHeaders(head);
  return response;
}

TestResponse TestClient::Read() {
  TestResponse response = ReadHead();
  if (response.headers.contains("transfer-encoding")) {
    while (true) {
      const std::string chunk = ReadChunk();
      if (chunk.empty()) break;
      response.body += chunk;
    }
    response.whole = end_ == EndOfBytes::kNone;
    return response;
  }
  const auto length = response.headers.find("content-length");
  if (length == response.headers.end()) return response;
  const size_t size = std::stoul(length->second);
  while (buffer_.size() < size) {
    if (!Fill()) return {};
  }
  response.body = buffer_.substr(0, size);
  buffer_.erase(0, size);
  response.whole = true;
  return response;
}

bool TestClient::IsClosedByServer() {
  if (!buffer_.empty()) return false;
  pollfd ready = {.fd = fd_, .events = POLLIN, .revents = 0};
  if (poll(&ready, 1, kPatienceMs) <= 0) return false;
  char byte;
  return recv(fd_, &byte, 1, 0) <= 0;
}

std::string Post(std::string_view path, std::string_view body,
                 std::string_view extra_headers) {
  return "POST " + std::string(path) + " HTTP/1.1\r\nHost: test\r\n" +
         std::string(extra_headers) +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         std::string(body);
}

}  // namespace roentgen::server
