// The `http` block of a span.
//
// Threads: pure.
#ifndef ROENTGEN_TRACE_MAPPING_SPAN_HTTP_H_
#define ROENTGEN_TRACE_MAPPING_SPAN_HTTP_H_

#include <cstdint>
#include <optional>
#include <string_view>

#include "trace/document/segment_document.h"
#include "trace/mapping/attribute_slots.h"

namespace roentgen::storage {

struct HttpParts {
  bool present = false;
  std::string_view method;
  std::string_view url;
  std::string_view user_agent;
  std::string_view client_ip;
  bool x_forwarded_for = false;
  std::optional<int64_t> status;
};

// An HTTP status, however it is written: a number, a double without a
// fraction, or a text of three digits.
std::optional<int64_t> HttpStatusOf(const AnyValueView& value);
// That of the span, in the older convention or the newer one.
std::optional<int64_t> HttpStatusOf(const AttributeSlots& slots);

// `server`: of a span of kind SERVER. `owner` keeps a URL that is put
// together.
HttpParts HttpOf(const AttributeSlots& slots, bool server,
                 SegmentDocument& owner);

// Whether the attribute is one of those that `http` uses up, also where no
// block comes of it.
bool IsHttpAttribute(KnownKey key, const AnyValueView& value);

}  // namespace roentgen::storage

#endif  // ROENTGEN_TRACE_MAPPING_SPAN_HTTP_H_
