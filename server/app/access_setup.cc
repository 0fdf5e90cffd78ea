#include "server/app/access_setup.h"

#include <string>
#include <utility>
#include <vector>

#include "base/listen_address.h"
#include "base/status_macros.h"
#include "server/auth/key_ring.h"
#include "server/config/access_key.h"
#include "server/config/keys_file.h"
#include "server/http/browser_guard.h"
#include "server/insights/webhook_client.h"

namespace roentgen::server {

absl::StatusOr<Authenticator> MakeAuthenticator(const Config& config) {
  AuthOptions options;
  options.mode = config.auth_mode == "off"     ? AuthMode::kOff
                 : config.auth_mode == "shape" ? AuthMode::kShape
                                               : AuthMode::kVerify;
  options.unsigned_sampling = config.auth_unsigned_sampling == "nobody"
                                  ? UnsignedSampling::kNobody
                              : config.auth_unsigned_sampling == "loopback"
                                  ? UnsignedSampling::kLoopback
                                  : UnsignedSampling::kAnybody;
  std::vector<AccessKey> keys;
  if (!config.auth_keys_file.empty()) {
    RTG_ASSIGN_OR_RETURN(keys, LoadKeysFile(config.auth_keys_file));
  } else if (options.mode == AuthMode::kVerify) {
    return absl::InvalidArgumentError("auth.mode verify needs auth.keys_file");
  }
  RTG_ASSIGN_OR_RETURN(KeyRing ring, KeyRing::Make(std::move(keys)));
  return Authenticator(options, std::move(ring));
}

absl::StatusOr<CorsPolicy> MakeCorsPolicy(const Config& config) {
  return CorsPolicy::Make({.allowed_origins = config.cors_allowed_origins,
                           .allowed_headers = config.cors_allowed_headers,
                           .max_age = config.cors_max_age});
}

absl::Status CheckConfig(const Config& config) {
  RTG_RETURN_IF_ERROR(MakeAuthenticator(config).status());
  RTG_RETURN_IF_ERROR(MakeCorsPolicy(config).status());
  RTG_RETURN_IF_ERROR(BrowserGuard::Make(config.http_allowed_hosts).status());
  if (!config.insights_webhook_url.empty()) {
    RTG_RETURN_IF_ERROR(ParseWebhookUrl(config.insights_webhook_url).status());
  }
  if (config.auth_mode == "off" || config.auth_remote_udp) {
    return absl::OkStatus();
  }
  for (const std::string& text : config.xray_udp_listen) {
    RTG_ASSIGN_OR_RETURN(const ListenAddress address,
                         ListenAddress::Parse(text));
    if (address.IsLoopback()) continue;
    return absl::InvalidArgumentError(
        "xray.udp.listen " + text +
        " takes segments without a key; set auth.remote_udp to allow that");
  }
  return absl::OkStatus();
}

}  // namespace roentgen::server
