// Name and namespace of what a span becomes.
//
// Threads: pure.
#ifndef ROENTGEN_STORAGE_MAPPING_SPAN_NAME_H_
#define ROENTGEN_STORAGE_MAPPING_SPAN_NAME_H_

#include <string_view>

#include "storage/document/segment_document.h"
#include "storage/mapping/attribute_slots.h"
#include "storage/mapping/mapped_context.h"
#include "storage/span/span_view.h"

namespace roentgen::storage {

// Of a span's kind; numbers that have no meaning are kUnspecified.
SpanKind KindOf(const SpanView& span);

// Whether the span is a call made with AWS's SDK.
bool IsAwsCall(const AttributeSlots& slots);

// Whether attribute aws.span.kind says that the span is the first of its
// service in its trace.
bool IsLocalRoot(const AttributeSlots& slots);

// `kSpan`: of the span itself; `kService`: of the service that made the call
// which the span is.
enum class NameOf { kSpan, kService };

// In normal form, with AWS services as X-Ray writes them. `owner` keeps names
// that are put together.
std::string_view NameOfSpan(const SpanView& span, const AttributeSlots& slots,
                            const MappedContext& context, NameOf what,
                            Namespace name_space, SegmentDocument& owner);

// `subsegment`: what the span becomes.
Namespace NamespaceOf(const SpanView& span, const AttributeSlots& slots,
                      bool subsegment);

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_MAPPING_SPAN_NAME_H_
