// The attributes of a span by the names that the mapping knows.
//
// Threads: one thread at a time.
#ifndef ROENTGEN_TRACE_MAPPING_ATTRIBUTE_SLOTS_H_
#define ROENTGEN_TRACE_MAPPING_ATTRIBUTE_SLOTS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "trace/mapping/attribute_keys.h"
#include "trace/mapping/attribute_notes.h"
#include "trace/span/span_view.h"

namespace roentgen::storage {

class AttributeSlots {
 public:
  // Of the span's first attributes, limits::kMappedAttributesMax of them, the
  // last of each name. `span` outlives what is asked afterwards.
  // `notes` are those on its attributes.
  void Read(const SpanView& span, std::span<const AttributeNotes> notes);

  // How many attributes are looked at.
  size_t size() const { return size_; }

  const AnyValueView* Find(KnownKey key) const {
    return slots_[static_cast<size_t>(key)];
  }
  // Empty when absent or no string.
  std::string_view Text(KnownKey key) const {
    const AnyValueView* value = Find(key);
    return value != nullptr && value->kind == AnyValueView::Kind::kString
               ? value->bytes
               : std::string_view();
  }
  // The first that is not empty.
  std::string_view Text(KnownKey key, KnownKey other) const {
    const std::string_view text = Text(key);
    return text.empty() ? Text(other) : text;
  }
  std::optional<int64_t> Int(KnownKey key) const {
    const AnyValueView* value = Find(key);
    if (value == nullptr || value->kind != AnyValueView::Kind::kInt) {
      return std::nullopt;
    }
    return value->integer;
  }
  // Whether there is an attribute that `http` uses.
  bool has_http() const { return has_http_; }

 private:
  size_t size_ = 0;
  std::array<const AnyValueView*, kKnownKeys> slots_{};
  bool has_http_ = false;
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_TRACE_MAPPING_ATTRIBUTE_SLOTS_H_
