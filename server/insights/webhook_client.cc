#include "server/insights/webhook_client.h"

#include <openssl/ssl.h>

#include <algorithm>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/host_name_verification.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/none.hpp>
#include <chrono>
#include <functional>
#include <optional>
#include <stop_token>
#include <utility>

#include "base/status_macros.h"

namespace roentgen::server {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using ErrorCode = boost::system::error_code;
using TlsStream = asio::ssl::stream<tcp::socket&>;

constexpr std::chrono::milliseconds kCheckEvery{50};
constexpr unsigned kHttpVersion = 11;

absl::Status BadUrl(std::string_view why) {
  return absl::InvalidArgumentError("webhook URL " + std::string(why));
}

bool IsPort(std::string_view text) {
  return !text.empty() && text.size() <= 5 &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return c >= '0' && c <= '9'; });
}

// One request: runs operations one after the other, and gives up when the
// call says so.
class Exchange {
 public:
  explicit Exchange(const Call& call)
      : call_(call), wake_(call.cancelled(), Wake{io_}) {}

  absl::Status Connect(const WebhookUrl& url) {
    tcp::resolver resolver(io_);
    tcp::resolver::results_type found;
    RTG_RETURN_IF_ERROR(Await("lookup", [&](auto done) {
      resolver.async_resolve(
          url.host, url.port,
          [&found, done](ErrorCode error, tcp::resolver::results_type r) {
            found = std::move(r);
            done(error);
          });
    }));
    return Await("connect", [&](auto done) {
      asio::async_connect(
          socket_, found,
          [done](ErrorCode error, const tcp::endpoint&) { done(error); });
    });
  }

  absl::Status Handshake(TlsStream& stream) {
    return Await("TLS handshake", [&](auto done) {
      stream.async_handshake(asio::ssl::stream_base::client, done);
    });
  }

  template <typename Stream>
  absl::Status Send(Stream& stream, const http::request<http::string_body>& r) {
    RTG_RETURN_IF_ERROR(Await("write", [&](auto done) {
      http::async_write(stream, r,
                        [done](ErrorCode error, size_t) { done(error); });
    }));
    boost::beast::flat_buffer buffer;
    http::response_parser<http::string_body> answer;
    // The head is all that is read.
    answer.body_limit(boost::none);
    RTG_RETURN_IF_ERROR(Await("read", [&](auto done) {
      http::async_read_header(stream, buffer, answer,
                              [done](ErrorCode error, size_t) { done(error); });
    }));
    const unsigned status = answer.get().result_int();
    if (status >= 200 && status < 300) return absl::OkStatus();
    return absl::UnavailableError("webhook answered " + std::to_string(status));
  }

  tcp::socket& socket() { return socket_; }

 private:
  template <typename Start>
  absl::Status Await(std::string_view what, const Start& start) {
    std::optional<ErrorCode> result;
    start([&result](ErrorCode error) { result = error; });
    absl::Status stopped;
    io_.restart();
    while (!result) {
      io_.run_one_for(kCheckEvery);
      if (!stopped.ok() || result) continue;
      stopped = call_.Check();
      if (!stopped.ok()) {
        // What is under way ends with an error, soon.
        ErrorCode ignored;
        socket_.close(ignored);
      }
    }
    RTG_RETURN_IF_ERROR(stopped);
    if (!*result) return absl::OkStatus();
    return absl::UnavailableError("webhook: " + std::string(what) + ": " +
                                  result->message());
  }

  // Ends the wait for the next look at the call.
  struct Wake {
    asio::io_context& io;
    void operator()() const {
      asio::post(io, [] {});
    }
  };

  const Call& call_;
  asio::io_context io_;
  const std::stop_callback<Wake> wake_;
  tcp::socket socket_{io_};
};

http::request<http::string_body> RequestOf(const WebhookUrl& url,
                                           const std::string& body) {
  http::request<http::string_body> request(http::verb::post, url.target,
                                           kHttpVersion, body);
  const bool v6 = url.host.find(':') != std::string::npos;
  const std::string host = v6 ? '[' + url.host + ']' : url.host;
  const bool usual = url.port == (url.tls ? "443" : "80");
  request.set(http::field::host, usual ? host : host + ':' + url.port);
  request.set(http::field::content_type, "application/json");
  request.set(http::field::user_agent, "roentgen");
  request.set(http::field::connection, "close");
  request.prepare_payload();
  return request;
}

absl::Status SetUpTls(const std::string& ca_file, asio::ssl::context& context) {
  ErrorCode error;
  if (ca_file.empty()) {
    context.set_default_verify_paths(error);
  } else {
    context.load_verify_file(ca_file, error);
  }
  if (!error) context.set_verify_mode(asio::ssl::verify_peer, error);
  if (!error) return absl::OkStatus();
  return absl::UnavailableError("webhook: certificates: " + error.message());
}

}  // namespace

absl::StatusOr<WebhookUrl> ParseWebhookUrl(std::string_view url) {
  WebhookUrl out;
  if (url.starts_with("https://")) {
    out.tls = true;
    url.remove_prefix(8);
  } else if (url.starts_with("http://")) {
    url.remove_prefix(7);
  } else {
    return BadUrl("must begin with http:// or https://");
  }
  if (std::any_of(url.begin(), url.end(),
                  [](char c) { return c <= ' ' || c == '\x7F'; })) {
    return BadUrl("has spaces or call characters");
  }
  url = url.substr(0, url.find('#'));
  const size_t path = std::min(url.find_first_of("/?"), url.size());
  std::string_view authority = url.substr(0, path);
  out.target = url.substr(path);
  if (!out.target.starts_with('/')) out.target.insert(0, "/");
  if (authority.find('@') != std::string_view::npos) {
    return BadUrl("must not have a user");
  }
  out.port = out.tls ? "443" : "80";
  size_t host_end = authority.find(':');
  if (authority.starts_with('[')) {
    const size_t bracket = authority.find(']');
    if (bracket == std::string_view::npos) return BadUrl("has no host");
    out.host = authority.substr(1, bracket - 1);
    host_end = bracket + 1;
  } else {
    out.host = authority.substr(0, host_end);
  }
  if (out.host.empty()) return BadUrl("has no host");
  if (host_end < authority.size()) {
    const std::string_view port = authority.substr(host_end + 1);
    if (authority[host_end] != ':' || !IsPort(port)) {
      return BadUrl("has a bad port");
    }
    out.port = port;
  }
  return out;
}

absl::Status WebhookClient::Post(const std::string& url,
                                 const std::string& body, const Call& call) {
  RTG_ASSIGN_OR_RETURN(const WebhookUrl to, ParseWebhookUrl(url));
  const http::request<http::string_body> request = RequestOf(to, body);
  Exchange exchange(call);
  if (!to.tls) {
    RTG_RETURN_IF_ERROR(exchange.Connect(to));
    return exchange.Send(exchange.socket(), request);
  }
  asio::ssl::context context(asio::ssl::context::tls_client);
  SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
  RTG_RETURN_IF_ERROR(SetUpTls(options_.ca_file, context));
  TlsStream stream(exchange.socket(), context);
  ErrorCode error;
  stream.set_verify_callback(asio::ssl::host_name_verification(to.host), error);
  ErrorCode not_an_address;
  asio::ip::make_address(to.host, not_an_address);
  // Addresses have no place in the server name indication.
  if (not_an_address &&
      SSL_set_tlsext_host_name(stream.native_handle(), to.host.c_str()) != 1) {
    return absl::UnavailableError("webhook: TLS does not take the host name");
  }
  if (error) return absl::UnavailableError("webhook: " + error.message());
  RTG_RETURN_IF_ERROR(exchange.Connect(to));
  RTG_RETURN_IF_ERROR(exchange.Handshake(stream));
  return exchange.Send(stream, request);
}

}  // namespace roentgen::server
