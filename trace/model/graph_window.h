// Which seconds a map is asked for, and which period each belongs to.
//
// Threads: plain value.
#ifndef ROENTGEN_TRACE_MODEL_GRAPH_WINDOW_H_
#define ROENTGEN_TRACE_MODEL_GRAPH_WINDOW_H_

#include <algorithm>
#include <cstdint>

#include "absl/time/time.h"
#include "base/timestamp.h"

namespace roentgen::storage {

// The whole second that a time lies in, since the epoch.
inline int64_t SecondOf(Timestamp t) {
  constexpr int64_t kNs = 1'000'000'000;
  return t.ns / kNs - (t.ns % kNs < 0 ? 1 : 0);
}

class GraphWindow {
 public:
  // Parts of a second at the range's ends are cut off. `period` is whole
  // seconds, counted from the epoch; not positive: all of the range in one.
  GraphWindow(const TimeRange& range, absl::Duration period);

  bool Contains(int64_t second) const {
    return begin_ <= second && second < end_;
  }
  // Begin of the period that a second of the window is in.
  int64_t PeriodOf(int64_t second) const {
    if (period_ <= 0) return base_;
    const int64_t rest = second % period_;
    return second - rest - (rest < 0 ? period_ : 0);
  }
  int64_t begin() const { return begin_; }
  int64_t end() const { return end_; }

  // The seconds begin .. end-1 of it, in the periods that it puts them in.
  GraphWindow Part(int64_t begin, int64_t end) const {
    GraphWindow part = *this;
    part.begin_ = std::max(begin, begin_);
    part.end_ = std::min(end, end_);
    return part;
  }

 private:
  int64_t begin_;     // Seconds since the epoch, as the next.
  int64_t end_;       // Not contained.
  int64_t period_;    // Seconds; 0: all in one.
  int64_t base_ = 0;  // Of all in one: what its period is called.
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_TRACE_MODEL_GRAPH_WINDOW_H_
