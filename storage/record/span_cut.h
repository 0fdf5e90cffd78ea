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

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "storage/model/ids.h"

namespace roentgen::storage {

struct SpanColumns {
  EntityId id;
  std::optional<EntityId> parent;  // Also one of all zeros.
  uint64_t start_ns = 0;
  uint64_t end_ns = 0;

  friend bool operator==(const SpanColumns&, const SpanColumns&) = default;
};

// Appends what is left of `span` to `rest`; nothing when it is not cut.
std::optional<SpanColumns> CutSpan(const TraceId& trace_id,
                                   std::string_view span, std::string& rest);

// Appends the span. Errors: false when `rest` was not made by CutSpan.
bool RestoreSpan(const TraceId& trace_id, const SpanColumns& columns,
                 std::string_view rest, std::string& span);

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_RECORD_SPAN_CUT_H_
