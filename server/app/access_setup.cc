#include "server/app/access_setup.h"

#include <algorithm>
#include <utility>

#include "base/status_macros.h"
#include "server/app/entrance_setup.h"
#include "server/auth/key_ring.h"
#include "server/config/access_key.h"
#include "server/config/keys_file.h"
#include "server/config/listeners_of.h"
#include "server/http/browser_guard.h"
#include "server/insights/webhook_client.h"

namespace roentgen::server {

namespace {

absl::StatusOr<Authenticator> MakeAuthenticator(const ListenerAuth& auth) {
  AuthOptions options;
  options.mode = auth.mode == "off"     ? AuthMode::kOff
                 : auth.mode == "shape" ? AuthMode::kShape
                                        : AuthMode::kVerify;
  options.unsigned_sampling =
      auth.unsigned_sampling == "nobody"     ? UnsignedSampling::kNobody
      : auth.unsigned_sampling == "loopback" ? UnsignedSampling::kLoopback
                                             : UnsignedSampling::kAnybody;
  std::vector<AccessKey> keys;
  if (!auth.keys_file.empty()) {
    RTG_ASSIGN_OR_RETURN(keys, LoadKeysFile(auth.keys_file));
  } else if (options.mode == AuthMode::kVerify) {
    return absl::InvalidArgumentError("auth.mode verify needs auth.keys_file");
  }
  RTG_ASSIGN_OR_RETURN(KeyRing ring, KeyRing::Make(std::move(keys)));
  return Authenticator(options, std::move(ring));
}

}  // namespace

absl::StatusOr<Authenticators> Authenticators::Make(
    const std::vector<Listener>& listeners) {
  Authenticators out;
  for (const Listener& listener : listeners) {
    const bool is_known = std::any_of(
        out.all_.begin(), out.all_.end(),
        [&](const auto& known) { return known.first == listener.auth; });
    if (is_known) continue;
    RTG_ASSIGN_OR_RETURN(Authenticator made, MakeAuthenticator(listener.auth));
    out.all_.emplace_back(listener.auth,
                          std::make_unique<Authenticator>(std::move(made)));
  }
  return out;
}

const Authenticator& Authenticators::Of(const Listener& listener) const {
  return *std::find_if(all_.begin(), all_.end(), [&](const auto& known) {
            return known.first == listener.auth;
          })->second;
}

absl::StatusOr<CorsPolicy> MakeCorsPolicy(const Config& config) {
  return CorsPolicy::Make({.allowed_origins = config.cors_allowed_origins,
                           .allowed_headers = config.cors_allowed_headers,
                           .max_age = config.cors_max_age});
}

absl::Status CheckConfig(const Config& config, absl::Time now) {
  RTG_ASSIGN_OR_RETURN(std::vector<Listener> listeners, ListenersOf(config));
  // What nobody uses must be right, too.
  listeners.emplace_back().auth = {config.auth_mode, config.auth_keys_file,
                                   config.auth_unsigned_sampling};
  RTG_RETURN_IF_ERROR(Authenticators::Make(listeners).status());
  RTG_RETURN_IF_ERROR(Entrances::Make(listeners, now).status());
  RTG_RETURN_IF_ERROR(MakeCorsPolicy(config).status());
  RTG_RETURN_IF_ERROR(BrowserGuard::Make(config.http_allowed_hosts).status());
  if (config.insights_webhook_url.empty()) return absl::OkStatus();
  return ParseWebhookUrl(config.insights_webhook_url).status();
}

}  // namespace roentgen::server
