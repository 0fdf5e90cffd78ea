// The text of the segment document that a span is seen as.
//
// Threads: pure.
#ifndef ROENTGEN_STORAGE_MAPPING_SPAN_JSON_H_
#define ROENTGEN_STORAGE_MAPPING_SPAN_JSON_H_

#include <string>
#include <string_view>

#include "storage/mapping/attribute_slots.h"
#include "storage/mapping/mapped_context.h"
#include "storage/mapping/span_parts.h"
#include "storage/span/span_view.h"

namespace roentgen::storage {

// `parts` were mapped of `span` with Texts::kWanted; `bytes` is the span as it
// was stored.
std::string SegmentJson(const SpanView& span, std::string_view bytes,
                        const AttributeSlots& slots, const SpanParts& parts,
                        const MappedContext& context);

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_MAPPING_SPAN_JSON_H_
