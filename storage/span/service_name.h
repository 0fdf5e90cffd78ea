// The service that spans are of.
//
// Threads: pure.
#ifndef ROENTGEN_STORAGE_SPAN_SERVICE_NAME_H_
#define ROENTGEN_STORAGE_SPAN_SERVICE_NAME_H_

#include <string>

#include "storage/model/record.h"
#include "storage/span/span_view.h"

namespace roentgen::storage {

// What the resource says, or the name that the profile gives to those that say
// nothing. `view` was read of `context`.
std::string ServiceNameOf(const SpanContext& context, const ContextView& view);

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_SPAN_SERVICE_NAME_H_
