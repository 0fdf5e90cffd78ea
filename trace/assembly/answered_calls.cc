#include "trace/assembly/answered_calls.h"

namespace roentgen::storage {

absl::flat_hash_map<uint32_t, uint32_t> AnsweredCalls(const Trace& trace) {
  absl::flat_hash_map<uint32_t, uint32_t> calls;
  // Of the two the server's is the one that others hang on.
  for (uint32_t call = 0; call < trace.nodes.size(); ++call) {
    if (!trace.nodes[call].repeat) continue;
    const auto answer = trace.by_id.find(trace.entity(call).id);
    if (answer != trace.by_id.end() &&
        trace.IsSpanOf(call, SpanKind::kClient) &&
        trace.IsSpanOf(answer->second, SpanKind::kServer)) {
      calls[answer->second] = call;
    }
  }
  return calls;
}

}  // namespace roentgen::storage
