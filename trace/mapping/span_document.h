// A span seen as a parsed document, without its text: what DocumentParser
// would make of SegmentJson, but for the texts of blocks.
//
// Threads: pure.
#ifndef ROENTGEN_TRACE_MAPPING_SPAN_DOCUMENT_H_
#define ROENTGEN_TRACE_MAPPING_SPAN_DOCUMENT_H_

#include "trace/document/segment_document.h"
#include "trace/mapping/mapped_context.h"
#include "trace/mapping/span_parts.h"
#include "trace/span/span_view.h"

namespace roentgen::storage {

// `out` is empty but for the strings that `span` and `parts` point into. The
// caller keeps the context alive.
void FillDocument(const SpanView& span, const SpanParts& parts,
                  const MappedContext& context, SegmentDocument& out);

}  // namespace roentgen::storage

#endif  // ROENTGEN_TRACE_MAPPING_SPAN_DOCUMENT_H_
