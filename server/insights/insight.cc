#include "server/insights/insight.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/limits.h"
#include "base/wire.h"
#include "xxhash.h"

namespace roentgen::server {

std::string_view NameOf(InsightState state) {
  return state == InsightState::kActive ? "ACTIVE" : "CLOSED";
}

void RequestImpact::Add(const RequestImpact& other) {
  faults += other.faults;
  oks += other.oks;
  total += other.total;
}

RequestImpact ImpactOf(const storage::CallFigures& calls) {
  return {.faults = std::max<int64_t>(calls.fault, 0),
          .oks = std::max<int64_t>(calls.ok, 0),
          .total = std::max<int64_t>(calls.count(), 0)};
}

void AddEvent(InsightEventKind kind, InsightRecord& record) {
  const Insight& insight = record.insight;
  record.events.push_back({.kind = kind,
                           .time = insight.last_update,
                           .root_cause = insight.root_cause,
                           .impact = insight.impact,
                           .top_services = insight.top_services});
  ++record.events_made;
  if (record.events.size() > limits::kInsightEventsMax) {
    record.events.erase(record.events.begin());
  }
}

void CloseInsight(InsightRecord& record) {
  record.insight.state = InsightState::kClosed;
  record.insight.end = std::max(record.hot_until, record.insight.start);
  record.insight.impact = record.hot_impact;
  AddEvent(InsightEventKind::kClosed, record);
}

std::string SummaryOf(Timestamp start, const storage::ServiceId& root_cause,
                      const InsightImpact& impact) {
  std::string out = absl::StrCat(
      "The issue began at ",
      absl::FormatTime("%Y-%m-%dT%H:%MZ", start.ToTime(), absl::UTCTimeZone()),
      ". Faults of ", root_cause.name);
  if (!root_cause.type.empty())
    absl::StrAppend(&out, " (", root_cause.type, ")");
  const RequestImpact& client = impact.client;
  if (client.total == 0)
    return absl::StrCat(out, " affect no client requests.");
  // Rounded up: a fault is not nothing.
  const double share = 100 * static_cast<double>(client.faults) /
                       static_cast<double>(client.total);
  const auto percent = static_cast<int64_t>(share + 0.999999);
  return absl::StrCat(out, " affect ", percent, "% of client requests.");
}

std::string InsightIdOf(std::string_view group_id,
                        const storage::ServiceId& root_cause, Timestamp start) {
  std::string seed;
  AppendBytes(group_id, seed);
  AppendBytes(root_cause.name, seed);
  AppendBytes(root_cause.type, seed);
  AppendBytes(root_cause.account_id, seed);
  AppendZigzag(start.ns, seed);
  XXH128_canonical_t hash;
  XXH128_canonicalFromHash(&hash, XXH3_128bits(seed.data(), seed.size()));
  std::string bytes(reinterpret_cast<const char*>(hash.digest), 16);
  bytes[6] = static_cast<char>((bytes[6] & 0x0F) | 0x40);
  bytes[8] = static_cast<char>((bytes[8] & 0x3F) | 0x80);
  std::string id = absl::BytesToHexString(bytes);
  for (const size_t dash : {8, 13, 18, 23}) id.insert(dash, 1, '-');
  return id;
}

}  // namespace roentgen::server
