// The header by which a proxy says whose connection it passes on: version 2 of
// the PROXY protocol. Includes Asio.
//
// Only from proxies that the operator has named: whoever may send one may say
// to be anybody.
//
// Threads: ParseProxyHeader is pure; ReadProxyHeader is confined to the thread
// of the socket.
#ifndef ROENTGEN_SERVER_HTTP_PROXY_HEADER_H_
#define ROENTGEN_SERVER_HTTP_PROXY_HEADER_H_

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <functional>
#include <optional>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/ip_network.h"

namespace roentgen::server {

// Nothing: the proxy's own connection, or a client without IP address.
using ProxiedPeer = std::optional<IpBytes>;

// Bytes of the part that says how long the rest is.
inline constexpr size_t kProxyHeadBytes = 16;

// How many bytes come after the first kProxyHeadBytes. InvalidArgument says
// why these are no such header.
absl::StatusOr<size_t> ProxyHeaderRest(std::string_view head);
// Of the whole header.
absl::StatusOr<ProxiedPeer> ParseProxyHeader(std::string_view header);

// Reads one, and no byte more. What `done` holds keeps the socket alive; it
// hears of Unavailable when the connection ends before.
void ReadProxyHeader(boost::asio::basic_stream_socket<
                         boost::asio::generic::stream_protocol,
                         boost::asio::io_context::executor_type>& socket,
                     std::function<void(absl::StatusOr<ProxiedPeer>)> done);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_HTTP_PROXY_HEADER_H_
