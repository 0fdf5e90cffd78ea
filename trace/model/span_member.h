// Members of spans that an index tells as if they were attributes: under these
// keys, which no attribute needs to have.
//
// Threads: pure.
#ifndef ROENTGEN_TRACE_MODEL_SPAN_MEMBER_H_
#define ROENTGEN_TRACE_MODEL_SPAN_MEMBER_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace roentgen::storage {

// On disk; never change them.
inline constexpr std::string_view kScopeNameMember = "=scope.name";
inline constexpr std::string_view kScopeVersionMember = "=scope.version";
inline constexpr std::string_view kTraceStateMember = "=trace_state";
inline constexpr std::string_view kStatusTextMember = "=status.message";
inline constexpr std::string_view kEventMember = "=event";  // Its name.

// An attribute's key that looks like one is only looked at more closely.
inline bool IsSpanMember(std::string_view key) { return key.starts_with('='); }

// Each member is told twice, as it is and with the service that it is of: a
// trace whose service and whose value are of two spans is not asked for.
inline std::string MemberOfService(std::string_view service,
                                   std::string_view value) {
  std::string text(service);
  text += '\0';
  text += value;
  return text;
}

// Which statuses some spans have, as bits.
using SpanStatuses = uint8_t;
inline constexpr SpanStatuses kUnsetStatuses = 1;
inline constexpr SpanStatuses kOkStatuses = 2;
inline constexpr SpanStatuses kErrorStatuses = 4;
inline constexpr SpanStatuses kAllStatuses = 7;

}  // namespace roentgen::storage

#endif  // ROENTGEN_TRACE_MODEL_SPAN_MEMBER_H_
