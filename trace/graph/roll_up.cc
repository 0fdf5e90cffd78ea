#include "trace/graph/roll_up.h"

#include <string>
#include <utility>
#include <vector>

#include "base/limits.h"
#include "base/status_macros.h"
#include "base/wire.h"

namespace roentgen::storage {
namespace {

// Instead of a version: nothing follows.
constexpr std::string_view kOverflowed("\xff", 1);

// In place of a version, too: varint length and bytes of each part follow.
constexpr char kJoined = 2;
// What is joined is added up once there are more parts, or as many bytes.
constexpr size_t kPartsMax = 12;
constexpr size_t kJoinedBytesMax = limits::kRollUpBytesMax / 4;

// Appends the parts of a value that are not empty.
absl::Status AppendParts(std::string_view value,
                         std::vector<std::string_view>& parts) {
  if (value.empty()) return absl::OkStatus();
  if (value.front() != kJoined) {
    parts.push_back(value);
    return absl::OkStatus();
  }
  ByteReader in(value.substr(1));
  for (std::string_view part; in.Bytes(part);) {
    if (part.empty() || part.front() == kJoined) break;
    parts.push_back(part);
    if (in.done()) return absl::OkStatus();
  }
  return absl::DataLossError("roll-up of the service map: parts do not fit");
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
  if (HasOverflowed(roll_up)) {
    return absl::ResourceExhaustedError(
        "roll-up of the service map: overflowed, limits.roll_up_bytes_max = " +
        std::to_string(limits::kRollUpBytesMax));
  }
  std::vector<std::string_view> parts;
  RTG_RETURN_IF_ERROR(AppendParts(roll_up, parts));
  for (std::string_view part : parts) {
    RTG_RETURN_IF_ERROR(AddEncodedFigures(part, span, sign, detail, to));
  }
  return absl::OkStatus();
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

std::string JoinRollUps(std::span<const std::string_view> roll_ups) {
  std::vector<std::string_view> parts;
  size_t bytes = 0;
  for (std::string_view value : roll_ups) {
    if (HasOverflowed(value) || !AppendParts(value, parts).ok()) {
      return std::string(kOverflowed);
    }
    bytes += value.size();
  }
  if (parts.size() <= 1) return std::string(parts.empty() ? "" : parts.front());
  if (parts.size() > kPartsMax || bytes > kJoinedBytesMax) {
    return MergeRollUps(parts).value_or(std::string(kOverflowed));
  }
  std::string joined(1, kJoined);
  for (std::string_view part : parts) AppendBytes(part, joined);
  return joined;
}

RollUps RollUpsOf(const GraphPeriods& minutes) {
  RollUps out;
  GraphPeriods larger;
  const GraphPeriods* sums = &minutes;
  for (size_t i = 0; i < kRollUpUnits.size(); ++i) {
    const int64_t unit = kRollUpUnits[i];
    if (i > 0) {
      GraphPeriods next;
      for (const auto& [begin, figures] : *sums) {
        AddFigures(figures, 1, next[FloorTo(begin, unit)]);
      }
      larger = std::move(next);
      sums = &larger;
    }
    for (const auto& [begin, figures] : *sums) {
      std::string value = EncodeRollUp(figures, RollUpSpan::Of(unit, begin));
      if (!value.empty()) out[i].emplace(begin, std::move(value));
    }
  }
  return out;
}

}  // namespace roentgen::storage
