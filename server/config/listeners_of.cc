#include "server/config/listeners_of.h"

#include <algorithm>
#include <string>
#include <utility>

#include "base/ip_network.h"
#include "base/limits.h"
#include "base/listen_address.h"
#include "base/status_macros.h"

namespace roentgen::server {
namespace {

// What a short setting stands for.
struct ShortRow {
  std::string_view setting;
  std::vector<std::string> Config::*member;
  std::string_view name;
  Protocol protocol;
  std::vector<Api> apis;
};

const std::vector<ShortRow>& ShortRows() {
  static const std::vector<ShortRow> kRows = {
      {"xray.http.listen",
       &Config::xray_http_listen,
       "xray_http",
       Protocol::kHttp,
       {Api::kXray, Api::kOtlp}},
      {"xray.udp.listen",
       &Config::xray_udp_listen,
       "xray_udp",
       Protocol::kUdp,
       {Api::kXray}},
      {"grpc.listen",
       &Config::grpc_listen,
       "grpc",
       Protocol::kGrpc,
       {Api::kV1, Api::kOtlp, Api::kJaeger}},
      {"otlp.http.listen",
       &Config::otlp_http_listen,
       "otlp_http",
       Protocol::kHttp,
       {Api::kOtlp}},
      {"admin.http.listen",
       &Config::admin_http_listen,
       "admin_http",
       Protocol::kHttp,
       {Api::kAdmin, Api::kJaeger}},
      {"zipkin.http.listen",
       &Config::zipkin_http_listen,
       "zipkin_http",
       Protocol::kHttp,
       {Api::kZipkin}},
      {"jaeger.purge_listen",
       &Config::jaeger_purge_listen,
       "jaeger_purge",
       Protocol::kHttp,
       {Api::kPurge}}};
  return kRows;
}

absl::StatusOr<std::vector<Listener>> ShortListeners(const Config& config) {
  std::vector<Listener> out;
  for (const ShortRow& row : ShortRows()) {
    for (const std::string& text : config.*row.member) {
      Listener listener;
      listener.name = row.name;
      listener.protocol = row.protocol;
      RTG_ASSIGN_OR_RETURN(listener.address, ListenAddress::Parse(text));
      listener.apis = row.apis;
      listener.where = row.setting;
      out.push_back(std::move(listener));
    }
  }
  return out;
}

absl::Status Bad(const Listener& listener, const std::string& what) {
  return absl::InvalidArgumentError(listener.where + ".auth" + what);
}

// Fills in what `auth` leaves open; what nobody would heed is refused.
absl::Status FillIn(const Config& config, Listener& listener) {
  ListenerAuth& auth = listener.auth;
  if (listener.protocol == Protocol::kUdp && auth != ListenerAuth()) {
    return Bad(listener,
               ": datagrams have no key; auth.remote_udp says whether they are "
               "taken from other machines");
  }
  const bool has_mode = !auth.mode.empty();
  if (!has_mode) auth.mode = config.auth_mode;
  if (auth.mode != "verify" && !auth.keys_file.empty()) {
    return Bad(listener, ".keys_file: '" + auth.keys_file +
                             "' is not read in mode " + auth.mode);
  }
  const bool may_sample = auth.mode != "off" &&
                          listener.protocol == Protocol::kHttp &&
                          Serves(listener, Api::kXray);
  if (!auth.unsigned_sampling.empty() && !may_sample) {
    return Bad(listener, ".unsigned_sampling: '" + auth.unsigned_sampling +
                             "' is for the API xray over http in another mode "
                             "than off");
  }
  if (auth.keys_file.empty() && auth.mode == "verify") {
    auth.keys_file = config.auth_keys_file;
    if (auth.keys_file.empty() && has_mode) {
      return Bad(listener,
                 ".mode: 'verify' needs a keys_file, here or as "
                 "auth.keys_file");
    }
  }
  if (auth.unsigned_sampling.empty()) {
    auth.unsigned_sampling = config.auth_unsigned_sampling;
  }
  return absl::OkStatus();
}

absl::Status BadField(const Listener& listener, std::string_view field,
                      const std::string& what) {
  return absl::InvalidArgumentError(listener.where + "." + std::string(field) +
                                    ": " + what);
}

void Default(std::string& text, const std::string& setting) {
  if (text.empty()) text = setting;
}

absl::StatusOr<std::vector<IpNetwork>> NetworksOf(
    std::string_view setting, const std::vector<std::string>& texts) {
  if (texts.size() > limits::kNetworksMax) {
    return absl::InvalidArgumentError(std::string(setting) + ": at most " +
                                      std::to_string(limits::kNetworksMax));
  }
  std::vector<IpNetwork> out;
  for (const std::string& text : texts) {
    auto network = IpNetwork::Parse(text);
    if (!network.ok()) {
      return absl::InvalidArgumentError(
          std::string(setting) + ": " +
          std::string(network.status().message()));
    }
    out.push_back(*network);
  }
  return out;
}

absl::Status CheckTls(const Listener& listener) {
  const ListenerTls& tls = listener.tls;
  if (tls.certificate.empty() || tls.key.empty()) {
    return BadField(listener, "tls", "needs a certificate and a key");
  }
  const bool asks = tls.client_certificates != "off";
  if (asks && tls.client_authorities.empty()) {
    return BadField(
        listener, "tls.client_certificates",
        "'" + tls.client_certificates + "' needs client_authorities");
  }
  if (!asks && !tls.client_authorities.empty()) {
    return BadField(listener, "tls.client_authorities",
                    "'" + tls.client_authorities +
                        "' is not read where client_certificates is off");
  }
  return absl::OkStatus();
}

absl::Status FillInTls(const Config& config, Listener& listener) {
  ListenerTls& tls = listener.tls;
  const bool is_own = tls != ListenerTls();
  if (listener.protocol == Protocol::kUdp) {
    if (!is_own) return absl::OkStatus();
    return BadField(listener, "tls", "datagrams have no TLS");
  }
  // Nobody listens in on a Unix socket: it has TLS only when it says so.
  const bool is_meant =
      is_own || (!listener.tls_off && !listener.address.IsUnix() &&
                 (!config.tls_certificate.empty() || !config.tls_key.empty()));
  if (!is_meant) return absl::OkStatus();
  Default(tls.certificate, config.tls_certificate);
  Default(tls.key, config.tls_key);
  Default(tls.client_certificates, config.tls_client_certificates);
  Default(tls.min_version, config.tls_min_version);
  Default(tls.ciphers, config.tls_ciphers);
  if (tls.client_certificates != "off") {
    Default(tls.client_authorities, config.tls_client_authorities);
  }
  return CheckTls(listener);
}

absl::Status CheckPlaintext(const Listener& listener) {
  const bool has_tls = listener.tls != ListenerTls();
  if (has_tls || listener.address.IsLocal() ||
      listener.network.plaintext == "allowed") {
    return absl::OkStatus();
  }
  const bool is_udp = listener.protocol == Protocol::kUdp;
  const bool is_short = listener.where.ends_with("listen");
  return absl::InvalidArgumentError(
      listener.where + " " + listener.address.ToString() +
      " would speak plain text with other machines; " +
      (is_udp ? "datagrams have no TLS: "
              : "give it TLS (tls.certificate and tls.key), ") +
      "let it listen on loopback (127.0.0.1), or on a Unix socket "
      "(unix:/path). If plain text is meant: " +
      (is_short ? "network.plaintext=allowed" : "plaintext: allowed"));
}

absl::Status FillInNetwork(const Config& config, Listener& listener) {
  ListenerNetwork& network = listener.network;
  const bool is_unix = listener.address.IsUnix();
  if (is_unix && (network.clients || network.proxies)) {
    return BadField(listener, network.clients ? "clients" : "proxies",
                    "a Unix socket has socket.mode and socket.group instead");
  }
  if (listener.protocol == Protocol::kUdp &&
      (network.proxies || network.proxy_protocol)) {
    return BadField(listener, network.proxies ? "proxies" : "proxy_protocol",
                    "datagrams come without proxies");
  }
  Default(network.plaintext, config.network_plaintext);
  if (!network.clients) {
    RTG_ASSIGN_OR_RETURN(network.clients,
                         NetworksOf("network.clients", config.network_clients));
  }
  if (!network.proxies) {
    RTG_ASSIGN_OR_RETURN(network.proxies,
                         NetworksOf("network.proxies", config.network_proxies));
  }
  if (!network.proxy_protocol) {
    network.proxy_protocol = config.network_proxy_protocol;
  }
  if (*network.proxy_protocol && network.proxies->empty() && !is_unix &&
      listener.protocol != Protocol::kUdp) {
    return BadField(listener, "proxy_protocol", "needs proxies");
  }
  if (is_unix || listener.protocol == Protocol::kUdp) {
    network.proxies->clear();
    network.proxy_protocol = false;
    if (is_unix) network.clients->clear();
  }
  return absl::OkStatus();
}

absl::Status FillInSocket(const Config& config, Listener& listener) {
  ListenerSocket& socket = listener.socket;
  if (!listener.address.IsUnix()) {
    if (socket == ListenerSocket()) return absl::OkStatus();
    return BadField(listener, "socket", "is for addresses like unix:/path");
  }
  if (!socket.mode) {
    const auto mode = ParseFileMode(config.socket_mode);
    if (!mode.ok()) {
      return absl::InvalidArgumentError("socket.mode: " +
                                        std::string(mode.status().message()));
    }
    socket.mode = *mode;
  }
  listener.address.mode = *socket.mode;
  listener.address.group = socket.group.value_or(config.socket_group);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<Listener>> ListenersOf(const Config& config) {
  std::vector<Listener> listeners;
  if (config.listeners) {
    listeners = *config.listeners;
  } else {
    RTG_ASSIGN_OR_RETURN(listeners, ShortListeners(config));
  }
  RTG_RETURN_IF_ERROR(CheckListeners(listeners));
  for (Listener& listener : listeners) {
    RTG_RETURN_IF_ERROR(FillIn(config, listener));
    RTG_RETURN_IF_ERROR(FillInTls(config, listener));
    RTG_RETURN_IF_ERROR(FillInNetwork(config, listener));
    RTG_RETURN_IF_ERROR(FillInSocket(config, listener));
    RTG_RETURN_IF_ERROR(CheckPlaintext(listener));
  }
  const bool has_keys = std::any_of(
      listeners.begin(), listeners.end(),
      [](const Listener& listener) { return listener.auth.mode != "off"; });
  for (const Listener& listener : listeners) {
    if (listener.protocol != Protocol::kUdp || !has_keys ||
        config.auth_remote_udp || listener.address.IsLocal()) {
      continue;
    }
    return absl::InvalidArgumentError(
        listener.where + " " + listener.address.ToString() +
        " takes segments without a key; set auth.remote_udp to allow that");
  }
  return listeners;
}

std::vector<std::string_view> ShortListenerNames() {
  std::vector<std::string_view> names;
  for (const ShortRow& row : ShortRows()) names.push_back(row.name);
  return names;
}

}  // namespace roentgen::server
