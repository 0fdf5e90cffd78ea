// What the spans of a segment document have in common: who made it, and where
// that ran.
//
// Names of attributes are those that the OpenTelemetry collector's X-Ray
// receiver gives; what it loses is in attributes that begin with aws.xray.
//
// Source: OpenTelemetry semantic conventions.
//
// Threads: pure.
#ifndef ROENTGEN_TRACE_MAPPING_SEGMENT_CONTEXT_H_
#define ROENTGEN_TRACE_MAPPING_SEGMENT_CONTEXT_H_

#include <string_view>

#include "trace/document/segment_document.h"
#include "trace/model/record.h"

namespace roentgen::storage {

// Of a document that was parsed from JSON. No profile: its spans are made from
// a segment, not seen as one.
SpanContext ContextOfSegment(const SegmentDocument& document,
                             std::string_view service_name);

}  // namespace roentgen::storage

#endif  // ROENTGEN_TRACE_MAPPING_SEGMENT_CONTEXT_H_
