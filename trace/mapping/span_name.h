// Name and namespace of what a span becomes.
//
// Threads: pure.
#ifndef ROENTGEN_TRACE_MAPPING_SPAN_NAME_H_
#define ROENTGEN_TRACE_MAPPING_SPAN_NAME_H_

#include <string_view>

#include "trace/document/segment_document.h"
#include "trace/mapping/attribute_slots.h"
#include "trace/mapping/mapped_context.h"
#include "trace/span/span_view.h"

namespace roentgen::storage {

// Of a span's kind; numbers that have no meaning are kUnspecified.
SpanKind KindOf(const SpanView& span);

// Whether the span is a call made with AWS's SDK.
bool IsAwsCall(const AttributeSlots& slots);

// Whether attribute aws.span.kind says that the span is the first of its
// service in its trace.
bool IsLocalRoot(const AttributeSlots& slots);

// Names are in normal form; `owner` keeps those that are put together.

// Of a segment: the service that the span is of.
std::string_view SegmentNameOf(const AttributeSlots& slots,
                               const MappedContext& context,
                               SegmentDocument& owner);

// Of a subsegment: what a call goes to, as far as the span says it (`known`),
// else the span's own name. AWS services are named as X-Ray writes them.
struct SubsegmentName {
  std::string_view name;
  bool known = false;
};
SubsegmentName SubsegmentNameOf(const SpanView& span,
                                const AttributeSlots& slots,
                                Namespace name_space, SegmentDocument& owner);

// Of a subsegment.
Namespace NamespaceOf(const SpanView& span, const AttributeSlots& slots);

}  // namespace roentgen::storage

#endif  // ROENTGEN_TRACE_MAPPING_SPAN_NAME_H_
