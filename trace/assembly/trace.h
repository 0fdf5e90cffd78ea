// A trace put together from its records.
//
//   absl::StatusOr<Trace> trace = AssembleTrace(records, call);
//
// Documents are parsed and spans mapped, versions resolved, independent
// subsegments attached to their parents, and downstream calls without a segment
// of their own get an inferred segment. A span whose parent is not here, or of
// another service, is a segment of its service
// (docs/decisions/0033-segments-by-service.md). A subsegment whose segment
// never came stands for one (AssemblyRules).
//
// Threads: plain data; pure function.
#ifndef ROENTGEN_TRACE_ASSEMBLY_TRACE_H_
#define ROENTGEN_TRACE_ASSEMBLY_TRACE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/inlined_vector.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "base/call.h"
#include "base/timestamp.h"
#include "trace/assembly/record_resolution.h"
#include "trace/document/segment_document.h"
#include "trace/mapping/record_document.h"
#include "trace/model/ids.h"
#include "trace/model/record.h"
#include "trace/model/trace_summary.h"

namespace roentgen::storage {

// An entity that is part of the trace.
struct TraceNode {
  uint32_t document = 0;  // Index into Trace::documents.
  uint32_t entity = 0;    // Index into that document's entities.
  // Index of the enclosing node; -1 for segments and orphans.
  int32_t parent = -1;
  // Subsegments in order of start, then arrival.
  absl::InlinedVector<uint32_t, 4> children;
  // Some child came as a document of its own.
  bool has_folded_child = false;
  // Reachable from a segment.
  bool attached = false;
  // Stands for a segment only because its parent is not here, or is one of its
  // own descendants.
  bool orphan = false;
  // Of spans that share an id: not the one that others hang on.
  bool repeat = false;
  // Index of the segment it belongs to (itself for segments).
  uint32_t segment = 0;
};

// Stands for a downstream service that sent no segment.
struct InferredSegment {
  EntityId id;
  uint32_t call = 0;  // Node of the subsegment it is inferred from.
  ServiceId service;
};

struct Trace {
  TraceId id;
  TraceTimes times;
  std::vector<SegmentDocument> documents;
  std::vector<TraceNode> nodes;
  // Nodes by id, without repeats.
  absl::flat_hash_map<EntityId, uint32_t> by_id;
  // Nodes of real segments, and inferred ones; each by start, then id.
  std::vector<uint32_t> segments;
  std::vector<InferredSegment> inferred;
  // Node of the root segment: no parent_id, or a span whose parent is not here;
  // the one with the earliest start.
  std::optional<uint32_t> root;
  // Some segment or independent subsegment names a parent that is not here.
  bool partial = false;
  // Latest end minus earliest start of attached entities; absent while none
  // is complete.
  std::optional<absl::Duration> duration;

  const EntityView& entity(uint32_t node) const {
    return documents[nodes[node].document].entities[nodes[node].entity];
  }
  // Whether a node was made of an OpenTelemetry span, and of which kind.
  bool IsSpan(uint32_t node) const {
    return documents[nodes[node].document].span;
  }
  bool IsSpanOf(uint32_t node, SpanKind kind) const {
    return IsSpan(node) && documents[nodes[node].document].identity.kind ==
                               static_cast<uint64_t>(kind);
  }
  // Whether a call says what it calls. A span that does not has only its own
  // name, which is no service's.
  bool NamesCallee(uint32_t call) const {
    return !IsSpan(call) ||
           documents[nodes[call].document].identity.names_callee;
  }
  // Whether a segment is where requests enter: nobody called it.
  bool IsRoot(uint32_t segment) const {
    return !entity(segment).parent_id || root == segment;
  }
};

// `texts`: whether the JSON text of spans is wanted; that of documents is there
// anyway. The memory of the call bounds the records and all that is made of
// them. Errors: DataLoss when a stored record no longer reads;
// ResourceExhausted when the trace takes more memory; those of Call::Check.
absl::StatusOr<Trace> AssembleTrace(const TraceRecords& records,
                                    const Call& waiting,
                                    Texts texts = Texts::kOmitted);

// The same for many traces, one after the other: buffers are used again.
//
// Threads: one thread at a time.
class TraceAssembler {
 public:
  explicit TraceAssembler(AssemblyRules rules = {});
  ~TraceAssembler();
  TraceAssembler(const TraceAssembler&) = delete;
  TraceAssembler& operator=(const TraceAssembler&) = delete;

  // A record without what it says.
  struct Arrival {
    RecordSequence sequence;
    Timestamp received;
  };
  // Reads the record of that number. A second time, as an entry, when the
  // records around it say that it is one.
  using ReadDocument = absl::FunctionRef<absl::Status(
      RecordDocuments&, size_t, SpanPlace, SegmentDocument&)>;

  // The trace of records by ascending sequence. It stays until the next call.
  // Never null. Errors: those of `read`.
  absl::StatusOr<const Trace*> Assemble(const TraceId& id,
                                        std::span<const Arrival> records,
                                        ReadDocument read);

 private:
  class Workshop;
  friend absl::StatusOr<Trace> AssembleTrace(const TraceRecords& records,
                                             const Call& waiting, Texts texts);

  std::unique_ptr<Workshop> workshop_;
};

// The node of the service map that a segment belongs to.
ServiceId ServiceOf(const EntityView& segment);
// The node that a call (a subsegment of namespace aws or remote) stands for,
// unless a segment answers it.
ServiceId CalleeOf(const EntityView& call);

}  // namespace roentgen::storage

#endif  // ROENTGEN_TRACE_ASSEMBLY_TRACE_H_
