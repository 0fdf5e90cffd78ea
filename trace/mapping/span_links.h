// The links of a span as those of a segment.
//
// Threads: pure.
#ifndef ROENTGEN_TRACE_MAPPING_SPAN_LINKS_H_
#define ROENTGEN_TRACE_MAPPING_SPAN_LINKS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "trace/document/segment_document.h"
#include "trace/span/span_view.h"

namespace roentgen::storage {

// A JSON array; empty when the span has no link that names a span.
std::string LinksOf(const SpanView& span);

// Appends what a parsed document has of that array: the links to what entity
// number `entity` consumed. False when the array would be empty.
bool AppendLinks(const SpanView& span, uint32_t entity,
                 std::vector<ParentLink>& links);

}  // namespace roentgen::storage

#endif  // ROENTGEN_TRACE_MAPPING_SPAN_LINKS_H_
