// The `cause` of a span: its exceptions, as far as they are shown.
//
// Threads: pure.
#ifndef ROENTGEN_TRACE_MAPPING_SPAN_CAUSE_H_
#define ROENTGEN_TRACE_MAPPING_SPAN_CAUSE_H_

#include <string>

#include "trace/mapping/attribute_slots.h"
#include "trace/mapping/stack_trace.h"
#include "trace/span/span_view.h"

namespace roentgen::storage {

// Whether events, and not the status, tell the cause.
bool HasExceptionEvents(const SpanView& span, const AttributeSlots& slots);

// A JSON object; empty when there is no cause.
std::string CauseOf(const SpanView& span, const AttributeSlots& slots,
                    StackLanguage language);

}  // namespace roentgen::storage

#endif  // ROENTGEN_TRACE_MAPPING_SPAN_CAUSE_H_
