#include "server/auth/authenticator.h"

#include <optional>
#include <string>
#include <utility>

#include "base/digest.h"
#include "base/status_macros.h"
#include "server/auth/authorization_header.h"
#include "server/auth/canonical_request.h"
#include "server/auth/sigv4.h"

namespace roentgen::server {
namespace {

constexpr Permissions kEverything = {
    .ingest = true, .read = true, .administer = true};

Principal Trusted(std::string_view key_id) {
  return {.key_id = std::string(key_id), .permissions = kEverything};
}

}  // namespace

void Authenticator::SetKeys(KeyRing keys) const {
  if (state_ == nullptr) return;
  auto shared = std::make_shared<const KeyRing>(std::move(keys));
  MutexLock lock(state_->mu);
  state_->keys = std::move(shared);
}

std::shared_ptr<const KeyRing> Authenticator::keys() const {
  MutexLock lock(state_->mu);
  return state_->keys;
}

absl::StatusOr<Principal> Authenticator::Http(const SignedRequestView& request,
                                              bool peer_is_loopback,
                                              Timestamp now) const {
  return HttpOf("", request, peer_is_loopback, now);
}

absl::StatusOr<Principal> Authenticator::HttpOf(
    std::string_view address, const SignedRequestView& request,
    bool peer_is_loopback, Timestamp now) const {
  if (options_.mode == AuthMode::kOff) return Trusted("");
  const auto header = HeaderValue(request, "authorization");
  if (!header) {
    return Principal{
        .sampling =
            options_.unsigned_sampling == UnsignedSampling::kAnybody ||
            (options_.unsigned_sampling == UnsignedSampling::kLoopback &&
             peer_is_loopback)};
  }
  if (BearerToken(*header)) return BearerOf(address, *header);
  if (options_.mode == AuthMode::kVerify) {
    return VerifySigV4(request, *keys(), now);
  }
  RTG_ASSIGN_OR_RETURN(const AuthorizationView authorization,
                       ParseAuthorization(*header));
  return Trusted(authorization.key_id);
}

absl::StatusOr<Principal> Authenticator::HttpFrom(
    const Peer& peer, const SignedRequestView& request, Timestamp now) const {
  absl::StatusOr<Principal> out =
      HttpOf(peer.address, request, peer.is_local, now);
  if (out.ok()) return Shown(peer, *std::move(out));
  const std::string shown =
      HeaderValue(request, "authorization").value_or(std::string());
  return state_->failed.Note(peer.address, shown, out.status());
}

absl::StatusOr<Principal> Authenticator::BearerFrom(
    const Peer& peer, std::string_view authorization) const {
  absl::StatusOr<Principal> out = BearerOf(peer.address, authorization);
  if (out.ok()) return Shown(peer, *std::move(out));
  return state_->failed.Note(peer.address, authorization, out.status());
}

const AccessKey* Authenticator::KeyOf(const Peer& peer, const KeyRing& keys,
                                      absl::Time now) {
  if (peer.certificate == nullptr) return nullptr;
  const AccessKey* const key = keys.FindCertificate(*peer.certificate);
  return key != nullptr && !HasExpired(*key, now) ? key : nullptr;
}

std::string Authenticator::KeyIdOf(const Peer& peer) const {
  if (options_.mode != AuthMode::kVerify) return "";
  const std::shared_ptr<const KeyRing> ring = keys();
  const AccessKey* const key =
      KeyOf(peer, *ring, options_.clock->Now().ToTime());
  return key != nullptr ? key->id : "";
}

Principal Authenticator::Shown(const Peer& peer, Principal principal) const {
  if (!principal.key_id.empty() || options_.mode != AuthMode::kVerify) {
    return principal;
  }
  const std::shared_ptr<const KeyRing> ring = keys();
  const AccessKey* const key =
      KeyOf(peer, *ring, options_.clock->Now().ToTime());
  if (key == nullptr) return principal;
  principal.key_id = key->id;
  principal.permissions = key->permissions;
  return principal;
}

bool Authenticator::HasSecret(const AccessKey& key, std::string_view secret,
                              std::string_view address) const {
  if (key.secret_hash.empty()) return SameSecret(secret, key.secret);
  if (state_->hashed.HasFitted(secret, key.secret_hash)) return true;
  return state_->failed.MayFail(address) &&
         state_->hashed.Fits(secret, key.secret_hash);
}

absl::StatusOr<Principal> Authenticator::Bearer(
    std::string_view authorization) const {
  return BearerOf("", authorization);
}

absl::StatusOr<Principal> Authenticator::BearerOf(
    std::string_view address, std::string_view authorization) const {
  if (options_.mode == AuthMode::kOff) return Trusted("");
  if (authorization.empty()) return Principal();
  const std::string_view token = BearerToken(authorization).value_or("");
  const size_t colon = token.find(':');
  if (colon == token.npos || colon == 0 || colon + 1 == token.size()) {
    return IncompleteSignature("authorization must be 'Bearer id:secret'");
  }
  const std::string_view id = token.substr(0, colon);
  if (options_.mode == AuthMode::kShape) return Trusted(id);
  static const AccessKey kNoKey;
  const std::shared_ptr<const KeyRing> ring = keys();
  const AccessKey* const known = ring->FindBearer(id);
  const AccessKey& key = known != nullptr ? *known : kNoKey;
  const bool same = HasSecret(key, token.substr(colon + 1), address);
  // A secret alone is not enough for a key with a session token.
  if (known == nullptr || !same || key.session_token) {
    return UnrecognizedClient();
  }
  if (HasExpired(key, options_.clock->Now().ToTime())) return ExpiredToken();
  return Principal{.key_id = key.id, .permissions = key.permissions};
}

}  // namespace roentgen::server
