#include "server/auth/authenticator.h"

#include <optional>
#include <string>

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

absl::StatusOr<Principal> Authenticator::Http(const SignedRequestView& request,
                                              bool peer_is_loopback,
                                              Timestamp now) const {
  if (options_.mode == AuthMode::kOff) return Trusted("");
  const auto header = HeaderValue(request, "authorization");
  if (!header) {
    return Principal{
        .sampling =
            options_.unsigned_sampling == UnsignedSampling::kAnybody ||
            (options_.unsigned_sampling == UnsignedSampling::kLoopback &&
             peer_is_loopback)};
  }
  if (BearerToken(*header)) return Bearer(*header);
  if (options_.mode == AuthMode::kVerify) {
    return VerifySigV4(request, keys_, now);
  }
  RTG_ASSIGN_OR_RETURN(const AuthorizationView authorization,
                       ParseAuthorization(*header));
  return Trusted(authorization.key_id);
}

absl::StatusOr<Principal> Authenticator::HttpFrom(
    const Peer& peer, const SignedRequestView& request, Timestamp now) const {
  absl::StatusOr<Principal> out = Http(request, peer.is_local, now);
  if (out.ok()) return Shown(peer, *std::move(out));
  const std::string shown =
      HeaderValue(request, "authorization").value_or(std::string());
  return failed_->Note(peer.address, shown, out.status());
}

absl::StatusOr<Principal> Authenticator::BearerFrom(
    const Peer& peer, std::string_view authorization) const {
  absl::StatusOr<Principal> out = Bearer(authorization);
  if (out.ok()) return Shown(peer, *std::move(out));
  return failed_->Note(peer.address, authorization, out.status());
}

std::string_view Authenticator::KeyIdOf(const Peer& peer) const {
  if (options_.mode != AuthMode::kVerify || peer.certificate == nullptr) {
    return {};
  }
  const AccessKey* const key = keys_.FindCertificate(*peer.certificate);
  return key != nullptr ? std::string_view(key->id) : std::string_view();
}

Principal Authenticator::Shown(const Peer& peer, Principal principal) const {
  if (!principal.key_id.empty() || options_.mode != AuthMode::kVerify ||
      peer.certificate == nullptr) {
    return principal;
  }
  const AccessKey* const key = keys_.FindCertificate(*peer.certificate);
  if (key == nullptr) return principal;
  principal.key_id = key->id;
  principal.permissions = key->permissions;
  return principal;
}

absl::StatusOr<Principal> Authenticator::Bearer(
    std::string_view authorization) const {
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
  const AccessKey* const known = keys_.Find(id);
  const AccessKey& key = known != nullptr ? *known : kNoKey;
  const bool same = SameSecret(token.substr(colon + 1), key.secret);
  // A secret alone is not enough for a key with a session token.
  if (known == nullptr || !same || key.session_token) {
    return UnrecognizedClient();
  }
  return Principal{.key_id = key.id, .permissions = key.permissions};
}

}  // namespace roentgen::server
