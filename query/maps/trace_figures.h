// Figures of the service map of traces that are added one by one.
//
//   TraceFiguresBuilder builder(engine, range);
//   RTG_RETURN_IF_ERROR(builder.Add(trace, call));
//   GraphFigures figures = std::move(builder).Take();
//
// Threads: confined to one thread; Add blocks on disk reads.
#ifndef ROENTGEN_QUERY_MAPS_TRACE_FIGURES_H_
#define ROENTGEN_QUERY_MAPS_TRACE_FIGURES_H_

#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/call.h"
#include "base/timestamp.h"
#include "query/traces/trace_reader.h"
#include "storage/engine/trace_engine.h"
#include "trace/assembly/message_links.h"
#include "trace/assembly/trace.h"
#include "trace/assembly/trace_graph.h"
#include "trace/model/graph_figures.h"
#include "trace/model/graph_window.h"

namespace roentgen::query {

class TraceFiguresBuilder {
 public:
  // What ended in `range` counts. `engine`, where the senders of messages are
  // looked up, outlives this object.
  TraceFiguresBuilder(storage::TraceEngine& engine, const TimeRange& range,
                      storage::GraphFigures figures = {});

  absl::Status Add(const storage::Trace& trace, const Call& call);

  const storage::GraphFigures& figures() const {
    return periods_.begin()->second;
  }
  storage::GraphFigures Take() && {
    return std::move(periods_.begin()->second);
  }

 private:
  absl::StatusOr<std::vector<storage::LinkEdge>> FindLinks(
      const storage::Trace& trace, const Call& call);

  storage::TraceEngine& engine_;
  const storage::GraphWindow window_;
  storage::GraphPeriods periods_;  // Exactly one.
};

}  // namespace roentgen::query

#endif  // ROENTGEN_QUERY_MAPS_TRACE_FIGURES_H_
