// Annotations of an entity, each key once.
//
//   list.Set(key, AnnotationKeyHash(key), attribute.value);
//
// Threads: one thread at a time.
#ifndef ROENTGEN_TRACE_MAPPING_ANNOTATION_LIST_H_
#define ROENTGEN_TRACE_MAPPING_ANNOTATION_LIST_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "trace/document/segment_document.h"
#include "trace/span/span_view.h"

namespace roentgen::storage {

struct Annotation {
  std::string_view key;
  const AnyValueView* value;
  uint32_t number = 0;  // See AnnotationPair.
};

// Length, beginning and end: keys of one span seldom share all three.
uint32_t AnnotationKeyHash(std::string_view key);

class AnnotationList {
 public:
  // Of values with the same key the last one counts. `hash` is that of the key;
  // `value` outlives what is done with the list. Returns whether there was none
  // of that key.
  bool Set(std::string_view key, uint32_t hash, const AnyValueView& value,
           uint32_t number = 0);
  void Clear();
  // The same as `other`.
  void Assign(const AnnotationList& other);
  const std::vector<Annotation>& items() const { return items_; }

 private:
  std::vector<Annotation> items_;
  // Of the keys: many are told apart without looking at them.
  std::vector<uint32_t> hashes_;
  uint64_t seen_ = 0;  // A bit of each of them.
};

// Whether the value can be one: a string, a number or a boolean.
bool IsAnnotationValue(const AnyValueView& value);
// As a parsed document has it. `value` can be one.
AnnotationView AnnotationOf(const AnyValueView& value);

// Whether the key stands for itself.
bool IsPlainAnnotationKey(std::string_view key);
// Other characters than letters, digits, '.' and '_' become '_', and what is
// too long is cut. `key` is not empty.
std::string MakeAnnotationKey(std::string_view key);

}  // namespace roentgen::storage

#endif  // ROENTGEN_TRACE_MAPPING_ANNOTATION_LIST_H_
