// Roll-ups: what a minute, ten or an hour add to the service map, as one value
// that others are added to without being read first.
//
//   for (const auto& [begin, value] : RollUpsOf(minutes)[unit]) {
//     batch.Merge(Key(unit, begin), value);     // JoinRollUps, later.
//   }
//   AddRollUp(stored, RollUpSpan::Hour(begin), 1, figures);
//
// A value is a sum of deltas, which may be negative; the empty string is the
// sum of none. What adds up to nothing is not kept. The sum of a value and its
// negative is empty.
//
// A value that would be larger than limits::kRollUpBytesMax (some ten thousand
// nodes: names made up by hostile callers) overflows: it forgets its figures,
// and stays so whatever is added. Readers then go by the traces' columns.
//
// Threads: pure.
#ifndef ROENTGEN_TRACE_GRAPH_ROLL_UP_H_
#define ROENTGEN_TRACE_GRAPH_ROLL_UP_H_

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "trace/graph/roll_up_codec.h"
#include "trace/model/graph_figures.h"

namespace roentgen::storage {

// Of activity, the seconds within the span count.
std::string EncodeRollUp(const GraphFigures& figures, const RollUpSpan& span);

bool HasOverflowed(std::string_view roll_up);

// Errors (also of the next two): DataLoss; ResourceExhausted when the value
// has overflowed.
absl::StatusOr<GraphFigures> DecodeRollUp(std::string_view roll_up,
                                          const RollUpSpan& span);

// Adds a value to figures, or with `sign` -1 takes it away. What adds up to
// nothing stays: DropEmpty. After an error `to` may have got a part.
absl::Status AddRollUp(std::string_view roll_up, const RollUpSpan& span,
                       int64_t sign, GraphFigures& to,
                       ActivityDetail detail = ActivityDetail::kSlots);

// The sum of values of one span; overflowed if one of them is.
// Errors: DataLoss.
absl::StatusOr<std::string> MergeRollUps(
    std::span<const std::string_view> roll_ups);

// Values of one span as one value, which is their sum: side by side while they
// are few, because adding them up takes longer than reading them does. What
// does not decode counts as overflowed.
std::string JoinRollUps(std::span<const std::string_view> roll_ups);

// By begin, in seconds since the epoch; one map for each of kRollUpUnits. None
// is empty.
using RollUps = std::array<std::map<int64_t, std::string>, kRollUpUnits.size()>;

// `minutes`: figures per minute, as AddColumnGraph makes them.
RollUps RollUpsOf(const GraphPeriods& minutes);

}  // namespace roentgen::storage

#endif  // ROENTGEN_TRACE_GRAPH_ROLL_UP_H_
