// Trace -> TraceSummary, by X-Ray's derivation of each member.
//
// Threads: pure.
#ifndef ROENTGEN_STORAGE_ASSEMBLY_SUMMARIZE_H_
#define ROENTGEN_STORAGE_ASSEMBLY_SUMMARIZE_H_

#include "storage/assembly/trace.h"
#include "storage/model/trace_summary.h"

namespace roentgen::storage {

// `matched_event_time` is left unset: it depends on the question.
TraceSummary Summarize(const Trace& trace);

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_ASSEMBLY_SUMMARIZE_H_
