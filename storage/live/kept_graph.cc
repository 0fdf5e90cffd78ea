#include "storage/live/kept_graph.h"

#include <algorithm>

#include "absl/time/time.h"
#include "base/status_macros.h"
#include "base/timestamp.h"
#include "storage/index/column_graph.h"
#include "trace/graph/roll_up.h"
#include "trace/graph/roll_up_codec.h"

namespace roentgen::storage {
namespace {

constexpr absl::Duration kMinute = absl::Minutes(1);

bool IsIn(const KeptGraph::Minute& minute, const GraphWindow& window) {
  return window.Contains(minute.first_second) &&
         window.Contains(minute.last_second);
}

// Neither within the window nor apart from it, or in two of its periods.
bool IsCut(const KeptGraph::Minute& minute, const GraphWindow& window) {
  if (minute.first_second >= window.end() ||
      minute.last_second < window.begin()) {
    return false;
  }
  return !IsIn(minute, window) || window.PeriodOf(minute.first_second) !=
                                      window.PeriodOf(minute.last_second);
}

}  // namespace

size_t KeptGraph::MemoryBytes() const {
  constexpr size_t kPerMinute = sizeof(Minute) + 64;
  size_t bytes = sizeof(*this);
  for (const auto& [begin, minute] : minutes) {
    bytes += kPerMinute + minute.roll_up.capacity();
  }
  return bytes;
}

absl::StatusOr<KeptGraph> KeepGraph(ColumnSource& source,
                                    const TraceBitmap& traces, int64_t begin,
                                    int64_t end) {
  const GraphWindow all = GraphWindow(TimeRange(), kMinute).Part(begin, end);
  KeptGraph kept;
  RTG_RETURN_IF_ERROR(
      ForEachSecond(source, [&](uint32_t trace, int64_t second) {
        if (trace >= traces.size() || !traces.Test(trace) ||
            !all.Contains(second)) {
          return;
        }
        KeptGraph::Minute& minute = kept.minutes[all.PeriodOf(second)];
        minute.first_second = std::min(minute.first_second, second);
        minute.last_second = std::max(minute.last_second, second);
      }));
  GraphPeriods periods;
  RTG_RETURN_IF_ERROR(AddColumnGraph(source, traces, all, 1, periods));
  for (const auto& [minute, figures] : periods) {
    kept.minutes[minute].roll_up =
        EncodeRollUp(figures, RollUpSpan::Minute(minute));
  }
  return kept;
}

absl::StatusOr<bool> AddKeptGraph(const KeptGraph& kept,
                                  const GraphWindow& window,
                                  GraphPeriods& periods) {
  for (const auto& [begin, minute] : kept.minutes) {
    if (IsCut(minute, window) || HasOverflowed(minute.roll_up)) return false;
  }
  for (const auto& [begin, minute] : kept.minutes) {
    if (!IsIn(minute, window) || minute.roll_up.empty()) continue;
    RTG_RETURN_IF_ERROR(
        AddRollUp(minute.roll_up, RollUpSpan::Minute(begin), 1,
                  periods[window.PeriodOf(minute.first_second)]));
  }
  return true;
}

}  // namespace roentgen::storage
