// What a trace takes while it is read: its records, and what is made of them.
//
//   MemoryMeter meter(call);
//   RTG_RETURN_IF_ERROR(meter.Add(MemoryOf(trace.records)));
//
// Threads: one thread at a time.
#ifndef ROENTGEN_TRACE_ASSEMBLY_MEMORY_METER_H_
#define ROENTGEN_TRACE_ASSEMBLY_MEMORY_METER_H_

#include <cstddef>
#include <span>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "base/call.h"
#include "trace/model/record.h"

namespace roentgen::storage {

// Bytes of documents and contexts, each of these once, and what holds them.
size_t MemoryOf(std::span<const StoredRecord> records);

class MemoryMeter {
 public:
  // The memory of the call is the bound.
  explicit MemoryMeter(const Call& call)
      : bytes_max_(call.memory_bytes_max()) {}

  // ResourceExhausted once there is more than the bound.
  absl::Status Add(size_t bytes);
  // Its document, and its context if that is another one than before: nearly
  // what MemoryOf says of all records.
  absl::Status AddRecord(const StoredRecord& record);

 private:
  const size_t bytes_max_;
  size_t bytes_ = 0;
  const SpanContext* last_context_ = nullptr;
  absl::flat_hash_set<const SpanContext*> contexts_;
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_TRACE_ASSEMBLY_MEMORY_METER_H_
