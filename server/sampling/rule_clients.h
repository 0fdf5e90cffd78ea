// The clients of one rule, and their leases: how many requests per second each
// may take out of the rule's reservoir, and until when.
//
// The leases in force together never exceed the reservoir: a client gets no
// more than the others leave. Who reported lately shares, max-min fair by
// demand (the higher one of the last two reports), what the silent ones do not
// hold. When a reservoir shrinks, leases do as their clients report.
//
// Threads: one at a time.
#ifndef ROENTGEN_SERVER_SAMPLING_RULE_CLIENTS_H_
#define ROENTGEN_SERVER_SAMPLING_RULE_CLIENTS_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "base/timestamp.h"

namespace roentgen::server {

// Clients compare whole seconds: a lease holds through the second of its TTL.
inline constexpr absl::Duration kLeaseTtl = absl::Seconds(300);
inline constexpr absl::Duration kLeaseHolds = absl::Seconds(301);

struct SamplingLease {
  int64_t quota = 0;
  Timestamp ttl;  // A whole second.

  friend bool operator==(const SamplingLease&, const SamplingLease&) = default;
};

struct ClientReport {
  bool known = false;                  // It reported before.
  std::optional<SamplingLease> lease;  // Only of known ones.
};

class RuleClients {
 public:
  // `now` everywhere: since a moment that stays the same, by a clock that
  // nobody can set (Clock::Elapsed). `time`: of day, for the lease's end.
  //
  // `requests` of a client in the last ten seconds. No lease: the first time,
  // without `may_lease`, or when there are kSamplingClientsMax others.
  ClientReport Report(std::string_view id, int64_t requests, int64_t reservoir,
                      bool may_lease, Timestamp time, absl::Duration now);

  // Whether a lease is in force.
  bool AnyLease(absl::Duration now) const;

 private:
  struct Client {
    std::string id;
    absl::Duration last_seen;
    int64_t demand = 0;  // Requests per second.
    int64_t demand_before = 0;
    int64_t quota = 0;
    absl::Duration lease_end = -absl::InfiniteDuration();

    int64_t HeldAt(absl::Duration now) const {
      return now < lease_end ? quota : 0;
    }
  };

  // Nothing when there is no room.
  Client* Add(std::string_view id, absl::Duration now);
  int64_t QuotaOf(const Client& client, int64_t reservoir,
                  absl::Duration now) const;

  std::vector<Client> clients_;  // Longest known first.
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_SAMPLING_RULE_CLIENTS_H_
