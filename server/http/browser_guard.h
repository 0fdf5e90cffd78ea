// Which requests of browsers are served.
//
//   RTG_ASSIGN_OR_RETURN(BrowserGuard guard, BrowserGuard::Make(hosts));
//   if (auto refusal = guard.Check(head, cors)) return *refusal;
//
// A page of any origin can make a browser send requests to this server, and by
// DNS rebinding even read the answers. A request with `Origin` or
// `Sec-Fetch-Site` came from a browser, and so did one whose `User-Agent` says
// so: with a GET over plain HTTP browsers send neither. It passes if CORS
// allows its origin, or if it is of the same origin, or typed by hand, and
// names the server by an IP address, as `localhost` or by a configured name:
// those cannot be rebound. Without `Origin` also a name without a dot will do:
// Grafana passes `Sec-Fetch-Site` on to servers that have such names among
// containers. Whatever sends none of them is no browser and passes. Why:
// docs/decisions/0031.
//
// Threads: immutable.
#ifndef ROENTGEN_SERVER_HTTP_BROWSER_GUARD_H_
#define ROENTGEN_SERVER_HTTP_BROWSER_GUARD_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "server/http/cors.h"
#include "server/http/http_message.h"
#include "server/status_mapping.h"

namespace roentgen::server {

class BrowserGuard {
 public:
  // Knows no names.
  BrowserGuard() = default;
  // `allowed_hosts`: names without scheme and port, in any case.
  // InvalidArgument when one is none.
  static absl::StatusOr<BrowserGuard> Make(
      const std::vector<std::string>& allowed_hosts);

  // A 403 that names the setting, if the request came from a browser that may
  // not send it. Looks at headers and authority only.
  std::optional<AwsError> Check(const HttpRequest& head,
                                const CorsPolicy& cors) const;

 private:
  std::optional<AwsError> CheckHost(const HttpRequest& head,
                                    bool has_origin) const;
  bool Knows(std::string_view host) const;

  std::vector<std::string> allowed_hosts_;  // In lower case.
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_HTTP_BROWSER_GUARD_H_
