#include "query/maps/series_reader.h"

#include <algorithm>
#include <utility>

#include "base/status_macros.h"
#include "base/timestamp.h"

namespace roentgen::query {
namespace {

constexpr int64_t kPeriodsPerRead = 120;

std::optional<storage::CallFigures> Selected(
    const SeriesQuery& query, const storage::GraphFigures& graph) {
  return query.selector ? Select(*query.selector, graph) : SelectEntries(graph);
}

absl::Status CheckMemory(size_t bytes, const Call& call) {
  if (bytes <= call.memory_bytes_max()) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      "the time series needs more than its " +
      std::to_string(call.memory_bytes_max()) +
      " bytes of memory: ask for a shorter time");
}

}  // namespace

absl::StatusOr<std::vector<SeriesEntry>> ReadSeries(
    storage::TraceEngine& engine, const SeriesQuery& query, const Call& call,
    storage::AnswerScope& scope) {
  std::vector<SeriesEntry> out;
  size_t bytes = 0;
  int64_t periods = kPeriodsPerRead;
  for (int64_t begin = query.begin; begin < query.end;) {
    const int64_t end = std::min(begin + periods * query.period, query.end);
    const storage::GraphRequest request{
        .range = {Timestamp::FromSeconds(begin), Timestamp::FromSeconds(end)},
        .period = absl::Seconds(query.period),
        .group_id = query.group_id,
        .predicate = std::nullopt};
    absl::StatusOr<storage::GraphResult> result = engine.Graph(request, call);
    if (absl::IsResourceExhausted(result.status()) && periods > 1) {
      periods /= 2;
      continue;
    }
    if (!result.ok()) return result.status();
    scope.Add(result->scope);
    for (const auto& [period, graph] : result->periods) {
      SeriesEntry& entry = out.emplace_back();
      entry.begin = period;
      entry.calls = Selected(query, graph);
      bytes += sizeof(SeriesEntry);
      if (entry.calls) bytes += entry.calls->response_times.MemoryBytes();
      RTG_RETURN_IF_ERROR(CheckMemory(bytes, call));
    }
    begin = end;
  }
  return out;
}

}  // namespace roentgen::query
