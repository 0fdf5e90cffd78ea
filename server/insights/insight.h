// Insights: episodes in which services of a group fail more than usual.
// Members follow X-Ray's Insight and InsightEvent.
//
// Threads: plain data, pure functions.
#ifndef ROENTGEN_SERVER_INSIGHTS_INSIGHT_H_
#define ROENTGEN_SERVER_INSIGHTS_INSIGHT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/timestamp.h"
#include "trace/model/graph_figures.h"
#include "trace/model/service_id.h"

namespace roentgen::server {

enum class InsightState : uint8_t { kActive, kClosed };
std::string_view NameOf(InsightState state);  // "ACTIVE".

// What became of requests. Errors and throttles are in the total only.
struct RequestImpact {
  int64_t faults = 0;
  int64_t oks = 0;
  int64_t total = 0;

  void Add(const RequestImpact& other);

  friend bool operator==(const RequestImpact&, const RequestImpact&) = default;
};
RequestImpact ImpactOf(const storage::CallFigures& calls);

// What clients and the root cause saw since the insight began.
struct InsightImpact {
  RequestImpact client;
  RequestImpact root_cause;

  friend bool operator==(const InsightImpact&, const InsightImpact&) = default;
};

struct Insight {
  std::string id;        // A UUID in lower case.
  std::string group_id;  // Never of another group; empty for Default.
  std::string group_name;
  std::string group_arn;
  storage::ServiceId root_cause;
  InsightState state = InsightState::kActive;
  Timestamp start;               // Of the first minute with too many faults.
  std::optional<Timestamp> end;  // Of the last one; only when closed.
  Timestamp last_update;         // End of the last minute that counts.
  InsightImpact impact;
  // The most faults above what is usual first. Never empty.
  std::vector<storage::ServiceId> top_services;

  friend bool operator==(const Insight&, const Insight&) = default;
};

enum class InsightEventKind : uint8_t {
  kCreated,
  kChanged,
  kClosed,
  kReopened
};

// An insight as it was at a time.
struct InsightEvent {
  InsightEventKind kind = InsightEventKind::kCreated;
  Timestamp time;
  storage::ServiceId root_cause;
  InsightImpact impact;
  std::vector<storage::ServiceId> top_services;

  friend bool operator==(const InsightEvent&, const InsightEvent&) = default;
};

// An insight with its past, as it is kept.
struct InsightRecord {
  Insight insight;
  Timestamp hot_until;  // End of the last minute with too many faults.
  // Until then: the calm time after it is no part of the insight.
  InsightImpact hot_impact;
  std::vector<InsightEvent> events;  // Oldest first; the newest are kept.
  uint64_t events_made = 0;          // With those that are not kept any more.
  uint64_t events_notified = 0;      // Of events_made, the first ones.

  friend bool operator==(const InsightRecord&, const InsightRecord&) = default;
};

// Adds an event that says how the insight is now.
void AddEvent(InsightEventKind kind, InsightRecord& record);

// Now, with the last minute that had too many faults as its end.
void CloseInsight(InsightRecord& record);

// Two sentences; the first has no full stop inside, because Grafana shows what
// stands between the first and the second one.
std::string SummaryOf(Timestamp start, const storage::ServiceId& root_cause,
                      const InsightImpact& impact);
inline std::string SummaryOf(const Insight& insight) {
  return SummaryOf(insight.start, insight.root_cause, insight.impact);
}
inline std::string SummaryOf(const Insight& insight,
                             const InsightEvent& event) {
  return SummaryOf(insight.start, event.root_cause, event.impact);
}

// Always the same for the same episode, so that evaluating it again makes no
// second insight. In the form of a random UUID (version 4).
std::string InsightIdOf(std::string_view group_id,
                        const storage::ServiceId& root_cause, Timestamp start);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_INSIGHTS_INSIGHT_H_
