#include "storage/mapping/attribute_slots.h"

#include <algorithm>

#include "base/limits.h"

namespace roentgen::storage {

void AttributeSlots::Read(const SpanView& span) {
  slots_.fill(nullptr);
  has_http_ = false;
  known_.resize(std::min(span.attributes.size(), limits::kMappedAttributesMax));
  for (size_t i = 0; i < known_.size(); ++i) {
    const AttributeView& attribute = span.attributes[i];
    const KnownKey key = KnownKeyOf(attribute.key);
    known_[i] = key;
    slots_[static_cast<size_t>(key)] = &attribute.value;
    has_http_ |= key >= kFirstHttpKey && key <= kLastHttpKey;
  }
}

}  // namespace roentgen::storage
