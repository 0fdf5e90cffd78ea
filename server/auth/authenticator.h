// Who a caller is, on every protocol.
//
//   RTG_ASSIGN_OR_RETURN(Principal caller,
//                        authenticator.Http(request, loopback, clock.Now()));
//   RTG_RETURN_IF_ERROR(Authorize(caller, Access::kRead, "GetServiceGraph"));
//
// Two steps, both needed: whoever says nothing of itself is nobody here, and
// Authorize says what nobody may. Failures are those of access.h.
//
// Threads: thread-safe.
#ifndef ROENTGEN_SERVER_AUTH_AUTHENTICATOR_H_
#define ROENTGEN_SERVER_AUTH_AUTHENTICATOR_H_

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "base/clock.h"
#include "base/mutex.h"
#include "base/timestamp.h"
#include "server/auth/access.h"
#include "server/auth/failed_logins.h"
#include "server/auth/hashed_secrets.h"
#include "server/auth/key_ring.h"
#include "server/auth/peer.h"
#include "server/auth/signed_request.h"

namespace roentgen::server {

enum class AuthMode {
  kOff,     // Everybody may do everything.
  kShape,   // Credentials must be well-formed; they are not checked.
  kVerify,  // Signatures and secrets must be those of a key.
};

// From whom sampling calls need no signature: SDKs send them through a proxy
// that signs, and to this server without one.
enum class UnsignedSampling { kNobody, kLoopback, kAnybody };

struct AuthOptions {
  AuthMode mode = AuthMode::kOff;
  UnsignedSampling unsigned_sampling = UnsignedSampling::kLoopback;
  // What keys end by. Outlives the authenticator.
  const Clock* clock = &SystemClock();
};

class Authenticator {
 public:
  // Everybody may do everything.
  Authenticator() = default;
  Authenticator(AuthOptions options, KeyRing keys)
      : options_(options), state_(std::make_shared<State>(std::move(keys))) {}

  // From now on these are the keys, here and in copies.
  void SetKeys(KeyRing keys) const;

  // What both of the following do, with the brake on guessing (see
  // failed_logins.h). Who shows no credentials in the request is who its
  // certificate says, if a key names that.
  absl::StatusOr<Principal> HttpFrom(const Peer& peer,
                                     const SignedRequestView& request,
                                     Timestamp now) const;
  absl::StatusOr<Principal> BearerFrom(const Peer& peer,
                                       std::string_view authorization) const;

  // Authorization: a signature, or "Bearer id:secret".
  absl::StatusOr<Principal> Http(const SignedRequestView& request,
                                 bool peer_is_loopback, Timestamp now) const;

  // The value of gRPC's "authorization": "Bearer id:secret", or empty. Keys
  // with a session token are refused: it cannot be sent this way.
  absl::StatusOr<Principal> Bearer(std::string_view authorization) const;

  // The id of the key that the certificate of `peer` is named by, where keys
  // are checked; empty: none.
  std::string KeyIdOf(const Peer& peer) const;

  AuthMode mode() const { return options_.mode; }

 private:
  // What copies share.
  struct State {
    explicit State(KeyRing ring)
        : keys(std::make_shared<const KeyRing>(std::move(ring))) {}

    FailedLogins failed;
    HashedSecrets hashed;
    Mutex mu;
    std::shared_ptr<const KeyRing> keys RTG_GUARDED_BY(mu);
  };

  std::shared_ptr<const KeyRing> keys() const;
  // Of a key whose secret is hashed, hashing nothing for an address that failed
  // too often. `address` may be empty: that of nobody.
  bool HasSecret(const AccessKey& key, std::string_view secret,
                 std::string_view address) const;
  absl::StatusOr<Principal> HttpOf(std::string_view address,
                                   const SignedRequestView& request,
                                   bool peer_is_loopback, Timestamp now) const;
  absl::StatusOr<Principal> BearerOf(std::string_view address,
                                     std::string_view authorization) const;
  // Who its certificate says it is, or who it is without.
  Principal Shown(const Peer& peer, Principal principal) const;
  // The key that its certificate is named by; null: none, or one that ended.
  static const AccessKey* KeyOf(const Peer& peer, const KeyRing& keys,
                                absl::Time now);

  AuthOptions options_;
  // Null: nothing is checked, and so nothing fails.
  std::shared_ptr<State> state_;
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_AUTH_AUTHENTICATOR_H_
