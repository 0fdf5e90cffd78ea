// A record: one accepted document or span as an engine keeps it.
//
// Threads: plain data.
#ifndef ROENTGEN_TRACE_MODEL_RECORD_H_
#define ROENTGEN_TRACE_MODEL_RECORD_H_

#include <compare>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/hash/hash.h"
#include "base/timestamp.h"
#include "trace/model/ids.h"

namespace roentgen::storage {

// Values are on disk; never renumber.
enum class RecordFormat : uint8_t {
  kXrayJson = 0,  // An X-Ray segment document.
  kOtlpSpan = 1,  // An opentelemetry.proto.trace.v1.Span, serialized.
};

// What many spans have in common. Immutable once shared.
struct SpanContext {
  // Serialized ResourceSpans without its scope_spans: the resource, its
  // schema.
  std::string resource_spans;
  // Serialized ScopeSpans without its spans.
  std::string scope_spans;
  // How the spans are seen as segments (span_profile.h), encoded.
  std::string profile;

  friend auto operator<=>(const SpanContext&, const SpanContext&) = default;
};

// Whether both are absent or say the same.
inline bool SameContext(const std::shared_ptr<const SpanContext>& a,
                        const std::shared_ptr<const SpanContext>& b) {
  return a == b || (a != nullptr && b != nullptr && *a == *b);
}

// Identity and order of a record: the commit that made it durable, and its
// place in that commit. Nothing is ever overwritten by segment id.
struct RecordSequence {
  uint64_t commit = 0;
  uint32_t position = 0;

  friend auto operator<=>(const RecordSequence&,
                          const RecordSequence&) = default;
};

// One entity (segment or subsegment) as far as ordering traces in time needs.
struct EntityFact {
  EntityId id;
  int32_t parent = -1;  // Index of the enclosing entity, -1 for the first.
  Timestamp start;
  Timestamp end;  // Equal to `start` while in progress.
  bool complete = false;

  friend bool operator==(const EntityFact&, const EntityFact&) = default;
};

// What an engine must know of a document without parsing it.
// facts[0] is the document's own entity; embedded subsegments follow.
struct RecordFacts {
  bool independent_subsegment = false;
  // Of a span: it is the version of nothing, and counts unless it is a repeat.
  bool span = false;
  // Of a span: its PrintOfSpan. Not stored.
  uint32_t print = 0;
  // Nearly always one, or as many as a segment has subsegments.
  absl::InlinedVector<EntityFact, 1> entities;

  friend bool operator==(const RecordFacts&, const RecordFacts&) = default;
};

// Tells spans of one id and of the same times apart, as are the two halves of a
// call that share an id: by kind and service. `service`: empty where the
// resource does not say. Differs from process to process.
inline uint32_t PrintOfSpan(uint64_t kind, std::string_view service) {
  return static_cast<uint32_t>(absl::HashOf(kind, service));
}

struct NewRecord {
  TraceId trace_id;
  RecordFormat format = RecordFormat::kXrayJson;
  RecordFacts facts;
  std::string document;  // Verbatim.
  // Of spans only.
  std::shared_ptr<const SpanContext> context = nullptr;
};

struct StoredRecord {
  RecordSequence sequence;
  Timestamp received;
  RecordFormat format = RecordFormat::kXrayJson;
  std::string document;  // Verbatim.
  // Of spans only.
  std::shared_ptr<const SpanContext> context = nullptr;

  friend bool operator==(const StoredRecord& a, const StoredRecord& b) {
    return a.sequence == b.sequence && a.received == b.received &&
           a.format == b.format && a.document == b.document &&
           SameContext(a.context, b.context);
  }
};

// What stands for what, where a trace alone does not say; of a store.
struct AssemblyRules {
  // Subsegments whose segment is not here are listed as segments, marked as
  // orphans. X-Ray leaves them out (the setting strict_aws_limits).
  bool lone_subsegments = true;

  friend bool operator==(const AssemblyRules&, const AssemblyRules&) = default;
};

// All records of one trace, by ascending sequence, and the rules of the store
// that they are of.
struct TraceRecords {
  TraceId trace_id;
  std::vector<StoredRecord> records;
  AssemblyRules rules = {};

  friend bool operator==(const TraceRecords&, const TraceRecords&) = default;
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_TRACE_MODEL_RECORD_H_
