// The bytes of a roll-up; docs/on_disk_format.md draws them.
//
// Threads: pure.
#ifndef ROENTGEN_TRACE_GRAPH_ROLL_UP_CODEC_H_
#define ROENTGEN_TRACE_GRAPH_ROLL_UP_CODEC_H_

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "trace/model/graph_figures.h"

namespace roentgen::storage {

inline constexpr uint8_t kRollUpVersion = 1;
// Parts of a period in which activity is told apart.
inline constexpr int64_t kRollUpSlots = 60;

// What there are roll-ups of, in seconds: each divides the next.
inline constexpr std::array<int64_t, 3> kRollUpUnits = {60, 600, 3'600};

// The begin of the unit that a second is in.
constexpr int64_t FloorTo(int64_t second, int64_t unit) {
  const int64_t rest = second % unit;
  return second - rest - (rest < 0 ? unit : 0);
}

// The seconds that a roll-up is about: `kRollUpSlots` slots from `begin` on.
struct RollUpSpan {
  int64_t begin = 0;  // Since the epoch.
  int64_t slot_seconds = 1;

  static RollUpSpan Minute(int64_t begin) { return {begin, 1}; }
  static RollUpSpan Hour(int64_t begin) { return {begin, 60}; }
  // `unit`: one of kRollUpUnits.
  static RollUpSpan Of(int64_t unit, int64_t begin) {
    return {begin, unit / kRollUpSlots};
  }
};

// How activity is told that was added up in slots. Over a month, every slot is
// more than all other figures.
enum class ActivityDetail {
  kSlots,  // At the first second of its slot.
  kSpan    // All of the span at its begin.
};

// Version and all that follows, without what is empty (DropEmpty); empty when
// nothing is left. Of activity, the seconds within the span. Both ends of each
// edge are among the nodes.
std::string EncodeFigures(const GraphFigures& figures, const RollUpSpan& span);

// Adds them to `to`, with `sign` -1 takes them away, without figures between.
// Errors: DataLoss; then `to` may have got a part.
absl::Status AddEncodedFigures(std::string_view bytes, const RollUpSpan& span,
                               int64_t sign, ActivityDetail detail,
                               GraphFigures& to);

}  // namespace roentgen::storage

#endif  // ROENTGEN_TRACE_GRAPH_ROLL_UP_CODEC_H_
