// The processed documents of a trace: what BatchGetTraces hands out.
//
// A document that assembly leaves as it is comes back as the very text that
// was stored. Otherwise an edited copy: subsegments folded in, members that
// the schema does not know dropped, names in normal form. Numbers keep the
// digits they were written with.
//
// Threads: pure.
#ifndef ROENTGEN_STORAGE_ASSEMBLY_RENDER_H_
#define ROENTGEN_STORAGE_ASSEMBLY_RENDER_H_

#include <string>

#include "storage/assembly/trace.h"
#include "storage/model/record.h"

namespace roentgen::storage {

// `segment` is one of trace.segments.
std::string RenderSegment(const Trace& trace, uint32_t segment);

std::string RenderInferred(const Trace& trace, const InferredSegment& inferred);

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_ASSEMBLY_RENDER_H_
