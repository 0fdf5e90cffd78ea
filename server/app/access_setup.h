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
#include "base/mutex.h"
#include "server/app/file_mark.h"
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

  // Reads the files of keys again; the log says what cannot be used, and the
  // keys that were there stay. Thread-safe.
  void Reload();
  // The same of those that have changed.
  void ReloadChanged();

  // Of one of them; lives as long as this object, wherever that is moved.
  const Authenticator& Of(const Listener& listener) const;

 private:
  struct Known {
    ListenerAuth auth;
    std::unique_ptr<Authenticator> authenticator;
    FileMark mark;
  };

  static void Read(Known& known);

  std::unique_ptr<Mutex> mu_ = std::make_unique<Mutex>();  // Of marks.
  std::vector<Known> all_;
};

// The web pages that may call. Errors: InvalidArgument.
absl::StatusOr<CorsPolicy> MakeCorsPolicy(const Config& config);

// What --check-config looks at besides the settings themselves: listeners, the
// keys, certificates as of `now`, the webhook's URL, origins of web pages.
// Start refuses the same.
absl::Status CheckConfig(const Config& config, absl::Time now);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_APP_ACCESS_SETUP_H_
