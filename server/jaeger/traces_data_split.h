// A request of spans -> traces.
//
//   RTG_ASSIGN_OR_RETURN(const auto traces, SplitTracesData(bytes));
//
// Errors: InvalidArgument when the bytes are no TracesData, or a span has no
// valid ids.
//
// Threads: pure.
#ifndef ROENTGEN_SERVER_JAEGER_TRACES_DATA_SPLIT_H_
#define ROENTGEN_SERVER_JAEGER_TRACES_DATA_SPLIT_H_

#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "query/spans/span_summary.h"

namespace roentgen::server {

// `traces_data` is a serialized TracesData. In order of appearance.
absl::StatusOr<std::vector<query::SpanTrace>> SplitTracesData(
    std::string_view traces_data);

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_JAEGER_TRACES_DATA_SPLIT_H_
