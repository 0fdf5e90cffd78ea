// TracesData with any fields set, also to odd values, made from a seed.
#ifndef ROENTGEN_TESTS_TRACE_SPAN_RANDOM_TRACES_H_
#define ROENTGEN_TESTS_TRACE_SPAN_RANDOM_TRACES_H_

#include <cstdint>

#include "opentelemetry/proto/trace/v1/trace.pb.h"

namespace roentgen::storage {

opentelemetry::proto::trace::v1::TracesData RandomTraces(uint32_t seed);

}  // namespace roentgen::storage

#endif  // ROENTGEN_TESTS_TRACE_SPAN_RANDOM_TRACES_H_
