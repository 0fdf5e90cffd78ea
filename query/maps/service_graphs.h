// The service map's operations as plain functions over domain types.
//
// Errors: InvalidArgument carries the exact message X-Ray's clients see as
// InvalidRequestException; DeadlineExceeded, Cancelled, ResourceExhausted (the
// call needs more memory than it may use) and Unavailable.
//
// Threads: thread-safe; calls block on disk reads.
#ifndef ROENTGEN_QUERY_MAPS_SERVICE_GRAPHS_H_
#define ROENTGEN_QUERY_MAPS_SERVICE_GRAPHS_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/call.h"
#include "base/limits.h"
#include "base/timestamp.h"
#include "query/graph/fault_forecast.h"
#include "query/graph/map_comparison.h"
#include "query/graph/service_map.h"
#include "query/groups/group_catalog.h"
#include "query/search/compiled_filter.h"
#include "query/traces/trace_reader.h"
#include "storage/engine/trace_engine.h"

namespace roentgen::query {

// Half-open, widened to whole seconds: what ended in the second of `end` is
// seen, too, unless that is a whole second itself.
struct MapWindow {
  Timestamp start;
  Timestamp end;
};

struct ServiceGraphRequest {
  MapWindow window;
  GroupKey group;          // Neither name nor ARN: every trace.
  std::string next_token;  // X-Ray takes none.
  // Not X-Ray's: only traces that match, and not together with a group.
  std::string filter_expression;
  // Not X-Ray's: what was before.
  std::optional<MapWindow> compare_with;
};

// Of a filter that the index does not answer alone: traces that may match are
// read and looked at.
struct GraphProgress {
  uint64_t to_examine = 0;
  uint64_t examined = 0;
  uint64_t matched = 0;  // Of the examined ones.
  // Not all were examined: time ran out, or there were too many. Figures are
  // too small then.
  bool incomplete = false;
};

struct ServiceGraphAnswer {
  ServiceMap map;
  // The group's expression changed in the window.
  bool old_group_versions = false;
  GraphProgress progress;
  std::vector<MapChange> changes;  // With `compare_with`.
  storage::AnswerScope scope;
};

struct TimeSeriesRequest {
  Timestamp start;
  Timestamp end;
  GroupKey group;
  std::string selector;  // Empty: calls from clients.
  int64_t period_seconds = 60;
  bool forecast = false;
  std::string next_token;
};

struct TimeSeriesPoint {
  Timestamp end;  // Of the period.
  // Nothing when the selected entities have no observation in it.
  std::optional<storage::CallFigures> calls;
  std::optional<FaultBand> faults_expected;
};

struct TimeSeriesAnswer {
  bool of_edges = true;  // Otherwise of nodes.
  // Newest first; periods without any observation are left out.
  std::vector<TimeSeriesPoint> points;
  bool old_group_versions = false;
  storage::AnswerScope scope;
};

class ServiceGraphs {
 public:
  struct Options {
    // Refuse what AWS refuses: windows of more than 6 h, several trace ids.
    bool strict_aws_limits = false;
    // Null: there are no groups.
    const GroupCatalog* groups = nullptr;
  };

  // `engine`, and what `options` points to, outlive this object.
  ServiceGraphs(storage::TraceEngine& engine, const Options& options)
      : engine_(engine), options_(options) {}

  using OnProgress = std::function<void(const GraphProgress&)>;

  // X-Ray's GetServiceGraph. `on_progress` (may be empty) is called before
  // and while traces are examined. They are, for three quarters of the call's
  // time at most.
  absl::StatusOr<ServiceGraphAnswer> Graph(
      const ServiceGraphRequest& request, const Call& call,
      const OnProgress& on_progress = {}) const;

  // X-Ray's GetTraceGraph: of 1 to 5 traces together. Unknown ones are left
  // out, unless all are. Nodes have no times.
  absl::StatusOr<ServiceMap> OfTraces(std::span<const std::string> trace_ids,
                                      const std::string& next_token,
                                      const Call& call) const;
  // The same of any number of traces. Empty when none is stored.
  absl::StatusOr<ServiceMap> MapOf(std::span<const storage::TraceId> ids,
                                   const Call& call) const;

  // X-Ray's GetTimeSeriesServiceStatistics.
  absl::StatusOr<TimeSeriesAnswer> TimeSeries(const TimeSeriesRequest& request,
                                              const Call& call) const;

 private:
  struct Selection;
  class SeriesReader;

  const GroupLookup& Lookup() const;
  absl::StatusOr<Selection> Select(const GroupKey& group,
                                   const std::string& filter) const;
  // Adds what it did, and of which time it is, to `answer`.
  absl::StatusOr<storage::GraphFigures> Figures(
      const TimeRange& range, const Selection& selection, const Call& call,
      const OnProgress& on_progress, ServiceGraphAnswer& answer) const;
  absl::Status Examine(std::span<const storage::TraceId> unsure,
                       const TimeRange& range, const CompiledFilter& filter,
                       const Call& call, const OnProgress& on_progress,
                       GraphProgress& progress,
                       storage::GraphFigures& figures) const;

  storage::TraceEngine& engine_;
  const Options options_;
};

}  // namespace roentgen::query

#endif  // ROENTGEN_QUERY_MAPS_SERVICE_GRAPHS_H_
