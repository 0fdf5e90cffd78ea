// Who failed to show a key: a line in the log for each, as long as they are
// few, and a brake on guessing. Only failures are slowed, so that a client with
// an old secret keeps nobody out who has the right one, wherever it calls from.
//
//   const auto principal = authenticator.Bearer(authorization);
//   if (!principal.ok()) return logins.Note(peer, authorization, principal);
//
// Threads: thread-safe.
#ifndef ROENTGEN_SERVER_AUTH_FAILED_LOGINS_H_
#define ROENTGEN_SERVER_AUTH_FAILED_LOGINS_H_

#include <chrono>
#include <cstdint>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "base/mutex.h"
#include "base/token_bucket.h"

namespace roentgen::server {

class FailedLogins {
 public:
  using SteadyTime = std::chrono::steady_clock::time_point;

  // Failures that are told to one address, whatever key it shows: at once, and
  // as many in each minute after that.
  static constexpr int64_t kBurst = 10;
  static constexpr std::chrono::seconds kPeriod{60 / kBurst};
  // Lines in the log, of all: at once, and one more in each second after that.
  // Whoever calls chooses ids.
  static constexpr int64_t kLinesBurst = 100;

  FailedLogins();

  // Whether an address may fail once more, and be told so.
  bool MayFail(std::string_view peer,
               SteadyTime now = std::chrono::steady_clock::now());

  // What to answer to whoever showed `authorization`, the header of that name,
  // which failed with `why`: that, or ThrottledException when its address
  // failed too often. `peer`: the address it came from. Without credentials
  // nobody tried.
  absl::Status Note(std::string_view peer, std::string_view authorization,
                    const absl::Status& why,
                    SteadyTime now = std::chrono::steady_clock::now());

 private:
  Mutex mu_;
  // Tries share places, by a hash that nobody can choose.
  std::vector<TokenBucket> places_ RTG_GUARDED_BY(mu_);
  TokenBucket lines_ RTG_GUARDED_BY(mu_);
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_AUTH_FAILED_LOGINS_H_
