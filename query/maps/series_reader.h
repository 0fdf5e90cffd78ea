// Figures of selected nodes or edges, period by period.
//
// Threads: thread-safe; calls block on disk reads.
#ifndef ROENTGEN_QUERY_MAPS_SERIES_READER_H_
#define ROENTGEN_QUERY_MAPS_SERIES_READER_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "base/call.h"
#include "query/graph/entity_selector.h"
#include "storage/engine/trace_engine.h"
#include "trace/model/graph_figures.h"

namespace roentgen::query {

struct SeriesQuery {
  // Seconds since the epoch, multiples of the period: the begins of the first
  // period and of the one after the last.
  int64_t begin = 0;
  int64_t end = 0;
  int64_t period = 60;  // Whole minutes.
  std::string group_id;
  std::optional<EntitySelector> selector;  // Nothing: calls from clients.
};

struct SeriesEntry {
  int64_t begin = 0;
  // Nothing: others had observations in the period.
  std::optional<storage::CallFigures> calls;
};

// Oldest first; periods without any observation are left out. Whole maps are
// read for some periods at a time, so that memory does not grow with their
// number. Adds of which time they are to `scope`.
absl::StatusOr<std::vector<SeriesEntry>> ReadSeries(
    storage::TraceEngine& engine, const SeriesQuery& query, const Call& call,
    storage::AnswerScope& scope);

}  // namespace roentgen::query

#endif  // ROENTGEN_QUERY_MAPS_SERIES_READER_H_
