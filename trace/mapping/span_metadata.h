// The metadata of a segment made of a span: attributes that are no
// annotations, and in namespace "otel" what X-Ray has no place for.
//
// Threads: pure.
#ifndef ROENTGEN_TRACE_MAPPING_SPAN_METADATA_H_
#define ROENTGEN_TRACE_MAPPING_SPAN_METADATA_H_

#include <string>
#include <string_view>

#include "trace/mapping/mapped_context.h"
#include "trace/mapping/span_parts.h"
#include "trace/span/span_view.h"

namespace roentgen::storage {

// Which entity of a span is meant.
enum class SpanEntity { kSegment, kSubsegment, kService, kCall };

// A JSON object; empty when there is no metadata. `bytes` is the span as it
// was stored.
std::string MetadataOf(const SpanView& span, std::string_view bytes,
                       const SpanParts& parts, const MappedContext& context,
                       SpanEntity entity);

}  // namespace roentgen::storage

#endif  // ROENTGEN_TRACE_MAPPING_SPAN_METADATA_H_
