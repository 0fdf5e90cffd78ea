// The text of the segment document that a span is seen as.
//
// Threads: pure.
#ifndef ROENTGEN_TRACE_MAPPING_SPAN_JSON_H_
#define ROENTGEN_TRACE_MAPPING_SPAN_JSON_H_

#include <string>
#include <string_view>

#include "trace/mapping/attribute_slots.h"
#include "trace/mapping/mapped_context.h"
#include "trace/mapping/span_parts.h"
#include "trace/span/span_view.h"

namespace roentgen::storage {

// `parts` were mapped of `span` with Texts::kWanted; `bytes` is the span as it
// was stored.
std::string SegmentJson(const SpanView& span, std::string_view bytes,
                        const AttributeSlots& slots, const SpanParts& parts,
                        const MappedContext& context);

}  // namespace roentgen::storage

#endif  // ROENTGEN_TRACE_MAPPING_SPAN_JSON_H_
