// How spans are seen as segments, as far as configuration decides it.
//
// Each context carries the profile that was in force when its spans came, so
// index and documents agree for good, whatever is configured later.
//
// Threads: plain data; pure functions.
#ifndef ROENTGEN_TRACE_SPAN_SPAN_PROFILE_H_
#define ROENTGEN_TRACE_SPAN_SPAN_PROFILE_H_

#include <string>
#include <string_view>
#include <vector>

namespace roentgen::storage {

struct SpanProfile {
  // Every scalar attribute is an annotation; otherwise those in
  // `indexed_attributes` and those that a span asks for.
  bool index_all = true;
  // Names of attributes; of resource attributes with "otel.resource." before.
  std::vector<std::string> indexed_attributes;
  // Name of nodes whose resource has no service.name.
  std::string unknown_service = "unknown_service";

  friend bool operator==(const SpanProfile&, const SpanProfile&) = default;
};

std::string EncodeSpanProfile(const SpanProfile& profile);
// False when the bytes are no profile.
bool DecodeSpanProfile(std::string_view bytes, SpanProfile& profile);

}  // namespace roentgen::storage

#endif  // ROENTGEN_TRACE_SPAN_SPAN_PROFILE_H_
