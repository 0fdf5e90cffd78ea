#include "server/sampling/rule_clients.h"

#include <algorithm>

#include "base/limits.h"
#include "server/sampling/fair_share.h"

namespace roentgen::server {
namespace {

constexpr int64_t kReportSeconds = 10;
// Three reports missed.
constexpr absl::Duration kSilentAfter = absl::Seconds(30);

// The largest is also the largest reservoir; negative ones are none.
int64_t DemandOf(int64_t requests) {
  requests = std::max<int64_t>(requests, 0);
  return std::min(
      requests / kReportSeconds + (requests % kReportSeconds > 0 ? 1 : 0),
      limits::kReservoirSizeMax);
}

Timestamp FloorToSecond(Timestamp time) {
  constexpr int64_t kSecondNs = 1'000'000'000;
  return {time.ns - time.ns % kSecondNs};
}

}  // namespace

RuleClients::Client* RuleClients::Add(std::string_view id, absl::Duration now) {
  if (id.size() > limits::kSamplingClientIdBytesMax) return nullptr;
  if (clients_.size() >= limits::kSamplingClientsMax) {
    // What is lent stays lent; a flood of new ids drives nobody out who
    // reports.
    std::erase_if(clients_, [&](const Client& client) {
      return client.HeldAt(now) == 0 && now - client.last_seen > kSilentAfter;
    });
  }
  if (clients_.size() >= limits::kSamplingClientsMax) return nullptr;
  return &clients_.emplace_back(Client{.id = std::string(id)});
}

int64_t RuleClients::QuotaOf(const Client& client, int64_t reservoir,
                             absl::Duration now) const {
  int64_t held_by_others = 0;
  int64_t held_by_silent = 0;
  std::vector<int64_t> demands;
  size_t at = 0;
  for (const Client& other : clients_) {
    const int64_t held = other.HeldAt(now);
    if (&other == &client) {
      at = demands.size();
    } else {
      held_by_others += held;
      if (now - other.last_seen > kSilentAfter) {
        held_by_silent += held;
        continue;
      }
    }
    demands.push_back(std::max(other.demand, other.demand_before));
  }
  const int64_t pool = std::max<int64_t>(reservoir - held_by_silent, 0);
  const int64_t free = std::max<int64_t>(reservoir - held_by_others, 0);
  return std::min(FairShare(pool, demands, at), free);
}

ClientReport RuleClients::Report(std::string_view id, int64_t requests,
                                 int64_t reservoir, bool may_lease,
                                 Timestamp time, absl::Duration now) {
  const auto at =
      std::find_if(clients_.begin(), clients_.end(),
                   [&](const Client& client) { return client.id == id; });
  const bool known = at != clients_.end();
  Client* const client = known ? &*at : Add(id, now);
  if (client == nullptr) return {};
  client->last_seen = now;
  client->demand_before = client->demand;
  client->demand = DemandOf(requests);
  if (!known || !may_lease) return {.known = known};
  client->quota = QuotaOf(*client, reservoir, now);
  const Timestamp ttl = FloorToSecond(time) + kLeaseTtl;
  client->lease_end = now + (ttl - time) + (kLeaseHolds - kLeaseTtl);
  return {.known = true,
          .lease = SamplingLease{.quota = client->quota, .ttl = ttl}};
}

bool RuleClients::AnyLease(absl::Duration now) const {
  return std::any_of(
      clients_.begin(), clients_.end(),
      [&](const Client& client) { return client.HeldAt(now) > 0; });
}

}  // namespace roentgen::server
