// What a configuration says about callers, and whether it can be served.
//
// Threads: thread-safe; reads files.
#ifndef ROENTGEN_SERVER_APP_ACCESS_SETUP_H_
#define ROENTGEN_SERVER_APP_ACCESS_SETUP_H_

#include <memory>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/auth/authenticator.h"
#include "server/config/config.h"
#include "server/config/listener.h"
#include "server/http/cors.h"

namespace roentgen::server {

// Who may call by each listener. Those that ask for the same share keys.
class Authenticators {
 public:
  // Reads the files of keys. Errors: InvalidArgument, NotFound. The listeners
  // are those of ListenersOf.
  static absl::StatusOr<Authenticators> Make(
      const std::vector<Listener>& listeners);

  // Of one of them; lives as long as this object, wherever that is moved.
  const Authenticator& Of(const Listener& listener) const;

 private:
  std::vector<std::pair<ListenerAuth, std::unique_ptr<Authenticator>>> all_;
};

// The web pages that may call. Errors: InvalidArgument.
absl::StatusOr<CorsPolicy> MakeCorsPolicy(const Config& config);

// What --check-config looks at besides the settings themselves: listeners, the
// keys, certificates as of `now`, the webhook's URL, origins of web pages.
// Start refuses the same.
absl::Status CheckConfig(const Config& config, absl::Time now);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_APP_ACCESS_SETUP_H_
