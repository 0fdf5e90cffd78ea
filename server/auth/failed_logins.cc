#include "server/auth/failed_logins.h"

#include <algorithm>
#include <string>

#include "base/caller.h"
#include "base/limits.h"
#include "base/log.h"
#include "server/auth/authorization_header.h"
#include "server/aws_status.h"

namespace roentgen::server {

std::string_view KeyIdIn(std::string_view authorization) {
  if (const auto token = BearerToken(authorization)) {
    const size_t colon = token->find(':');
    return colon == token->npos ? std::string_view() : token->substr(0, colon);
  }
  const auto parsed = ParseAuthorization(authorization);
  return parsed.ok() ? parsed->key_id : std::string_view();
}

// False: there were too many.
bool FailedLogins::Count(Place& place, double burst, SteadyTime now) {
  const std::chrono::duration<double> passed = now - place.counted;
  const std::chrono::duration<double> period = kPeriod;
  place.failures = std::max(0.0, place.failures - passed / period);
  place.counted = now;
  if (place.failures > burst - 1) return false;
  place.failures += 1;
  return true;
}

absl::Status FailedLogins::Note(std::string_view peer,
                                std::string_view authorization,
                                const absl::Status& why, SteadyTime now) {
  if (authorization.empty()) return why;
  const std::string key(
      KeyIdIn(authorization).substr(0, limits::kAccessKeyIdBytesMax));
  const std::string who = std::string(peer) + ' ' + key;
  bool has_line = false;
  {
    MutexLock lock(mu_);
    if (!Count(places_[CallerOf(who) % places_.size()], kBurst, now)) {
      return AwsStatus({.http_status = 429,
                        .name = "ThrottledException",
                        .message = "This key failed too often from this "
                                   "address; try again in some seconds."});
    }
    has_line = Count(lines_, kLinesBurst, now);
  }
  if (!has_line) return why;
  const auto fault = AwsFaultOf(why);
  LogWarn("a caller showed no key that is known",
          {{"peer", std::string(peer)},
           {"key", key},
           {"error", fault ? fault->name : std::string(why.message())}});
  return why;
}

}  // namespace roentgen::server
