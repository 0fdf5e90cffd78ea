// Records as segment documents, whatever they were born as.
//
//   RecordDocuments documents;  // One per thread; keeps its buffers.
//   SegmentDocument document;
//   RTG_RETURN_IF_ERROR(
//       documents.Read(record, SpanPlace::kInService, Texts::kOmitted,
//                      document));
//
// A span is seen as a segment where its service is entered, else as an
// independent subsegment; a call that is an entry as a segment with a
// subsegment in it. Other records of the trace tell where it stands
// (SpanPlace).
//
// Threads: thread-compatible.
#ifndef ROENTGEN_TRACE_MAPPING_RECORD_DOCUMENT_H_
#define ROENTGEN_TRACE_MAPPING_RECORD_DOCUMENT_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "trace/document/segment_document.h"
#include "trace/mapping/attribute_notes.h"
#include "trace/mapping/span_parts.h"
#include "trace/model/ids.h"
#include "trace/model/record.h"
#include "trace/span/span_view.h"

namespace roentgen::storage {

// A span of which the ids and the times are known, and its other fields are
// read, in order.
struct SpanInParts {
  TraceId trace_id;
  EntityId id;
  std::optional<EntityId> parent_id;
  uint64_t start_ns = 0;
  uint64_t end_ns = 0;
  std::span<const NotedField* const> fields;
  std::shared_ptr<const SpanContext> context;
};

class RecordDocuments {
 public:
  RecordDocuments();
  ~RecordDocuments();
  RecordDocuments(RecordDocuments&&) noexcept;
  RecordDocuments& operator=(RecordDocuments&&) noexcept;

  // Fills `out`, whose buffers are reused; `record` is not referenced
  // afterwards. With Texts::kOmitted the JSON texts of documents made of spans
  // may be empty, that of a cause excepted. Errors: DataLoss when what was
  // stored does not read.
  absl::Status Read(const StoredRecord& record, SpanPlace place, Texts texts,
                    SegmentDocument& out);

  // The same without texts, of a span whose fields were read already. What the
  // fields view outlives what is done with `out`. False when the span has to be
  // read whole: its texts are not UTF-8.
  absl::StatusOr<bool> ReadParts(const SpanInParts& span, SpanPlace place,
                                 SegmentDocument& out);

  // Bytes of all contexts that were mapped so far, about: documents keep what
  // their contexts were mapped to.
  size_t mapped_bytes() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// What an engine must know of a span, without mapping it: the facts of the
// document that Read makes of one in its service. `span` was read and is valid;
// its trace id is `trace_id`. `service`: what its resource says (ContextView);
// empty: nothing.
RecordFacts SpanFacts(const TraceId& trace_id, const SpanView& span,
                      std::string_view service);

}  // namespace roentgen::storage

#endif  // ROENTGEN_TRACE_MAPPING_RECORD_DOCUMENT_H_
