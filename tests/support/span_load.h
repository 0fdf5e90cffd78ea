// Spans as an exporter sends them: of any export request, and those of a
// captured load.
#ifndef ROENTGEN_TESTS_SUPPORT_SPAN_LOAD_H_
#define ROENTGEN_TESTS_SUPPORT_SPAN_LOAD_H_

#include <string>
#include <string_view>
#include <vector>

#include "trace/model/record.h"

namespace roentgen::testing_support {

// Appends the spans of an ExportTraceServiceRequest, each scope's with a
// context of their own. False when the bytes are none.
bool AppendSpans(std::string_view request, const std::string& profile,
                 std::vector<storage::StoredRecord>& out);

// The requests of otel-demo/requests.bin (each behind its length in 4 bytes,
// the most significant first) in the folder that the environment variable
// ROENTGEN_SHARED_DATA names. Empty when there is no such file.
std::vector<std::string> CapturedRequests();

}  // namespace roentgen::testing_support

#endif  // ROENTGEN_TESTS_SUPPORT_SPAN_LOAD_H_
