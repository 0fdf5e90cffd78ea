// What a configuration says about callers, and whether it can be served.
//
// Threads: thread-safe; reads files.
#ifndef ROENTGEN_SERVER_APP_ACCESS_SETUP_H_
#define ROENTGEN_SERVER_APP_ACCESS_SETUP_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/auth/authenticator.h"
#include "server/config/config.h"
#include "server/http/cors.h"

namespace roentgen::server {

// With the keys of auth.keys_file. Errors: InvalidArgument, NotFound.
absl::StatusOr<Authenticator> MakeAuthenticator(const Config& config);

// The web pages that may call. Errors: InvalidArgument.
absl::StatusOr<CorsPolicy> MakeCorsPolicy(const Config& config);

// What --check-config looks at besides the settings themselves: the keys, the
// webhook's URL, origins of web pages, listeners that would be open. Start
// refuses the same.
absl::Status CheckConfig(const Config& config);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_APP_ACCESS_SETUP_H_
