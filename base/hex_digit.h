// Which characters are hex digits.
#ifndef ROENTGEN_BASE_HEX_DIGIT_H_
#define ROENTGEN_BASE_HEX_DIGIT_H_

namespace roentgen {

constexpr bool IsLowerHexDigit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

// Of either case.
constexpr bool IsHexDigit(char c) {
  return IsLowerHexDigit(c) || (c >= 'A' && c <= 'F');
}

}  // namespace roentgen

#endif  // ROENTGEN_BASE_HEX_DIGIT_H_
