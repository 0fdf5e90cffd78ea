#include "server/auth/failed_logins.h"

#include <cstddef>
#include <string>

#include "base/caller.h"
#include "base/limits.h"
#include "base/log.h"
#include "server/auth/authorization_header.h"
#include "server/aws_status.h"

namespace roentgen::server {

namespace {

constexpr size_t kPlaces = 4096;

// A failure takes as many tokens as a period has seconds.
constexpr int64_t kFailureTokens = FailedLogins::kPeriod.count();

TokenBucket Bucket(int64_t burst) {
  return {{.burst = burst, .per_second = 1}, burst};
}

}  // namespace

FailedLogins::FailedLogins()
    : places_(kPlaces, Bucket(kBurst * kFailureTokens)),
      lines_(Bucket(kLinesBurst)) {}

bool FailedLogins::MayFail(std::string_view peer, SteadyTime now) {
  MutexLock lock(mu_);
  return places_[CallerOf(peer) % kPlaces].Has(kFailureTokens, now);
}

absl::Status FailedLogins::Note(std::string_view peer,
                                std::string_view authorization,
                                const absl::Status& why, SteadyTime now) {
  if (authorization.empty()) return why;
  const std::string key(
      KeyIdIn(authorization).substr(0, limits::kAccessKeyIdBytesMax));
  bool has_line = false;
  {
    MutexLock lock(mu_);
    if (!places_[CallerOf(peer) % kPlaces].Take(kFailureTokens, now)) {
      return AwsStatus({.http_status = 429,
                        .name = "ThrottledException",
                        .message = "Keys failed too often from this address; "
                                   "try again in some seconds."});
    }
    has_line = lines_.Take(now);
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
