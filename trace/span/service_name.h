// The service that spans are of.
//
// Threads: pure.
#ifndef ROENTGEN_TRACE_SPAN_SERVICE_NAME_H_
#define ROENTGEN_TRACE_SPAN_SERVICE_NAME_H_

#include <string>

#include "trace/model/record.h"
#include "trace/span/span_view.h"

namespace roentgen::storage {

// What the resource says, or the name that the profile gives to those that say
// nothing. `view` was read of `context`.
std::string ServiceNameOf(const SpanContext& context, const ContextView& view);

}  // namespace roentgen::storage

#endif  // ROENTGEN_TRACE_SPAN_SERVICE_NAME_H_
