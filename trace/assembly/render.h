// The processed documents of a trace: what BatchGetTraces hands out.
//
// A document that assembly leaves as it is comes back as the very text that
// was stored. Otherwise an edited copy: subsegments folded in, members that
// the schema does not know dropped, names in normal form. Numbers keep the
// digits they were written with.
//
// The texts of a large trace of spans are several times as large as the spans.
// LateRenderer makes those of one document at a time, as they are written out,
// for a trace that was assembled without them.
//
// Threads: pure; a LateRenderer belongs to one thread.
#ifndef ROENTGEN_TRACE_ASSEMBLY_RENDER_H_
#define ROENTGEN_TRACE_ASSEMBLY_RENDER_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "base/call.h"
#include "trace/assembly/trace.h"
#include "trace/document/segment_document.h"
#include "trace/mapping/record_document.h"
#include "trace/model/record.h"

namespace roentgen::storage {

// `segment` is one of trace.segments.
std::string RenderSegment(const Trace& trace, uint32_t segment);

std::string RenderInferred(const Trace& trace, const InferredSegment& inferred);

// A segment in several documents, because one would be too large: itself with
// the subsegments that come first, and each of the others that came on its own
// and whose parent is elsewhere, as the independent subsegment that it is.
struct SegmentPieces {
  std::vector<uint32_t> roots;        // Nodes, parents first.
  absl::flat_hash_set<uint32_t> cut;  // All roots but the segment.
};
// Each piece is made of some `bytes` of what was stored. `trace` was assembled
// from `records`.
SegmentPieces CutSegment(const Trace& trace, const TraceRecords& records,
                         uint32_t segment, size_t bytes);

class LateRenderer {
 public:
  // `trace` was assembled from `records`; all outlive this object.
  LateRenderer(const Trace& trace, const TraceRecords& records,
               const Call& call)
      : trace_(trace), records_(records), call_(call) {}

  // As RenderSegment; nothing when the text has more than `bytes_max` bytes,
  // which is known before all of it is made. Errors: those of AssembleTrace.
  // With `pieces`, one of its roots, without those below it.
  absl::StatusOr<std::optional<std::string>> Segment(
      uint32_t segment, size_t bytes_max,
      const SegmentPieces* pieces = nullptr);
  // As RenderInferred.
  absl::StatusOr<std::string> Inferred(const InferredSegment& inferred);

 private:
  absl::StatusOr<const SegmentDocument*> Open(uint32_t index,
                                              SegmentDocument& own);

  const Trace& trace_;
  const TraceRecords& records_;
  const Call& call_;
  RecordDocuments documents_;
  size_t read_ = 0;
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_TRACE_ASSEMBLY_RENDER_H_
