#include "server/config/listeners_of.h"

#include <algorithm>
#include <string>
#include <utility>

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
  }
  const bool has_keys = std::any_of(
      listeners.begin(), listeners.end(),
      [](const Listener& listener) { return listener.auth.mode != "off"; });
  for (const Listener& listener : listeners) {
    if (listener.protocol != Protocol::kUdp || !has_keys ||
        config.auth_remote_udp || listener.address.IsLoopback()) {
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
