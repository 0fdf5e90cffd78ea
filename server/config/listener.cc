#include "server/config/listener.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/limits.h"
#include "base/status_macros.h"

namespace roentgen::server {
namespace {

constexpr std::pair<Protocol, std::string_view> kProtocols[] = {
    {Protocol::kHttp, "http"},
    {Protocol::kGrpc, "grpc"},
    {Protocol::kUdp, "udp"}};

struct ApiRow {
  Api api;
  std::string_view name;
  bool http = false;
  bool grpc = false;
  bool udp = false;
};

constexpr ApiRow kApis[] = {
    {.api = Api::kXray, .name = "xray", .http = true, .udp = true},
    {.api = Api::kV1, .name = "roentgen.v1", .grpc = true},
    {.api = Api::kOtlp, .name = "otlp", .http = true, .grpc = true},
    {.api = Api::kJaeger, .name = "jaeger", .http = true, .grpc = true},
    {.api = Api::kZipkin, .name = "zipkin", .http = true},
    {.api = Api::kAdmin, .name = "admin", .http = true},
    {.api = Api::kPurge, .name = "purge", .http = true}};

bool CanServe(Protocol protocol, const ApiRow& row) {
  switch (protocol) {
    case Protocol::kHttp:
      return row.http;
    case Protocol::kGrpc:
      return row.grpc;
    case Protocol::kUdp:
      return row.udp;
  }
  return false;
}

absl::Status Bad(const Listener& listener, std::string_view field,
                 const std::string& what) {
  std::string place = listener.where;
  if (place.ends_with(']')) place += "." + std::string(field);
  return absl::InvalidArgumentError(place + ": " + what);
}

std::string Quoted(std::string_view text) {
  return '"' + std::string(text) + '"';
}

absl::Status CheckName(const Listener& listener) {
  constexpr std::string_view kNameChars =
      "abcdefghijklmnopqrstuvwxyz0123456789_-";
  if (!listener.name.empty() &&
      listener.name.size() <= limits::kListenerNameCharsMax &&
      listener.name.find_first_not_of(kNameChars) == std::string::npos) {
    return absl::OkStatus();
  }
  return Bad(listener, "name",
             Quoted(listener.name) + " must have 1 to " +
                 std::to_string(limits::kListenerNameCharsMax) +
                 " small letters, digits, '_' or '-'");
}

absl::Status CheckApis(const Listener& listener) {
  const std::string protocol(NameOf(listener.protocol));
  if (listener.apis.empty()) {
    return Bad(listener, "apis",
               "at least one is needed; " + protocol + " serves " +
                   ApiNames(listener.protocol));
  }
  for (auto api = listener.apis.begin(); api != listener.apis.end(); ++api) {
    const std::string name = Quoted(NameOf(*api));
    if (!CanServe(listener.protocol, *api)) {
      return Bad(listener, "apis",
                 name + " is not served over " + protocol + ", which serves " +
                     ApiNames(listener.protocol));
    }
    if (std::find(listener.apis.begin(), api, *api) != api) {
      return Bad(listener, "apis", name + " is there twice");
    }
  }
  return absl::OkStatus();
}

absl::Status CheckSpace(const Listener& listener) {
  if (listener.space == kDefaultSpace) return absl::OkStatus();
  return Bad(listener, "space",
             "there is no space " + Quoted(listener.space) + "; there is " +
                 Quoted(kDefaultSpace));
}

// Whether a socket at the one address keeps the other from being bound.
bool Overlap(const ListenAddress& a, const ListenAddress& b) {
  if (a.IsUnix() || b.IsUnix()) return a.path == b.path;
  if (a.port != b.port || a.port == 0) return false;
  const auto takes_all_of = [](const ListenAddress& any,
                               const ListenAddress& one) {
    // The IPv6 wildcard takes IPv4, too.
    return any.host == "::" || (any.host == "0.0.0.0" && !one.IsV6());
  };
  return a.host == b.host || takes_all_of(a, b) || takes_all_of(b, a);
}

absl::Status CheckPair(const Listener& first, const Listener& second) {
  const bool is_udp = first.protocol == Protocol::kUdp;
  // A file is one, whatever its socket speaks.
  const bool can_meet =
      is_udp == (second.protocol == Protocol::kUdp) || first.address.IsUnix();
  if (can_meet && Overlap(first.address, second.address)) {
    return Bad(second, "address",
               second.address.ToString() + " is taken by " + first.where +
                   " (" + first.address.ToString() + ")");
  }
  // Addresses of one short setting are listeners of one name.
  if (first.name == second.name && first.where != second.where) {
    return Bad(
        second, "name",
        Quoted(second.name) + " is the name of " + first.where + ", too");
  }
  return absl::OkStatus();
}

}  // namespace

std::string_view NameOf(Protocol protocol) {
  for (const auto& [known, name] : kProtocols) {
    if (known == protocol) return name;
  }
  return {};
}

std::string_view NameOf(Api api) {
  for (const ApiRow& row : kApis) {
    if (row.api == api) return row.name;
  }
  return {};
}

std::optional<Protocol> FindProtocol(std::string_view name) {
  for (const auto& [protocol, known] : kProtocols) {
    if (known == name) return protocol;
  }
  return std::nullopt;
}

std::optional<Api> FindApi(std::string_view name) {
  for (const ApiRow& row : kApis) {
    if (row.name == name) return row.api;
  }
  return std::nullopt;
}

std::string ApiNames() {
  std::string names;
  for (const ApiRow& row : kApis) {
    if (!names.empty()) names += ", ";
    names += row.name;
  }
  return names;
}

std::string ApiNames(Protocol protocol) {
  std::string names;
  for (const ApiRow& row : kApis) {
    if (!CanServe(protocol, row)) continue;
    if (!names.empty()) names += ", ";
    names += row.name;
  }
  return names;
}

bool CanServe(Protocol protocol, Api api) {
  return std::any_of(std::begin(kApis), std::end(kApis),
                     [&](const ApiRow& row) {
                       return row.api == api && CanServe(protocol, row);
                     });
}

bool Serves(const Listener& listener, Api api) {
  return std::find(listener.apis.begin(), listener.apis.end(), api) !=
         listener.apis.end();
}

absl::StatusOr<unsigned> ParseFileMode(std::string_view text) {
  constexpr unsigned kAll = 0777;
  unsigned mode = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, mode, 8);
  if (error != std::errc() || stop != end || mode > kAll) {
    return absl::InvalidArgumentError("must be a mode like 0660");
  }
  return mode;
}

absl::Status CheckListeners(const std::vector<Listener>& listeners) {
  if (listeners.size() > limits::kListenersMax) {
    return absl::InvalidArgumentError(
        "listeners: at most " + std::to_string(limits::kListenersMax) +
        " are possible, not " + std::to_string(listeners.size()));
  }
  for (auto second = listeners.begin(); second != listeners.end(); ++second) {
    RTG_RETURN_IF_ERROR(CheckName(*second));
    RTG_RETURN_IF_ERROR(CheckApis(*second));
    RTG_RETURN_IF_ERROR(CheckSpace(*second));
    for (auto first = listeners.begin(); first != second; ++first) {
      RTG_RETURN_IF_ERROR(CheckPair(*first, *second));
    }
  }
  return absl::OkStatus();
}

}  // namespace roentgen::server
