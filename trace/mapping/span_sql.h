// The `sql` block of a span.
//
// Threads: pure.
#ifndef ROENTGEN_TRACE_MAPPING_SPAN_SQL_H_
#define ROENTGEN_TRACE_MAPPING_SPAN_SQL_H_

#include "base/json_writer.h"
#include "trace/mapping/attribute_slots.h"
#include "trace/span/span_view.h"

namespace roentgen::storage {

// Whether the span called a database that is asked in SQL.
bool IsSql(const AttributeSlots& slots);

// The block of a span that did, as an object.
void WriteSql(const SpanView& span, const AttributeSlots& slots,
              JsonWriter& json);

}  // namespace roentgen::storage

#endif  // ROENTGEN_TRACE_MAPPING_SPAN_SQL_H_
