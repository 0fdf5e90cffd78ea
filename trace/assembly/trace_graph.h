// Figures of the service map from assembled traces: the obvious way, which
// says what is right. Faster ones are compared with it
// (storage/index/column_graph.h).
//
// Threads: pure.
#ifndef ROENTGEN_TRACE_ASSEMBLY_TRACE_GRAPH_H_
#define ROENTGEN_TRACE_ASSEMBLY_TRACE_GRAPH_H_

#include <cstdint>
#include <span>

#include "trace/assembly/message_links.h"
#include "trace/assembly/trace.h"
#include "trace/model/graph_figures.h"
#include "trace/model/graph_window.h"

namespace roentgen::storage {

// Adds what ended in the window to the figures of its period; takes it away
// with `sign` -1. `links` are those of this trace whose senders were found.
void AddTraceGraph(const Trace& trace, std::span<const LinkEdge> links,
                   const GraphWindow& window, int64_t sign,
                   GraphPeriods& periods);

}  // namespace roentgen::storage

#endif  // ROENTGEN_TRACE_ASSEMBLY_TRACE_GRAPH_H_
