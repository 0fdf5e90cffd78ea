// Mapped contexts by what they were mapped of.
//
// Requests bring contexts of their own that say the same: equal ones share
// what is made of them.
//
// Threads: one thread at a time.
#ifndef ROENTGEN_TRACE_MAPPING_CONTEXT_CACHE_H_
#define ROENTGEN_TRACE_MAPPING_CONTEXT_CACHE_H_

#include <cstddef>
#include <memory>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "trace/mapping/mapped_context.h"
#include "trace/model/record.h"

namespace roentgen::storage {

class ContextCache {
 public:
  // Errors: DataLoss when it does not read.
  absl::StatusOr<std::shared_ptr<const MappedContext>> Get(
      const std::shared_ptr<const SpanContext>& context);

  // Bytes of all that was ever mapped, about.
  size_t mapped_bytes() const { return mapped_bytes_; }

 private:
  struct ByValue {
    size_t operator()(const SpanContext* context) const;
    bool operator()(const SpanContext* a, const SpanContext* b) const {
      return *a == *b;
    }
  };
  struct Entry {
    // Keeps the address from being used for another one.
    std::shared_ptr<const SpanContext> key;
    std::shared_ptr<const MappedContext> mapped;
  };

  void MakeRoom(size_t bytes);

  // Of the last call: neighbours often share their context.
  Entry last_;
  absl::flat_hash_map<const SpanContext*, Entry> by_address_;
  absl::flat_hash_map<const SpanContext*, std::shared_ptr<const MappedContext>,
                      ByValue, ByValue>
      by_value_;
  size_t mapped_bytes_ = 0;
  size_t bytes_ = 0;  // Of the contexts in `by_address_`.
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_TRACE_MAPPING_CONTEXT_CACHE_H_
