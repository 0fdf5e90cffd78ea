// A point in time: nanoseconds since the Unix epoch.
//
// Segment documents carry decimal epoch seconds; nanoseconds in 64 bits hold
// them exactly (years 1678 to 2262), which a double does not.
//
// Threads: plain value.
#ifndef ROENTGEN_BASE_TIMESTAMP_H_
#define ROENTGEN_BASE_TIMESTAMP_H_

#include <compare>
#include <cstdint>
#include <limits>

#include "absl/time/time.h"

namespace roentgen {

struct Timestamp {
  int64_t ns = 0;

  friend auto operator<=>(Timestamp, Timestamp) = default;

  static constexpr Timestamp Min() {
    return {std::numeric_limits<int64_t>::min()};
  }
  static constexpr Timestamp Max() {
    return {std::numeric_limits<int64_t>::max()};
  }
  static constexpr Timestamp FromSeconds(int64_t s) {
    return {s * 1'000'000'000};
  }
  static Timestamp FromTime(absl::Time t) { return {absl::ToUnixNanos(t)}; }
  absl::Time ToTime() const { return absl::FromUnixNanos(ns); }
};

inline Timestamp operator+(Timestamp t, absl::Duration d) {
  return {t.ns + absl::ToInt64Nanoseconds(d)};
}
inline Timestamp operator-(Timestamp t, absl::Duration d) {
  return {t.ns - absl::ToInt64Nanoseconds(d)};
}
// Exact also where nanoseconds between them do not fit in 64 bits.
inline absl::Duration operator-(Timestamp a, Timestamp b) {
  return absl::Nanoseconds(a.ns) - absl::Nanoseconds(b.ns);
}

// Half-open: contains `begin`, not `end`.
struct TimeRange {
  Timestamp begin = Timestamp::Min();
  Timestamp end = Timestamp::Max();

  friend bool operator==(const TimeRange&, const TimeRange&) = default;
  bool Contains(Timestamp t) const { return begin <= t && t < end; }
};

}  // namespace roentgen

#endif  // ROENTGEN_BASE_TIMESTAMP_H_
