// Attribute values as JSON: as they are where JSON has the type; bytes in
// base64, numbers that are not finite as strings.
//
// Threads: pure.
#ifndef ROENTGEN_TRACE_MAPPING_VALUE_JSON_H_
#define ROENTGEN_TRACE_MAPPING_VALUE_JSON_H_

#include <vector>

#include "base/json_writer.h"
#include "trace/span/span_view.h"

namespace roentgen::storage {

// `value` was read by ReadSpan or ReadContext, which bound its depth.
void WriteValue(const AnyValueView& value, JsonWriter& json);
// As one object. Of keys given twice the last wins.
void WriteAttributes(const std::vector<AttributeView>& attributes,
                     JsonWriter& json);

// The attributes in field `field` of an event or link, as far as they are
// looked at.
std::vector<AttributeView> MappedAttributes(std::string_view message,
                                            uint32_t field);

}  // namespace roentgen::storage

#endif  // ROENTGEN_TRACE_MAPPING_VALUE_JSON_H_
