// 64-bit integers as JSON numbers, exactly.
//
//   uint64_t n;
//   if (!ParseJsonUint64("1.5e3", n)) Refuse();  // 1500
//
// Points and exponents are allowed where the number is whole. `token` must be
// a number by JSON's grammar; false when it is not, is not whole or does not
// fit.
//
// Threads: pure.
#ifndef ROENTGEN_TRACE_SPAN_JSON_INTEGER_H_
#define ROENTGEN_TRACE_SPAN_JSON_INTEGER_H_

#include <cstdint>
#include <string_view>

namespace roentgen::storage {

bool ParseJsonUint64(std::string_view token, uint64_t& number);
bool ParseJsonInt64(std::string_view token, int64_t& number);

}  // namespace roentgen::storage

#endif  // ROENTGEN_TRACE_SPAN_JSON_INTEGER_H_
