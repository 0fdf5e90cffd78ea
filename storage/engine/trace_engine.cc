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

size_t MemoryOf(const TraceSummary& summary) {
  size_t bytes = sizeof(summary) + summary.http.url.size() +
                 summary.http.user_agent.size();
  const auto add_services = [&](const std::vector<ServiceId>& services) {
    for (const ServiceId& service : services) {
      bytes += sizeof(service) + service.name.size();
    }
  };
  add_services(summary.service_ids);
  for (const auto& [key, entries] : summary.annotations) {
    bytes += sizeof(key) + key.size();
    for (const AnnotationEntry& entry : entries) {
      bytes += sizeof(entry);
      if (const auto* text = std::get_if<std::string>(&entry.value)) {
        bytes += text->size();
      }
      add_services(entry.services);
    }
  }
  for (const TraceUser& user : summary.users) {
    bytes += sizeof(user) + user.name.size();
    add_services(user.services);
  }
  for (const auto* causes :
       {&summary.fault_root_causes, &summary.error_root_causes,
        &summary.response_time_root_causes}) {
    for (const RootCause& cause : *causes) {
      for (const RootCauseService& service : cause.services) {
        bytes += sizeof(service) + service.service.name.size();
        for (const RootCauseEntity& entity : service.entity_path) {
          bytes += sizeof(entity) + entity.name.size();
          for (const RootCauseException& exception : entity.exceptions) {
            bytes += sizeof(exception) + exception.message.size();
          }
        }
      }
    }
  }
  return bytes;
}

}  // namespace roentgen::storage
