// Sums and differences of signed numbers that wrap around instead of
// overflowing: with them, what was added can be taken away again, in any order,
// whatever the numbers are.
//
// Threads: pure.
#ifndef ROENTGEN_BASE_WRAPPING_H_
#define ROENTGEN_BASE_WRAPPING_H_

#include <cstdint>

namespace roentgen {

inline int64_t WrappingSum(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) +
                              static_cast<uint64_t>(b));
}

inline int64_t WrappingDifference(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) -
                              static_cast<uint64_t>(b));
}

inline int64_t WrappingProduct(int64_t a, int64_t b) {
  return static_cast<int64_t>(static_cast<uint64_t>(a) *
                              static_cast<uint64_t>(b));
}

}  // namespace roentgen

#endif  // ROENTGEN_BASE_WRAPPING_H_
