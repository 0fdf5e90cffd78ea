#include "storage/graph/roll_up.h"

#include <string>
#include <utility>

#include "base/limits.h"
#include "base/status_macros.h"

namespace roentgen::storage {
namespace {

// Instead of a version: nothing follows.
constexpr std::string_view kOverflowed("\xff", 1);

constexpr int64_t kHourSeconds = 3'600;

int64_t HourOf(int64_t second) {
  const int64_t rest = second % kHourSeconds;
  return second - rest - (rest < 0 ? kHourSeconds : 0);
}

}  // namespace

std::string EncodeRollUp(const GraphFigures& figures, const RollUpSpan& span) {
  std::string value = EncodeFigures(figures, span);
  if (value.size() > limits::kRollUpBytesMax) return std::string(kOverflowed);
  return value;
}

bool HasOverflowed(std::string_view roll_up) { return roll_up == kOverflowed; }

absl::StatusOr<GraphFigures> DecodeRollUp(std::string_view roll_up,
                                          const RollUpSpan& span) {
  GraphFigures figures;
  RTG_RETURN_IF_ERROR(AddRollUp(roll_up, span, 1, figures));
  return figures;
}

absl::Status AddRollUp(std::string_view roll_up, const RollUpSpan& span,
                       int64_t sign, GraphFigures& to, ActivityDetail detail) {
  if (roll_up.empty()) return absl::OkStatus();
  if (HasOverflowed(roll_up)) {
    return absl::ResourceExhaustedError(
        "roll-up of the service map: overflowed, limits.roll_up_bytes_max = " +
        std::to_string(limits::kRollUpBytesMax));
  }
  return AddEncodedFigures(roll_up, span, sign, detail, to);
}

absl::StatusOr<std::string> MergeRollUps(
    std::span<const std::string_view> roll_ups) {
  // Slots stay slots: which span they are of does not matter.
  constexpr RollUpSpan kAny{.begin = 0, .slot_seconds = 1};
  GraphFigures sum;
  bool overflowed = false;
  for (std::string_view value : roll_ups) {
    if (HasOverflowed(value)) {
      overflowed = true;
    } else {
      RTG_RETURN_IF_ERROR(AddRollUp(value, kAny, 1, sum));
    }
  }
  if (overflowed) return std::string(kOverflowed);
  return EncodeRollUp(sum, kAny);
}

RollUps RollUpsOf(const GraphPeriods& minutes) {
  RollUps out;
  GraphPeriods hours;
  for (const auto& [begin, figures] : minutes) {
    std::string value = EncodeRollUp(figures, RollUpSpan::Minute(begin));
    if (!value.empty()) out.minutes.emplace(begin, std::move(value));
    AddFigures(figures, 1, hours[HourOf(begin)]);
  }
  for (const auto& [begin, figures] : hours) {
    std::string value = EncodeRollUp(figures, RollUpSpan::Hour(begin));
    if (!value.empty()) out.hours.emplace(begin, std::move(value));
  }
  return out;
}

}  // namespace roentgen::storage
