#include "server/app/access_setup.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/status_macros.h"
#include "server/app/entrance_setup.h"
#include "server/auth/key_ring.h"
#include "server/config/access_key.h"
#include "server/config/keys_file.h"
#include "server/config/listeners_of.h"
#include "server/config/redaction_file.h"
#include "server/http/browser_guard.h"
#include "server/insights/webhook_client.h"

namespace roentgen::server {

namespace {

absl::StatusOr<KeyRing> KeysOf(const ListenerAuth& auth) {
  std::vector<AccessKey> keys;
  if (!auth.keys_file.empty()) {
    RTG_ASSIGN_OR_RETURN(keys, LoadKeysFile(auth.keys_file));
  }
  return KeyRing::Make(std::move(keys));
}

absl::StatusOr<Authenticator> MakeAuthenticator(const ListenerAuth& auth) {
  AuthOptions options;
  options.mode = auth.mode == "off"     ? AuthMode::kOff
                 : auth.mode == "shape" ? AuthMode::kShape
                                        : AuthMode::kVerify;
  options.unsigned_sampling =
      auth.unsigned_sampling == "nobody"     ? UnsignedSampling::kNobody
      : auth.unsigned_sampling == "loopback" ? UnsignedSampling::kLoopback
                                             : UnsignedSampling::kAnybody;
  if (auth.keys_file.empty() && options.mode == AuthMode::kVerify) {
    return absl::InvalidArgumentError("auth.mode verify needs auth.keys_file");
  }
  RTG_ASSIGN_OR_RETURN(KeyRing ring, KeysOf(auth));
  return Authenticator(options, std::move(ring));
}

}  // namespace

absl::StatusOr<Authenticators> Authenticators::Make(
    const std::vector<Listener>& listeners) {
  Authenticators out;
  for (const Listener& listener : listeners) {
    const bool is_known = std::any_of(
        out.all_.begin(), out.all_.end(),
        [&](const auto& known) { return known.auth == listener.auth; });
    if (is_known) continue;
    // Before it is read: what changes meanwhile is read again.
    const FileMark mark = MarkOf(listener.auth.keys_file);
    RTG_ASSIGN_OR_RETURN(Authenticator made, MakeAuthenticator(listener.auth));
    out.all_.push_back({listener.auth,
                        std::make_unique<Authenticator>(std::move(made)),
                        mark});
  }
  return out;
}

const Authenticator& Authenticators::Of(const Listener& listener) const {
  return *std::find_if(all_.begin(), all_.end(), [&](const auto& known) {
            return known.auth == listener.auth;
          })->authenticator;
}

void Authenticators::Read(Known& known) {
  known.mark = MarkOf(known.auth.keys_file);
  absl::StatusOr<KeyRing> ring = KeysOf(known.auth);
  if (!ring.ok()) {
    LogError("the new keys cannot be used; the old ones stay",
             {{"file", known.auth.keys_file},
              {"reason", std::string(ring.status().message())}});
    return;
  }
  LogInfo("read the keys again",
          {{"file", known.auth.keys_file}, {"keys", ring->size()}});
  known.authenticator->SetKeys(*std::move(ring));
}

void Authenticators::Reload() {
  MutexLock lock(*mu_);
  for (Known& known : all_) {
    if (!known.auth.keys_file.empty()) Read(known);
  }
}

void Authenticators::ReloadChanged() {
  MutexLock lock(*mu_);
  for (Known& known : all_) {
    if (MarkOf(known.auth.keys_file) != known.mark) Read(known);
  }
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
  RTG_RETURN_IF_ERROR(LoadRedactionFile(config.redaction_file).status());
  if (config.insights_webhook_url.empty()) return absl::OkStatus();
  return ParseWebhookUrl(config.insights_webhook_url).status();
}

}  // namespace roentgen::server
