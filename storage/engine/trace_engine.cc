#include "storage/engine/trace_engine.h"

#include <algorithm>
#include <future>
#include <utility>

namespace roentgen::storage {

absl::Status WriteAndWait(TraceEngine& engine, std::vector<NewRecord> records,
                          Durability durability, absl::Time deadline) {
  std::promise<absl::Status> promise;
  std::future<absl::Status> result = promise.get_future();
  engine.Write(std::move(records), durability, deadline,
               [&promise](absl::Status s) { promise.set_value(std::move(s)); });
  return result.get();
}

void AnswerScope::Add(const AnswerScope& other) {
  as_of = std::min(as_of, other.as_of);
  missing.insert(missing.end(), other.missing.begin(), other.missing.end());
  std::sort(missing.begin(), missing.end());
  missing.erase(std::unique(missing.begin(), missing.end()), missing.end());
}

void FindStats::Add(const FindStats& other) {
  batches += other.batches;
  batches_skipped += other.batches_skipped;
  chunks_read += other.chunks_read;
  bytes_read += other.bytes_read;
  rows_scanned += other.rows_scanned;
  open_traces += other.open_traces;
  open_indexed += other.open_indexed;
}

void TraceFigures::Add(std::optional<absl::Duration> duration) {
  ++traces;
  if (duration) durations.Add(*duration);
}

void TraceFigures::Add(const TraceFigures& other) {
  traces += other.traces;
  durations.Add(other.durations);
}

size_t MemoryOf(const AggregateResult& result) {
  size_t bytes = result.total.durations.MemoryBytes() +
                 result.unsure.capacity() * sizeof(TraceId);
  for (const auto& [key, figures] : result.groups) {
    bytes += sizeof(key) + figures.durations.MemoryBytes() +
             key.service.name.size() + key.service.type.size();
    if (const auto* text = std::get_if<std::string>(&key.value)) {
      bytes += text->size();
    }
  }
  return bytes;
}

}  // namespace roentgen::storage
