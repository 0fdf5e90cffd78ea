#include "storage/engine/trace_engine.h"

#include <algorithm>
#include <future>
#include <utility>

namespace roentgen::storage {

absl::Status WriteAndWait(TraceEngine& engine, std::vector<NewRecord> records,
                          Durability durability, absl::Time deadline) {
  std::vector<TraceId> ids;
  for (const NewRecord& record : records) ids.push_back(record.trace_id);
  const WriteOutcome outcome =
      WriteForOutcome(engine, std::move(records),
                      {.durability = durability, .deadline = deadline});
  if (!outcome.status.ok()) return outcome.status;
  for (size_t i = 0; i < outcome.records.size(); ++i) {
    if (outcome.records[i] == RecordOutcome::kStored) continue;
    return absl::ResourceExhaustedError(
        "trace " + ids[i].ToString() + " is at its limit of " +
        std::to_string(limits::kTraceRecordsMax) + " documents and " +
        std::to_string(limits::kTraceBytesMax) +
        " bytes of them and of their resources");
  }
  return absl::OkStatus();
}

WriteOutcome WriteForOutcome(TraceEngine& engine,
                             std::vector<NewRecord> records,
                             const WriteOptions& options) {
  std::promise<WriteOutcome> promise;
  std::future<WriteOutcome> result = promise.get_future();
  std::vector<IncomingRecord> views = ViewsOf(records);
  engine.Write(views, options, [&promise](WriteOutcome outcome) {
    promise.set_value(std::move(outcome));
  });
  return result.get();
}

std::vector<IncomingRecord> ViewsOf(std::vector<NewRecord>& records) {
  std::vector<IncomingRecord> views;
  views.reserve(records.size());
  for (NewRecord& record : records) {
    views.push_back({.trace_id = record.trace_id,
                     .format = record.format,
                     .facts = std::move(record.facts),
                     .document = record.document,
                     .context = std::move(record.context)});
  }
  return views;
}

size_t WriteOutcome::refused() const {
  return static_cast<size_t>(std::count_if(
      records.begin(), records.end(),
      [](RecordOutcome outcome) { return outcome != RecordOutcome::kStored; }));
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
  size_t bytes = sizeof(summary);
  const auto add_text = [&](const std::string& text) {
    bytes += sizeof(text) + text.size();
  };
  const auto add_service = [&](const ServiceId& service) {
    add_text(service.name);
    add_text(service.type);
    add_text(service.account_id);
  };
  const auto add_services = [&](const std::vector<ServiceId>& services) {
    for (const ServiceId& service : services) add_service(service);
  };
  const HttpSummary& http = summary.http;
  for (const auto* text :
       {&http.url, &http.method, &http.user_agent, &http.client_ip}) {
    add_text(*text);
  }
  for (const auto* texts : {&summary.resource_arns, &summary.instance_ids,
                            &summary.availability_zones}) {
    for (const std::string& text : *texts) add_text(text);
  }
  add_services(summary.service_ids);
  for (const auto& [key, entries] : summary.annotations) {
    add_text(key);
    for (const AnnotationEntry& entry : entries) {
      bytes += sizeof(entry);
      if (const auto* text = std::get_if<std::string>(&entry.value)) {
        add_text(*text);
      }
      add_services(entry.services);
    }
  }
  for (const TraceUser& user : summary.users) {
    add_text(user.name);
    add_services(user.services);
  }
  for (const auto* causes :
       {&summary.fault_root_causes, &summary.error_root_causes,
        &summary.response_time_root_causes}) {
    for (const RootCause& cause : *causes) {
      for (const RootCauseService& service : cause.services) {
        add_service(service.service);
        for (const RootCauseEntity& entity : service.entity_path) {
          bytes += sizeof(entity) + entity.name.size();
          for (const RootCauseException& exception : entity.exceptions) {
            add_text(exception.name);
            add_text(exception.message);
          }
        }
      }
    }
  }
  return bytes;
}

}  // namespace roentgen::storage
