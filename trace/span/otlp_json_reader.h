// OTLP JSON -> Protobuf wire format, so that whatever comes after sees one
// format.
//
//   OtlpJsonReader reader;  // One per thread; keeps its buffers.
//   RTG_ASSIGN_OR_RETURN(std::string request, reader.Read(body));
//
// What comes out is canonical: fields by ascending number, defaults left out.
// The whole text is checked by JSON's grammar. Unknown members are skipped,
// null is as if absent, of members given twice the last wins, but lists go on:
// all that they got is there. Members may be spelled as in JSON or as in the
// .proto files, enumerations be numbers or names of the .proto files. What
// instrumentation libraries were before they were scopes is read, too. Texts
// that cannot be shown are mended (base/json_mend.h).
//
// A trace or span id that is not made of hex digits does not fail the request:
// it becomes an id of a length that no valid span has. Nor does an attribute
// that nests deeper than limits::kAttributeDepthMax: one level more of it comes
// out, so that ReadSpan finds it too deep.
//
// Errors: InvalidArgument, for a text that is no JSON with the place, for a
// request without spans that has unknown members where they could be, for a
// member of the wrong type with its path and value, for a list that goes on too
// often, and for an unknown member that makes the text nest deeper than
// limits::kOtlpJsonDepthMax:
//   resourceSpans[0].scopeSpans[0].spans[2].startTimeUnixNano: "abc" is no
//   unsigned 64-bit number
//
// Format: JSON encoding of the OpenTelemetry protocol's specification.
//
// Threads: thread-compatible.
#ifndef ROENTGEN_TRACE_SPAN_OTLP_JSON_READER_H_
#define ROENTGEN_TRACE_SPAN_OTLP_JSON_READER_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace roentgen::storage {

class OtlpJsonReader {
 public:
  OtlpJsonReader();
  ~OtlpJsonReader();
  OtlpJsonReader(OtlpJsonReader&&) noexcept;
  OtlpJsonReader& operator=(OtlpJsonReader&&) noexcept;

  // `json` is an ExportTraceServiceRequest (or TracesData). It may be mended
  // and reallocated.
  absl::StatusOr<std::string> Read(std::string& json);

  // What whoever sent the last request should know, though it was read: it has
  // unknown members where spans could be. Empty: nothing.
  const std::string& note() const { return note_; }

 private:
  class Walk;
  struct State;
  std::unique_ptr<State> state_;
  std::string note_;
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_TRACE_SPAN_OTLP_JSON_READER_H_
