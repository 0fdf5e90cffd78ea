#include "trace/assembly/trace_spans.h"

#include <algorithm>
#include <deque>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "base/status_macros.h"
#include "trace/assembly/memory_meter.h"
#include "trace/assembly/record_resolution.h"
#include "trace/document/document_parser.h"
#include "trace/document/segment_document.h"
#include "trace/mapping/record_document.h"
#include "trace/mapping/segment_spans.h"
#include "trace/span/service_name.h"
#include "trace/span/span_view.h"

namespace roentgen::storage {
namespace {

// A record, read.
struct Part {
  EntityId span_id;                           // Of a span.
  std::unique_ptr<SegmentDocument> document;  // Null: it is a span.
  RecordFacts facts;
  AliveEntities alive;

  bool is_span() const { return document == nullptr; }
};

size_t MemoryOf(const Part& part) {
  return sizeof(part) + part.facts.entities.size() * sizeof(EntityFact) +
         (part.is_span() ? 0 : part.document->MemoryBytes());
}

absl::Status ReadStored(const StoredRecord& record, SpanView& span) {
  if (ReadSpan(record.document, span) && record.context != nullptr) {
    return absl::OkStatus();
  }
  return absl::DataLossError("a stored span does not read");
}

absl::Status ReadPart(const StoredRecord& record, DocumentParser& parser,
                      SpanView& span, Part& part) {
  if (record.format != RecordFormat::kOtlpSpan) {
    part.document = std::make_unique<SegmentDocument>();
    if (parser.Parse(record.document, *part.document)) {
      return absl::DataLossError("a stored document does not parse");
    }
    part.facts = part.document->Facts();
    return absl::OkStatus();
  }
  RTG_RETURN_IF_ERROR(ReadStored(record, span));
  part.span_id = EntityIdOf(span.span_id);
  const bool valid = span.trace_id.size() == 16;
  // What else spans are decides which of them count, not which documents do.
  part.facts = SpanFacts(valid ? TraceIdOf(span) : TraceId(), span, {});
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Part>> ReadParts(
    const std::vector<StoredRecord>& records, const Call& call,
    MemoryMeter& meter) {
  std::vector<Part> parts(records.size());
  DocumentParser parser;
  SpanView span;
  for (size_t i = 0; i < records.size(); ++i) {
    RTG_RETURN_IF_ERROR(call.CheckAt(i));
    RTG_RETURN_IF_ERROR(ReadPart(records[i], parser, span, parts[i]));
    RTG_RETURN_IF_ERROR(meter.Add(MemoryOf(parts[i])));
  }
  return parts;
}

TraceSpan SpanOf(EntityId id, StoredRecord& record) {
  return {.id = id,
          .context = record.context,  // Others may still ask for it.
          .span = std::move(record.document)};
}

// Of a trace that has nothing else: no span depends on another.
absl::StatusOr<std::vector<TraceSpan>> SpansAlone(
    std::vector<StoredRecord>& records, const Call& call) {
  std::vector<TraceSpan> out;
  out.reserve(records.size());
  SpanView span;
  for (size_t i = 0; i < records.size(); ++i) {
    RTG_RETURN_IF_ERROR(call.CheckAt(i));
    RTG_RETURN_IF_ERROR(ReadStored(records[i], span));
    out.push_back(SpanOf(EntityIdOf(span.span_id), records[i]));
  }
  return out;
}

// Which entities of the documents are part of the trace.
void Resolve(const std::vector<StoredRecord>& records,
             std::vector<Part>& parts) {
  std::vector<RecordView> views;
  for (size_t i = 0; i < parts.size(); ++i) {
    views.push_back({.sequence = records[i].sequence,
                     .received = records[i].received,
                     .facts = &parts[i].facts});
  }
  std::vector<ResolvedRecord> resolved = ResolveRecords(views);
  for (size_t i = 0; i < resolved.size(); ++i) {
    if (!parts[i].is_span()) parts[i].alive = std::move(resolved[i].alive);
  }
}

// The services that the records are of.
class Services {
 public:
  Services(const std::vector<StoredRecord>& records,
           const std::vector<Part>& parts)
      : records_(records), parts_(parts), found_(parts.size()) {
    for (size_t i = 0; i < parts.size(); ++i) {
      const Part& part = parts[i];
      if (part.is_span()) owners_.try_emplace(part.span_id, i);
      for (size_t e = 0; e < part.alive.size(); ++e) {
        if (part.alive[e] == 0) continue;
        owners_.try_emplace(part.document->entities[e].id, i);
      }
    }
  }

  // Empty when it is not known.
  std::string_view Of(size_t at) {
    std::vector<size_t> path;
    std::string_view name;
    while (true) {
      if (found_[at]) {  // Also where parents go round in a circle.
        name = *found_[at];
        break;
      }
      found_[at] = "";
      path.push_back(at);
      const Part& part = parts_[at];
      if (part.is_span() || !part.document->independent_subsegment) {
        name = NameOf(at);
        break;
      }
      const auto owner =
          owners_.find(part.document->root().parent_id.value_or(EntityId()));
      if (owner == owners_.end()) break;
      at = owner->second;
    }
    for (size_t i : path) found_[i] = name;
    return name;
  }

 private:
  std::string_view NameOf(size_t at) {
    if (!parts_[at].is_span()) return parts_[at].document->root().name;
    ContextView context;
    if (!ReadContext(*records_[at].context, context)) return {};
    return names_.emplace_back(ServiceNameOf(*records_[at].context, context));
  }

  const std::vector<StoredRecord>& records_;
  const std::vector<Part>& parts_;
  absl::flat_hash_map<EntityId, size_t> owners_;
  std::vector<std::optional<std::string_view>> found_;
  std::deque<std::string> names_;  // Addresses are stable.
};

}  // namespace

absl::StatusOr<std::vector<TraceSpan>> SpansOfTrace(
    std::vector<StoredRecord> records, const Call& call) {
  MemoryMeter meter(call);
  RTG_RETURN_IF_ERROR(
      meter.Add(MemoryOf(records) + records.size() * sizeof(TraceSpan)));
  if (std::all_of(records.begin(), records.end(), [](const StoredRecord& r) {
        return r.format == RecordFormat::kOtlpSpan;
      })) {
    return SpansAlone(records, call);
  }
  RTG_ASSIGN_OR_RETURN(std::vector<Part> parts,
                       ReadParts(records, call, meter));
  Resolve(records, parts);
  Services services(records, parts);
  std::vector<TraceSpan> out;
  for (size_t i = 0; i < parts.size(); ++i) {
    const Part& part = parts[i];
    RTG_RETURN_IF_ERROR(call.CheckAt(i));
    if (part.is_span()) {
      out.push_back(SpanOf(part.span_id, records[i]));
      continue;
    }
    const std::vector<SpanRecord> spans =
        SpansOfSegment(*part.document, services.Of(i));
    for (size_t e = 0; e < spans.size(); ++e) {
      if (e >= part.alive.size() || part.alive[e] == 0) continue;
      RTG_RETURN_IF_ERROR(meter.Add(sizeof(TraceSpan) + spans[e].span.size()));
      out.push_back({.id = part.document->entities[e].id,
                     .context = spans[e].context,
                     .span = spans[e].span});
    }
  }
  return out;
}

}  // namespace roentgen::storage
