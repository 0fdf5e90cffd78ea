// A span seen as a parsed document, without its text: what DocumentParser
// would make of SegmentJson, but for the texts of blocks.
//
// Threads: pure.
#ifndef ROENTGEN_STORAGE_MAPPING_SPAN_DOCUMENT_H_
#define ROENTGEN_STORAGE_MAPPING_SPAN_DOCUMENT_H_

#include "storage/document/segment_document.h"
#include "storage/mapping/mapped_context.h"
#include "storage/mapping/span_parts.h"
#include "storage/span/span_view.h"

namespace roentgen::storage {

// `out` is empty but for the strings that `span` and `parts` point into. The
// caller keeps the context alive.
void FillDocument(const SpanView& span, const SpanParts& parts,
                  const MappedContext& context, SegmentDocument& out);

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_MAPPING_SPAN_DOCUMENT_H_
