#include "trace/assembly/memory_meter.h"

#include <string>

#include "absl/container/flat_hash_set.h"

namespace roentgen::storage {

namespace {

size_t BytesOf(const SpanContext& context) {
  return sizeof(context) + context.resource_spans.size() +
         context.scope_spans.size() + context.profile.size();
}

}  // namespace

size_t MemoryOf(std::span<const StoredRecord> records) {
  size_t bytes = 0;
  absl::flat_hash_set<const SpanContext*> seen;
  const SpanContext* last = nullptr;
  for (const StoredRecord& record : records) {
    bytes += sizeof(record) + record.document.size();
    const SpanContext* const context = record.context.get();
    if (context == last) continue;
    last = context;
    if (context == nullptr || !seen.insert(context).second) continue;
    bytes += BytesOf(*context);
  }
  return bytes;
}

absl::Status MemoryMeter::Add(size_t bytes) {
  bytes_ += bytes;
  if (bytes_ <= bytes_max_) return absl::OkStatus();
  return absl::ResourceExhaustedError("what is read takes more than " +
                                      std::to_string(bytes_max_) +
                                      " bytes of memory");
}

absl::Status MemoryMeter::AddRecord(const StoredRecord& record) {
  size_t bytes = sizeof(record) + record.document.size();
  const SpanContext* const context = record.context.get();
  if (context != last_context_) {
    last_context_ = context;
    if (context != nullptr && contexts_.insert(context).second) {
      bytes += BytesOf(*context);
    }
  }
  return Add(bytes);
}

}  // namespace roentgen::storage
