// Where a server listens, what it serves there, to whom, and whose traces.
//
//   RTG_ASSIGN_OR_RETURN(const std::vector<Listener> all, ListenersOf(config));
//
// A configuration lists its listeners (`listeners`), or has settings for one of
// each kind, of which the same list is made (`xray.http.listen` and its like).
//
// Threads: plain values, pure functions.
#ifndef ROENTGEN_SERVER_CONFIG_LISTENER_H_
#define ROENTGEN_SERVER_CONFIG_LISTENER_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/ip_network.h"
#include "base/listen_address.h"

namespace roentgen::server {

// The one space that there is so far.
inline constexpr std::string_view kDefaultSpace = "default";

enum class Protocol { kHttp, kGrpc, kUdp };

enum class Api {
  kXray,  // X-Ray's; over UDP the daemon's protocol, spans among it.
  kV1,    // roentgen.v1.
  kOtlp,
  kJaeger,
  kZipkin,
  kAdmin,  // Health and metrics.
  kPurge   // Deletes every trace.
};

// As in the configuration.
std::string_view NameOf(Protocol protocol);
std::string_view NameOf(Api api);
std::optional<Protocol> FindProtocol(std::string_view name);
std::optional<Api> FindApi(std::string_view name);
// "xray, otlp, ..."; those that a protocol can serve.
std::string ApiNames();
std::string ApiNames(Protocol protocol);
bool CanServe(Protocol protocol, Api api);

// Who may call. Values as the settings auth.*; empty: what they say.
struct ListenerAuth {
  std::string mode;
  std::string keys_file;
  std::string unsigned_sampling;

  friend bool operator==(const ListenerAuth&, const ListenerAuth&) = default;
};

// What TLS there is. Values as the settings tls.*; empty: what they say. All
// empty after ListenersOf: plain text.
struct ListenerTls {
  std::string certificate;
  std::string key;
  std::string client_authorities;
  std::string client_certificates;
  std::string min_version;
  std::string ciphers;

  friend bool operator==(const ListenerTls&, const ListenerTls&) = default;
};

// From where clients come. Nothing, or empty: what the settings network.* say.
struct ListenerNetwork {
  std::string plaintext;
  std::optional<std::vector<IpNetwork>> clients;
  std::optional<std::vector<IpNetwork>> proxies;
  std::optional<bool> proxy_protocol;

  friend bool operator==(const ListenerNetwork&,
                         const ListenerNetwork&) = default;
};

// Of a Unix socket's file. Nothing: what the settings socket.* say.
struct ListenerSocket {
  std::optional<unsigned> mode;
  std::optional<std::string> group;

  friend bool operator==(const ListenerSocket&,
                         const ListenerSocket&) = default;
};

struct Listener {
  std::string name;  // In the ports file and the log.
  Protocol protocol = Protocol::kHttp;
  ListenAddress address;
  std::vector<Api> apis;
  ListenerAuth auth;
  ListenerTls tls;
  bool tls_off = false;  // Whatever the settings say.
  ListenerNetwork network;
  ListenerSocket socket;
  std::string space{kDefaultSpace};  // Where its callers' traces are.
  // What errors call it: "listeners[1]", "xray.http.listen".
  std::string where;

  friend bool operator==(const Listener&, const Listener&) = default;
};

bool Serves(const Listener& listener, Api api);

// "0600", or without the zero. InvalidArgument: no mode of a file.
absl::StatusOr<unsigned> ParseFileMode(std::string_view text);

// Whether these can stand side by side, and say nothing that nobody heeds.
// InvalidArgument names listener, field and value.
absl::Status CheckListeners(const std::vector<Listener>& listeners);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_CONFIG_LISTENER_H_
