// Whether a node of the service map fails more than it used to, minute by
// minute.
//
// A node becomes anomalous with a minute, or with the two to five last ones
// together, whose faults would come by chance less than once in a million: one
// minute is enough where many requests fail, and few requests take longer. Its
// share of faults must be two points of a hundred above the usual, too. It
// recovers after ten minutes with requests and without too many faults, or
// after half an hour without requests.
//
// Threads: confined to one thread. Deterministic.
#ifndef ROENTGEN_SERVER_INSIGHTS_NODE_WATCH_H_
#define ROENTGEN_SERVER_INSIGHTS_NODE_WATCH_H_

#include <cstdint>
#include <deque>

#include "query/graph/fault_forecast.h"
#include "server/insights/insight.h"

namespace roentgen::server {

// What the last minutes were, the newer the more they count.
class RecentFaults {
 public:
  void Add(double requests, double faults);

  double requests() const { return requests_; }
  // Above `share` of the requests; may be negative.
  double Excess(double share) const { return faults_ - share * requests_; }

 private:
  double requests_ = 0;
  double faults_ = 0;
};

// Minutes by their begin, in seconds since the epoch.
struct MinuteImpact {
  int64_t minute = 0;
  RequestImpact impact;
};
// The last five minutes, oldest first, those without requests left out.
using LastMinutes = std::deque<MinuteImpact>;
void AddMinute(int64_t minute, const RequestImpact& impact, LastMinutes& last);
// Since `minute`.
RequestImpact SumSince(int64_t minute, const LastMinutes& last);

class NodeWatch {
 public:
  // How far back the watch may place the begin of an incident.
  static constexpr int64_t kMinutesBack = 5;

  explicit NodeWatch(int64_t minute) : last_seen_(minute) {}

  // Every minute, also without requests, in order.
  void Evaluate(int64_t minute, const RequestImpact& impact);

  bool anomalous() const { return anomalous_; }
  // First and last minute with too many faults; of the anomaly that is, or was.
  int64_t first_hot() const { return first_hot_; }
  int64_t last_hot() const { return last_hot_; }
  int64_t last_seen() const { return last_seen_; }
  // Since the first hot minute.
  const RequestImpact& impact() const { return impact_; }
  double excess() const { return excess_; }

  double share() const { return forecast_.Share(); }
  double RecentExcess() const { return recent_.Excess(share()); }

  // Anomalous since before; the last hot minute was `last_hot` at least.
  void Resume(int64_t first_hot, int64_t last_hot);
  void Forget() { anomalous_ = false; }

 private:
  // Begin of the minutes that together are too much; nothing if they are not.
  std::optional<int64_t> HotSince(int64_t minute, const RequestImpact& impact);
  void Open(int64_t first_hot);

  query::FaultForecast forecast_;
  LastMinutes last_;
  RecentFaults recent_;
  bool anomalous_ = false;
  int64_t first_hot_ = 0;
  int64_t last_hot_ = 0;
  int64_t last_seen_ = 0;
  int64_t calm_minutes_ = 0;  // With requests, since the last hot one.
  RequestImpact impact_;
  double excess_ = 0;
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_INSIGHTS_NODE_WATCH_H_
