#include "server/http/proxy_header.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/read.hpp>
#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include "base/limits.h"
#include "base/status_macros.h"

namespace roentgen::server {
namespace {

namespace asio = boost::asio;
using ErrorCode = boost::system::error_code;
using Socket = asio::basic_stream_socket<asio::generic::stream_protocol,
                                         asio::io_context::executor_type>;

constexpr std::string_view kSignature("\r\n\r\n\0\r\nQUIT\n", 12);

// Version and command.
constexpr unsigned char kLocal = 0x20;
constexpr unsigned char kProxy = 0x21;
// Family and transport.
constexpr unsigned char kUnspecified = 0x00;
constexpr unsigned char kTcp4 = 0x11;
constexpr unsigned char kTcp6 = 0x21;
constexpr unsigned char kUnixStream = 0x31;
// Two addresses and two ports.
constexpr size_t kTcp4Bytes = 12;
constexpr size_t kTcp6Bytes = 36;

absl::Status Bad(const char* why) {
  return absl::InvalidArgumentError(std::string("PROXY header: ") + why);
}

unsigned char ByteAt(std::string_view text, size_t at) {
  return static_cast<unsigned char>(text[at]);
}

// A header as it comes.
struct Reading : std::enable_shared_from_this<Reading> {
  Reading(Socket& s, std::function<void(absl::StatusOr<ProxiedPeer>)> d)
      : socket(s), done(std::move(d)), header(kProxyHeadBytes, '\0') {}

  void Begin() {
    Read(0, [](Reading& self) {
      const absl::StatusOr<size_t> rest = ProxyHeaderRest(self.header);
      if (!rest.ok()) return self.done(rest.status());
      self.header.resize(kProxyHeadBytes + *rest);
      self.Read(kProxyHeadBytes, [](Reading& whole) {
        whole.done(ParseProxyHeader(whole.header));
      });
    });
  }

  void Read(size_t from, void (*then)(Reading&)) {
    asio::async_read(
        socket, asio::buffer(header.data() + from, header.size() - from),
        [self = shared_from_this(), then](const ErrorCode& error, size_t) {
          if (!error) return then(*self);
          self->done(absl::UnavailableError("no whole PROXY header came"));
        });
  }

  Socket& socket;
  const std::function<void(absl::StatusOr<ProxiedPeer>)> done;
  std::string header;
};

}  // namespace

absl::StatusOr<size_t> ProxyHeaderRest(std::string_view head) {
  if (head.size() < kProxyHeadBytes || !head.starts_with(kSignature)) {
    return Bad("there is none of version 2");
  }
  const unsigned char command = ByteAt(head, 12);
  if (command != kLocal && command != kProxy) return Bad("unknown command");
  const size_t rest = size_t{ByteAt(head, 14)} << 8 | ByteAt(head, 15);
  if (kProxyHeadBytes + rest > limits::kProxyHeaderBytesMax) {
    return Bad("it is too long");
  }
  return rest;
}

absl::StatusOr<ProxiedPeer> ParseProxyHeader(std::string_view header) {
  RTG_ASSIGN_OR_RETURN(const size_t rest, ProxyHeaderRest(header));
  if (header.size() != kProxyHeadBytes + rest) return Bad("it is not whole");
  if (ByteAt(header, 12) == kLocal) return ProxiedPeer();
  const char* const addresses = header.data() + kProxyHeadBytes;
  switch (ByteAt(header, 13)) {
    case kUnspecified:
    case kUnixStream:
      return ProxiedPeer();
    case kTcp4: {
      if (rest < kTcp4Bytes) return Bad("an address is cut");
      sockaddr_in source{};
      source.sin_family = AF_INET;
      std::memcpy(&source.sin_addr, addresses, sizeof(source.sin_addr));
      return IpOf(reinterpret_cast<const sockaddr*>(&source));
    }
    case kTcp6: {
      if (rest < kTcp6Bytes) return Bad("an address is cut");
      IpBytes source{};
      std::memcpy(source.data(), addresses, source.size());
      return source;
    }
    default:
      return Bad("it is of no stream");
  }
}

void ReadProxyHeader(Socket& socket,
                     std::function<void(absl::StatusOr<ProxiedPeer>)> done) {
  std::make_shared<Reading>(socket, std::move(done))->Begin();
}

}  // namespace roentgen::server
