// The access keys of the server, by id.
//
// Threads: immutable.
#ifndef ROENTGEN_SERVER_AUTH_KEY_RING_H_
#define ROENTGEN_SERVER_AUTH_KEY_RING_H_

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "server/auth/peer.h"
#include "server/config/access_key.h"

namespace roentgen::server {

class KeyRing {
 public:
  KeyRing() = default;  // No keys.

  // InvalidArgument for a key that access_key.h does not allow, an id or a
  // certificate that is there twice, or too many keys.
  static absl::StatusOr<KeyRing> Make(std::vector<AccessKey> keys);

  // One that has a secret; null when there is none. Lives as long as the ring.
  const AccessKey* Find(std::string_view id) const;
  // One that a bearer may show: also those that have a hash of their secret.
  const AccessKey* FindBearer(std::string_view id) const;
  // The one that names the certificate; the surest of its names decides.
  const AccessKey* FindCertificate(const ClientCertificate& shown) const;
  size_t size() const { return keys_.size(); }

 private:
  std::map<std::string, AccessKey, std::less<>> keys_;
  // Ids of keys by the certificates that they name.
  std::map<std::string, std::string, std::less<>> by_certificate_;
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_AUTH_KEY_RING_H_
