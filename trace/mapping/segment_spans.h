// A segment document as OpenTelemetry spans: one for the segment and one for
// each subsegment in it.
//
//   for (const SpanRecord& span : SpansOfSegment(document)) ...
//
// Names of attributes are those that the OpenTelemetry collector's X-Ray
// receiver gives, in today's conventions for HTTP. Unlike there, times keep
// their nanoseconds, flags that no HTTP status explains become the span's
// status, and links, versions and the rest of the blocks are kept, in
// attributes that begin with aws. or aws.xray.
//
// Source: OpenTelemetry protocol, OpenTelemetry semantic conventions.
//
// Threads: pure.
#ifndef ROENTGEN_TRACE_MAPPING_SEGMENT_SPANS_H_
#define ROENTGEN_TRACE_MAPPING_SEGMENT_SPANS_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "trace/document/segment_document.h"
#include "trace/model/record.h"

namespace roentgen::storage {

struct SpanRecord {
  std::shared_ptr<const SpanContext> context;
  std::string span;  // A serialized Span, canonical.
};

// Whether the entity's span has an error for its status.
bool SpanOfEntityFails(const EntityView& entity);

// Whether the span of an entity, or its resource, scope or an event, may have
// an attribute of that name, besides annotations, kHttpStatusOfEntity, and the
// attributes of links.
bool MayBeOfEntity(std::string_view key);
inline constexpr std::string_view kHttpStatusOfEntity =
    "http.response.status_code";

// Keys of the attributes of links of the document's entities. Cheap where its
// text names no links.
std::vector<std::string> LinkKeysOf(const SegmentDocument& document);

// One for each of the document's entities, in their order. `document` was
// parsed from JSON. `service_name` is the name of the service that made it;
// empty: the document's own. A subsegment that came on its own is of the
// service of the segment around it, which only the caller can know.
std::vector<SpanRecord> SpansOfSegment(const SegmentDocument& document,
                                       std::string_view service_name = {});

}  // namespace roentgen::storage

#endif  // ROENTGEN_TRACE_MAPPING_SEGMENT_SPANS_H_
