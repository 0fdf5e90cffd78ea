#include "trace/mapping/attribute_slots.h"

#include <algorithm>

#include "base/limits.h"

namespace roentgen::storage {

void AttributeSlots::Read(const SpanView& span,
                          std::span<const AttributeNotes> notes) {
  slots_.fill(nullptr);
  has_http_ = false;
  size_ = std::min(span.attributes.size(), limits::kMappedAttributesMax);
  for (size_t i = 0; i < size_; ++i) {
    const KnownKey key = notes[i].known;
    slots_[static_cast<size_t>(key)] = &span.attributes[i].value;
    has_http_ |= key >= kFirstHttpKey && key <= kLastHttpKey;
  }
}

}  // namespace roentgen::storage
