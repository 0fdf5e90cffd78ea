// An HTTP status, however it is written.
//
// Threads: pure.
#ifndef ROENTGEN_TRACE_DOCUMENT_HTTP_STATUS_H_
#define ROENTGEN_TRACE_DOCUMENT_HTTP_STATUS_H_

#include <cstdint>
#include <optional>
#include <string_view>

namespace roentgen::storage {

// Of three digits, the first not 0, with or without blanks around them.
std::optional<int64_t> HttpStatusIn(std::string_view text);
// Of a number of three digits without a fraction.
std::optional<int64_t> HttpStatusOf(double number);

}  // namespace roentgen::storage

#endif  // ROENTGEN_TRACE_DOCUMENT_HTTP_STATUS_H_
