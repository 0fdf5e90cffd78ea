#include "storage/mapping/attribute_notes.h"

#include "storage/mapping/annotation_list.h"

namespace roentgen::storage {

AttributeNotes NotesOn(std::string_view key) {
  return {.known = KnownKeyOf(key),
          .plain_key = IsPlainAnnotationKey(key),
          .key_hash = AnnotationKeyHash(key)};
}

}  // namespace roentgen::storage
