// X-Ray's operations on insights, and the evaluation that makes them.
//
//   InsightService insights(engine, graphs, groups, store, options);
//   insights.Evaluate(call);               // Every ten seconds or so.
//   insights.Summaries(request);
//
// Errors: InvalidArgument with the words for clients; those of the engine and
// the settings store pass through.
//
// Threads: thread-safe. Evaluate and ImpactGraph block on disk reads.
#ifndef ROENTGEN_SERVER_INSIGHTS_INSIGHT_SERVICE_H_
#define ROENTGEN_SERVER_INSIGHTS_INSIGHT_SERVICE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/call.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/mutex.h"
#include "base/timestamp.h"
#include "query/groups/group.h"
#include "query/groups/group_catalog.h"
#include "query/maps/service_graphs.h"
#include "server/insights/impact_graph.h"
#include "server/insights/insight.h"
#include "server/insights/insight_detector.h"
#include "server/insights/insight_store.h"
#include "storage/engine/trace_engine.h"

namespace roentgen::server {

struct InsightSummariesRequest {
  Timestamp start;
  Timestamp end;
  query::GroupKey group;
  std::optional<InsightState> state;  // Nothing: both.
  std::optional<size_t> max_results;
  std::string next_token;
};

struct InsightPage {
  std::vector<Insight> insights;  // Newest first.
  std::string next_token;         // Empty: there are no more.
};

struct InsightEventPage {
  Insight insight;
  std::vector<InsightEvent> events;  // Newest first.
  std::string next_token;
};

struct InsightImpactGraph {
  Timestamp start;
  Timestamp end;
  std::optional<TimeRange> data;  // Of the observations in it.
  std::vector<ImpactNode> nodes;
};

class InsightService {
 public:
  struct Options {
    // A minute is evaluated so long after its end: until then segments come in.
    absl::Duration settle = absl::Seconds(20);
    // Of NextTokens; stable over restarts.
    uint64_t token_key = 0;
    // After an evaluation that made events. Must not block. Empty: nobody is
    // told of events, also not later.
    std::function<void()> on_events;
    const Clock* clock = &SystemClock();
  };

  // All outlive this object. `graphs` has the same groups.
  InsightService(storage::TraceEngine& engine,
                 const query::ServiceGraphs& graphs,
                 const query::GroupCatalog& groups, InsightStore& store,
                 Options options)
      : engine_(engine),
        graphs_(graphs),
        groups_(groups),
        store_(store),
        options_(std::move(options)) {}

  // X-Ray's GetInsightSummaries: insights that overlap the window.
  absl::StatusOr<InsightPage> Summaries(
      const InsightSummariesRequest& request) const;
  // X-Ray's GetInsight.
  absl::StatusOr<Insight> Get(std::string_view id) const;
  // X-Ray's GetInsightEvents.
  absl::StatusOr<InsightEventPage> Events(std::string_view id,
                                          std::optional<size_t> max_results,
                                          const std::string& next_token) const;
  // X-Ray's GetInsightImpactGraph.
  absl::StatusOr<InsightImpactGraph> ImpactGraph(std::string_view id,
                                                 Timestamp start, Timestamp end,
                                                 const std::string& next_token,
                                                 const Call& call) const;

  // Evaluates the minutes that are complete and were not evaluated yet, of all
  // groups with insights. A group that fails does not keep the others from
  // being evaluated; the first error is returned. Insights of groups that have
  // none any more are closed.
  absl::Status Evaluate(const Call& call);

 private:
  struct Evaluated {
    explicit Evaluated(std::string group_id) : detector(std::move(group_id)) {}
    InsightDetector detector;
    int64_t next_minute = 0;
  };
  using OnMinute =
      std::function<absl::Status(int64_t, const storage::GraphFigures&)>;

  absl::StatusOr<InsightRecord> Find(std::string_view id) const;
  absl::Status EvaluateGroup(const query::Group& group,
                             const std::string& group_id, int64_t end_minute,
                             const Call& call) RTG_REQUIRES(evaluate_mu_);
  // Learns what is past.
  absl::StatusOr<Evaluated> Prepare(const std::string& group_id,
                                    int64_t end_minute, const Call& call)
      RTG_REQUIRES(evaluate_mu_);
  absl::Status Keep(InsightRecord record, const query::Group& group)
      RTG_REQUIRES(evaluate_mu_);
  absl::Status CloseOfOthers(const std::vector<std::string>& group_ids)
      RTG_REQUIRES(evaluate_mu_);
  // Calls `on_minute` for each minute of [begin, end), also empty ones.
  absl::Status VisitMinutes(const std::string& group_id, int64_t begin,
                            int64_t end, const Call& call,
                            const OnMinute& on_minute) const;

  storage::TraceEngine& engine_;
  const query::ServiceGraphs& graphs_;
  const query::GroupCatalog& groups_;
  InsightStore& store_;
  const Options options_;
  Mutex evaluate_mu_;  // One evaluation at a time.
  std::map<std::string, Evaluated> evaluated_ RTG_GUARDED_BY(evaluate_mu_);
  bool has_events_ RTG_GUARDED_BY(evaluate_mu_) = false;
};

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_INSIGHTS_INSIGHT_SERVICE_H_
