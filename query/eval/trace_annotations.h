// The annotations of each entity of a trace, found without reading all.
//
// Threads: one thread at a time.
#ifndef ROENTGEN_QUERY_EVAL_TRACE_ANNOTATIONS_H_
#define ROENTGEN_QUERY_EVAL_TRACE_ANNOTATIONS_H_

#include <cstdint>
#include <string_view>
#include <vector>

#include "query/eval/subject.h"
#include "trace/assembly/trace.h"
#include "trace/document/segment_document.h"

namespace roentgen::query {

class TraceAnnotations {
 public:
  // `trace` outlives this object.
  explicit TraceAnnotations(const storage::Trace& trace) : trace_(trace) {}

  // Whether `is` holds for a value that `node` itself has under `key`.
  bool Any(uint32_t node, std::string_view key, AnnotationValueTest is);

 private:
  struct Entry {
    uint32_t node;
    const storage::AnnotationPair* pair;
  };
  void Gather();

  const storage::Trace& trace_;
  // Most questions are not about annotations: gathered for the first that is.
  bool gathered_ = false;
  std::vector<Entry> entries_;  // By node.
};

}  // namespace roentgen::query

#endif  // ROENTGEN_QUERY_EVAL_TRACE_ANNOTATIONS_H_
