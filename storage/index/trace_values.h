// The distinct values of a trace that are indexed: what its summary says of
// them, without who reported them.
//
// Threads: pure.
#ifndef ROENTGEN_STORAGE_INDEX_TRACE_VALUES_H_
#define ROENTGEN_STORAGE_INDEX_TRACE_VALUES_H_

#include <string_view>
#include <utility>
#include <vector>

#include "storage/assembly/trace.h"
#include "storage/document/segment_document.h"

namespace roentgen::storage {

// Views into the trace; each list ascending and distinct.
struct TraceValues {
  using Texts = std::vector<std::string_view>;

  Texts users;
  Texts resource_arns;
  Texts instance_ids;
  Texts availability_zones;
  // Without those that documents share with others of their context.
  std::vector<std::pair<std::string_view, AnnotationView>> annotations;
};

TraceValues ValuesOf(const Trace& trace);

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_INDEX_TRACE_VALUES_H_
