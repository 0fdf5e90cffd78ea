// Finds insights in the minutes of one group's service map.
//
//   InsightDetector detector(group_id);
//   detector.Learn(minute, figures);                // What is past.
//   detector.Resume(records);                       // What was known then.
//   for (const InsightRecord& changed : detector.Evaluate(minute, figures)) ...
//
// Minutes (their begins, in seconds since the epoch) are given one by one, in
// order and without gaps: a minute without requests has empty figures.
//
// The same minutes give the same insights. Nodes and edges are bounded by
// limits::kInsightNodesMax and kInsightEdgesMax.
//
// Threads: confined to one thread.
#ifndef ROENTGEN_SERVER_INSIGHTS_INSIGHT_DETECTOR_H_
#define ROENTGEN_SERVER_INSIGHTS_INSIGHT_DETECTOR_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "server/insights/insight.h"
#include "server/insights/node_watch.h"
#include "server/insights/root_causes.h"
#include "trace/model/graph_figures.h"
#include "trace/model/service_id.h"

namespace roentgen::server {

class InsightDetector {
 public:
  // How far back minutes are worth to be learned.
  static constexpr int64_t kMemorySeconds =
      query::FaultForecast::kMemorySeconds;
  // An insight that closed less long ago is opened again.
  static constexpr int64_t kReopenSeconds = 30 * 60;

  explicit InsightDetector(std::string group_id)
      : group_id_(std::move(group_id)) {}

  // Records of insights that are active, or were until this minute. They have
  // new events, or not; group_name and group_arn are empty in new ones.
  std::vector<InsightRecord> Evaluate(int64_t minute,
                                      const storage::GraphFigures& figures);

  // As Evaluate, without insights.
  void Learn(int64_t minute, const storage::GraphFigures& figures);

  // After Learn: goes on with insights that are active, or closed lately.
  // What else seemed anomalous is forgotten.
  void Resume(std::span<const InsightRecord> records);

  size_t nodes() const { return nodes_.size(); }
  // Sightings of nodes that were one too many.
  uint64_t nodes_ignored() const { return nodes_ignored_; }

 private:
  struct Tracked {
    InsightRecord record;
    std::set<storage::ServiceId> members;
  };
  using Clusters =
      std::map<storage::ServiceId, std::vector<storage::ServiceId>>;

  void WatchNodes(int64_t minute, const storage::GraphFigures& figures);
  void WatchEdges(const storage::GraphFigures& figures);
  void ForgetIdle(int64_t minute);
  // Anomalous nodes by their root causes, which are remembered.
  Clusters FindClusters(int64_t minute);
  bool HasInsight(const storage::ServiceId& root) const;
  // The insight that a cluster goes on; null: a new one.
  Tracked* Match(const storage::ServiceId& root,
                 std::span<const storage::ServiceId> members,
                 const std::set<std::string>& taken);
  Tracked& Begin(int64_t minute, const storage::ServiceId& root);
  void Continue(int64_t minute, const storage::ServiceId& root,
                std::span<const storage::ServiceId> members, Tracked& tracked);
  void Rank(std::span<const storage::ServiceId> members,
            std::vector<storage::ServiceId>& top) const;

  const std::string group_id_;
  WatchedNodes nodes_;
  RecentEdges edges_;
  LastMinutes clients_;
  RequestImpact client_minute_;  // Of this minute.
  // Minute's requests of nodes.
  std::map<storage::ServiceId, RequestImpact> node_minute_;
  RootCauses root_causes_;  // Of the minute before.
  uint64_t nodes_ignored_ = 0;
  std::vector<Tracked> tracked_;  // Active, or closed lately.
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_INSIGHTS_INSIGHT_DETECTOR_H_
