// What the mapping and the index ask of an attribute: looked up once for those
// that many spans share.
//
// Threads: plain values; pure.
#ifndef ROENTGEN_TRACE_MAPPING_ATTRIBUTE_NOTES_H_
#define ROENTGEN_TRACE_MAPPING_ATTRIBUTE_NOTES_H_

#include <cstdint>

#include "trace/mapping/attribute_keys.h"
#include "trace/span/span_view.h"

namespace roentgen::storage {

struct AttributeNotes {
  KnownKey known = KnownKey::kUnknown;
  // The key can be an annotation's as it is.
  bool plain_key = false;
  uint32_t key_hash = 0;  // AnnotationKeyHash.
  // See AnnotationPair::number.
  uint32_t number = 0;
  uint64_t value_code = 0;  // trace/span/value_code.h.
};

AttributeNotes NotesOn(const AttributeView& attribute);

// A field of a span and, of an attribute, the notes on it.
struct NotedField {
  SpanField field;
  AttributeNotes notes;
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_TRACE_MAPPING_ATTRIBUTE_NOTES_H_
