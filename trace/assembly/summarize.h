// Trace -> TraceSummary, by X-Ray's derivation of each member.
//
// Threads: pure.
#ifndef ROENTGEN_TRACE_ASSEMBLY_SUMMARIZE_H_
#define ROENTGEN_TRACE_ASSEMBLY_SUMMARIZE_H_

#include "trace/assembly/trace.h"
#include "trace/model/trace_summary.h"

namespace roentgen::storage {

// `matched_event_time` is left unset: it depends on the question.
TraceSummary Summarize(const Trace& trace);

}  // namespace roentgen::storage

#endif  // ROENTGEN_TRACE_ASSEMBLY_SUMMARIZE_H_
