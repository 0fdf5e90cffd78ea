#include "server/config/listeners_yaml.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "base/ip_network.h"
#include "base/limits.h"
#include "base/listen_address.h"
#include "base/status_macros.h"
#include "server/config/settings.h"

namespace roentgen::server {
namespace {

std::string Quoted(const std::string& text) { return '"' + text + '"'; }

class ListenersReader {
 public:
  explicit ListenersReader(std::string_view where) : where_(where) {}

  absl::StatusOr<std::vector<Listener>> Read(const YAML::Node& list) {
    if (!list.IsSequence() || list.size() == 0) {
      return At(list, "listeners: expected a list of listeners");
    }
    std::vector<Listener> out;
    for (const auto& entry : list) {
      if (out.size() == limits::kListenersMax) {
        return At(entry, "listeners: more than " +
                             std::to_string(limits::kListenersMax));
      }
      Listener listener;
      listener.where = "listeners[" + std::to_string(out.size()) + "]";
      RTG_RETURN_IF_ERROR(ReadListener(entry, listener));
      out.push_back(std::move(listener));
    }
    return out;
  }

 private:
  absl::Status ReadListener(const YAML::Node& entry, Listener& listener) {
    std::set<std::string> seen;
    RTG_RETURN_IF_ERROR(
        ReadMap(entry, listener.where,
                "name, protocol, address, apis, auth, space, tls, plaintext, "
                "clients, proxies, proxy_protocol, socket",
                seen,
                [&](const std::string& field, const std::string& place,
                    const YAML::Node& value) {
                  return ReadField(field, place, value, listener);
                }));
    for (const char* needed : {"name", "address", "apis"}) {
      if (!seen.contains(needed)) {
        return At(entry, listener.where + "." + needed + ": is missing");
      }
    }
    return absl::OkStatus();
  }

  // Nothing: there is no such field.
  using Outcome = std::optional<absl::Status>;

  Outcome ReadField(const std::string& field, const std::string& place,
                    const YAML::Node& value, Listener& listener) {
    if (field == "name") return ReadText(place, value, listener.name);
    if (field == "space") return ReadText(place, value, listener.space);
    if (field == "apis") return ReadApis(place, value, listener.apis);
    if (field == "auth") return ReadAuth(place, value, listener.auth);
    if (field == "tls") return ReadTls(place, value, listener);
    if (field == "socket") return ReadSocket(place, value, listener.socket);
    if (field == "plaintext") {
      return ReadChoice(place, "network.plaintext", value,
                        listener.network.plaintext);
    }
    if (field == "clients") {
      return ReadNetworks(place, value, listener.network.clients);
    }
    if (field == "proxies") {
      return ReadNetworks(place, value, listener.network.proxies);
    }
    if (field == "proxy_protocol") {
      Config scratch;
      std::string text;
      RTG_RETURN_IF_ERROR(
          ReadChoice(place, "network.proxy_protocol", value, text, scratch));
      listener.network.proxy_protocol = scratch.network_proxy_protocol;
      return absl::OkStatus();
    }
    if (field == "protocol") {
      const auto found = FindProtocol(TextOf(value));
      if (!found) {
        return At(value, place + ": " + Quoted(TextOf(value)) +
                             " is none of http, grpc, udp");
      }
      listener.protocol = *found;
      return absl::OkStatus();
    }
    if (field == "address") {
      auto address = ListenAddress::Parse(TextOf(value));
      if (!address.ok()) {
        return At(value,
                  place + ": " + std::string(address.status().message()));
      }
      listener.address = *std::move(address);
      return absl::OkStatus();
    }
    return std::nullopt;
  }

  absl::Status ReadApis(const std::string& place, const YAML::Node& list,
                        std::vector<Api>& apis) {
    if (!list.IsSequence()) return At(list, place + ": expected a list");
    for (const auto& item : list) {
      const std::optional<Api> api = FindApi(TextOf(item));
      if (!api) {
        return At(item, place + ": " + Quoted(TextOf(item)) +
                            " is no API; there are " + ApiNames());
      }
      apis.push_back(*api);
    }
    return absl::OkStatus();
  }

  absl::Status ReadAuth(const std::string& place, const YAML::Node& map,
                        ListenerAuth& auth) {
    std::set<std::string> seen;
    return ReadMap(map, place, "mode, keys_file, unsigned_sampling", seen,
                   [&](const std::string& field, const std::string& below,
                       const YAML::Node& value) -> Outcome {
                     if (field == "mode") {
                       return ReadChoice(below, "auth.mode", value, auth.mode);
                     }
                     if (field == "unsigned_sampling") {
                       return ReadChoice(below, "auth.unsigned_sampling", value,
                                         auth.unsigned_sampling);
                     }
                     if (field == "keys_file") {
                       return ReadText(below, value, auth.keys_file);
                     }
                     return std::nullopt;
                   });
  }

  absl::Status ReadTls(const std::string& place, const YAML::Node& map,
                       Listener& listener) {
    listener.tls_off = TextOf(map) == "off";
    if (listener.tls_off) return absl::OkStatus();
    ListenerTls& tls = listener.tls;
    if (map.IsMap() && map.size() == 0) {
      return At(map, place + ": says nothing; off is plain text");
    }
    std::set<std::string> seen;
    return ReadMap(map, place,
                   "certificate, key, client_authorities, client_certificates, "
                   "min_version, ciphers",
                   seen,
                   [&](const std::string& field, const std::string& below,
                       const YAML::Node& value) -> Outcome {
                     if (field == "certificate") {
                       return ReadText(below, value, tls.certificate);
                     }
                     if (field == "key") return ReadText(below, value, tls.key);
                     if (field == "client_authorities") {
                       return ReadText(below, value, tls.client_authorities);
                     }
                     if (field == "client_certificates") {
                       return ReadChoice(below, "tls.client_certificates",
                                         value, tls.client_certificates);
                     }
                     if (field == "min_version") {
                       return ReadChoice(below, "tls.min_version", value,
                                         tls.min_version);
                     }
                     if (field == "ciphers")
                       return ReadText(below, value, tls.ciphers);
                     return std::nullopt;
                   });
  }

  absl::Status ReadSocket(const std::string& place, const YAML::Node& map,
                          ListenerSocket& socket) {
    std::set<std::string> seen;
    return ReadMap(map, place, "mode, group", seen,
                   [&](const std::string& field, const std::string& below,
                       const YAML::Node& value) -> Outcome {
                     if (field == "group") {
                       return ReadText(below, value, socket.group.emplace());
                     }
                     if (field != "mode") return std::nullopt;
                     const auto mode = ParseFileMode(TextOf(value));
                     if (!mode.ok()) {
                       return At(value,
                                 below + ": " + Quoted(TextOf(value)) + " " +
                                     std::string(mode.status().message()));
                     }
                     socket.mode = *mode;
                     return absl::OkStatus();
                   });
  }

  absl::Status ReadNetworks(const std::string& place, const YAML::Node& list,
                            std::optional<std::vector<IpNetwork>>& networks) {
    if (!list.IsSequence()) return At(list, place + ": expected a list");
    networks.emplace();
    for (const auto& item : list) {
      if (networks->size() == limits::kNetworksMax) {
        return At(item, place + ": more than " +
                            std::to_string(limits::kNetworksMax));
      }
      auto network = IpNetwork::Parse(TextOf(item));
      if (!network.ok()) {
        return At(item, place + ": " + std::string(network.status().message()));
      }
      networks->push_back(*network);
    }
    return absl::OkStatus();
  }

  // `read` is asked for each field once; `fields` are those that there are.
  template <typename ReadOne>
  absl::Status ReadMap(const YAML::Node& map, const std::string& place,
                       const char* fields, std::set<std::string>& seen,
                       const ReadOne& read) {
    const std::string expected = "expected a map of " + std::string(fields);
    if (!map.IsMap()) return At(map, place + ": " + expected);
    for (const auto& member : map) {
      const std::string field = TextOf(member.first);
      if (!seen.insert(field).second) {
        return At(member.first, place + "." + field + ": is there twice");
      }
      const Outcome outcome = read(field, place + "." + field, member.second);
      if (!outcome) {
        return At(member.first, place + ": " + Quoted(field) +
                                    " is no field; there are " + fields);
      }
      RTG_RETURN_IF_ERROR(*outcome);
    }
    return absl::OkStatus();
  }

  absl::Status ReadText(const std::string& place, const YAML::Node& value,
                        std::string& text) {
    text = TextOf(value);
    if (!text.empty()) return absl::OkStatus();
    return At(value, place + ": expected a text");
  }

  // One of the choices of the setting that holds where a listener says nothing.
  absl::Status ReadChoice(const std::string& place, std::string_view setting,
                          const YAML::Node& value, std::string& text) {
    Config scratch;
    return ReadChoice(place, setting, value, text, scratch);
  }
  absl::Status ReadChoice(const std::string& place, std::string_view setting,
                          const YAML::Node& value, std::string& text,
                          Config& scratch) {
    RTG_RETURN_IF_ERROR(ReadText(place, value, text));
    const absl::Status status =
        SetFromText(*FindSetting(setting), text, scratch);
    if (status.ok()) return status;
    return At(value, place + ": " + Quoted(text) + " " +
                         std::string(status.message()));
  }

  static std::string TextOf(const YAML::Node& node) {
    return node.IsScalar() ? node.Scalar() : "";
  }

  absl::Status At(const YAML::Node& node, const std::string& what) const {
    // An empty text has no line.
    const int line = std::max(node.Mark().line, 0) + 1;
    return absl::InvalidArgumentError(where_ + ":" + std::to_string(line) +
                                      ": " + what);
  }

  const std::string where_;
};

}  // namespace

absl::StatusOr<std::vector<Listener>> ReadListeners(const YAML::Node& list,
                                                    std::string_view where) {
  return ListenersReader(where).Read(list);
}

}  // namespace roentgen::server
