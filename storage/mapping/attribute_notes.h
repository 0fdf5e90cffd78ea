// What the mapping asks of an attribute by its key: looked up once for
// attributes that many spans share.
//
// Threads: plain values; pure.
#ifndef ROENTGEN_STORAGE_MAPPING_ATTRIBUTE_NOTES_H_
#define ROENTGEN_STORAGE_MAPPING_ATTRIBUTE_NOTES_H_

#include <cstdint>
#include <string_view>

#include "storage/mapping/attribute_keys.h"
#include "storage/span/span_view.h"

namespace roentgen::storage {

struct AttributeNotes {
  KnownKey known = KnownKey::kUnknown;
  // The key can be an annotation's as it is.
  bool plain_key = false;
  uint32_t key_hash = 0;  // AnnotationKeyHash.
  // See AnnotationPair::number.
  uint32_t number = 0;
};

AttributeNotes NotesOn(std::string_view key);

// A field of a span and, of an attribute, the notes on it.
struct NotedField {
  SpanField field;
  AttributeNotes notes;
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_MAPPING_ATTRIBUTE_NOTES_H_
