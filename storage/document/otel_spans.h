// The entities of a segment document as OpenTelemetry spans.
//
//   RTG_ASSIGN_OR_RETURN(auto spans, OtelSpansOf(document));
//
// One JSON object per segment and subsegment, with the members of OTLP's Span
// and with its resource and scope. Names of attributes are those that the
// OpenTelemetry collector's X-Ray receiver gives them; times keep their
// nanoseconds, ids are in hex, and flags that no HTTP status explains become
// the span's status.
//
// Sources: OpenTelemetry protocol (OTLP/JSON), OpenTelemetry semantic
// conventions.
//
// Threads: pure.
#ifndef ROENTGEN_STORAGE_DOCUMENT_OTEL_SPANS_H_
#define ROENTGEN_STORAGE_DOCUMENT_OTEL_SPANS_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace roentgen::storage {

struct OtelSpan {
  std::string id;  // 16 hex digits.
  std::string json;
};

// In the document's order: the segment first. Errors: DataLoss when it does
// not parse.
absl::StatusOr<std::vector<OtelSpan>> OtelSpansOf(std::string_view document);

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_DOCUMENT_OTEL_SPANS_H_
