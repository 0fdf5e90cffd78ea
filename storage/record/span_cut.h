// A serialized span without what a record block keeps in columns: its ids and
// times, which do not compress and are looked for.
//
// Only a span in the form that every serializer writes is cut: fields in
// ascending order, each of those five once at most and in its shortest form.
// Any other is kept whole. Restoring gives the very bytes back.
//
// Threads: pure.
#ifndef ROENTGEN_STORAGE_RECORD_SPAN_CUT_H_
#define ROENTGEN_STORAGE_RECORD_SPAN_CUT_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "trace/model/ids.h"

namespace roentgen::storage {

struct SpanColumns {
  enum class Parent : uint8_t { kAbsent, kEmpty, kGiven };

  EntityId id;
  Parent parent = Parent::kAbsent;  // As the field stands there.
  EntityId parent_id;
  uint64_t start_ns = 0;
  uint64_t end_ns = 0;

  friend bool operator==(const SpanColumns&, const SpanColumns&) = default;
};

// What is cut out of a span has at most so many bytes.
inline constexpr size_t kCutBytesMax = 18 + 10 + 10 + 9 + 9;

// Sets `rest` to the other fields, whole, in order. Nothing when the span is
// not cut.
std::optional<SpanColumns> CutSpan(const TraceId& trace_id,
                                   std::string_view span,
                                   std::vector<std::string_view>& rest);

// Appends the span. `rest` is what CutSpan left, in order.
void RestoreSpan(const TraceId& trace_id, const SpanColumns& columns,
                 std::span<const std::string_view> rest, std::string& span);

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_RECORD_SPAN_CUT_H_
