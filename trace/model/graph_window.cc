#include "trace/model/graph_window.h"

#include <algorithm>

namespace roentgen::storage {

GraphWindow::GraphWindow(const TimeRange& range, absl::Duration period)
    : begin_(SecondOf(range.begin)),
      // The end of all time is in the window.
      end_(range.end == Timestamp::Max() ? SecondOf(range.end) + 1
                                         : SecondOf(range.end)),
      period_(std::clamp<int64_t>(absl::ToInt64Seconds(period), 0,
                                  SecondOf(Timestamp::Max()))) {
  const bool mid_second = range.begin.ns % 1'000'000'000 != 0;
  if (mid_second && range.begin != Timestamp::Min()) ++begin_;
  base_ = begin_;
}

}  // namespace roentgen::storage
