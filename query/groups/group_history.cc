#include "query/groups/group_history.h"

#include <algorithm>
#include <utility>

#include "base/limits.h"

namespace roentgen::query {
namespace {

// Traces are sealed much sooner than this.
constexpr absl::Duration kPastKept = absl::Hours(48);
// The longest time that data are kept by default.
constexpr absl::Duration kChangesKept = absl::Hours(30 * 24);

// How many of the oldest expressions go.
size_t CountForgotten(const GroupHistory& history, Timestamp now) {
  const std::vector<PastExpression>& past = history.past;
  size_t bytes = 0;
  for (size_t kept = 0; kept < past.size(); ++kept) {
    const size_t at = past.size() - 1 - kept;
    const Timestamp until = kept == 0 ? history.since : past[at + 1].since;
    bytes += past[at].expression.size();
    if (kept == limits::kGroupPastExpressionsMax ||
        bytes > limits::kGroupPastBytesMax || until < now - kPastKept) {
      return at + 1;
    }
  }
  return 0;
}

template <typename T>
void DropFirst(std::vector<T>& all, size_t count) {
  all.erase(all.begin(), all.begin() + static_cast<ptrdiff_t>(count));
}

}  // namespace

void NoteChange(std::string old, Timestamp now, GroupHistory& history) {
  // Clocks step back; versions follow one another all the same.
  now = std::max(now, history.since);
  history.past.push_back(
      {.since = history.since, .expression = std::move(old)});
  history.since = now;
  history.changes.push_back(now);
  DropFirst(history.past, CountForgotten(history, now));
  std::erase_if(history.changes,
                [&](Timestamp t) { return t < now - kChangesKept; });
  if (history.changes.size() > limits::kGroupChangesMax) {
    DropFirst(history.changes,
              history.changes.size() - limits::kGroupChangesMax);
  }
}

bool ChangedWithin(const GroupHistory& history, const TimeRange& range) {
  return std::any_of(history.changes.begin(), history.changes.end(),
                     [&](Timestamp t) { return range.Contains(t); });
}

}  // namespace roentgen::query
