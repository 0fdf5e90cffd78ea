// Epoch seconds written as a decimal number, to and from nanoseconds.
//
// Exact: the digits are read as text, never through a double. Exponents are
// allowed ("1.478293361271E9"). Digits below a nanosecond are cut off.
//
// Threads: pure.
#ifndef ROENTGEN_BASE_DECIMAL_TIME_H_
#define ROENTGEN_BASE_DECIMAL_TIME_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "base/timestamp.h"

namespace roentgen {

// Whether `text` is a number by JSON's grammar (RFC 8259 section 6).
bool IsJsonNumber(std::string_view text);

// `text` must be a JSON number. Nothing when it is not, or when the time does
// not fit (years 1678 to 2262).
std::optional<Timestamp> ParseEpochSeconds(std::string_view text);

// A time in seconds, milliseconds, microseconds or nanoseconds since the epoch:
// the unit is taken from the size, so that times of 1973 to 5138 have the right
// one if they are in seconds or milliseconds. Nothing when it does not fit.
std::optional<Timestamp> EpochOfAnyUnit(double value);

// Shortest decimal form: "1700000000.25", "1700000000".
std::string FormatEpochSeconds(Timestamp t);
std::string FormatSeconds(absl::Duration d);

}  // namespace roentgen

#endif  // ROENTGEN_BASE_DECIMAL_TIME_H_
