#include "trace/mapping/attribute_notes.h"

#include "trace/mapping/annotation_list.h"
#include "trace/span/value_code.h"

namespace roentgen::storage {

AttributeNotes NotesOn(const AttributeView& attribute) {
  return {.known = KnownKeyOf(attribute.key),
          .plain_key = IsPlainAnnotationKey(attribute.key),
          .key_hash = AnnotationKeyHash(attribute.key),
          .value_code = CodeOfValue(attribute.value)};
}

}  // namespace roentgen::storage
