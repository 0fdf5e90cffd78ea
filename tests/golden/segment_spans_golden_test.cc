// Segment documents in, spans out: every row of the mapping as a text file.
//
// A line is a document; "@service NAME" before it names the service that the
// caller knows. What comes out is the context and the spans as OTLP JSON.
#include <string>
#include <string_view>
#include <vector>

#include "tests/golden/case_file.h"
#include "trace/document/document_parser.h"
#include "trace/document/segment_document.h"
#include "trace/mapping/segment_spans.h"
#include "trace/span/otlp_json_writer.h"
#include "trace/span/otlp_schema.h"

namespace roentgen::storage {
namespace {

std::string Json(const OtlpMessage& message, std::string_view bytes) {
  std::string out;
  return OtlpJsonWriter(out).Write(message, bytes) ? out : "not written";
}

std::string Run(const std::vector<std::string>& lines) {
  constexpr std::string_view kService = "@service ";
  std::string out, service;
  DocumentParser parser;
  for (const std::string& line : lines) {
    if (line.starts_with(kService)) {
      service = line.substr(kService.size());
      continue;
    }
    SegmentDocument document;
    if (const auto fault = parser.Parse(line, document)) {
      out += "refused: " + fault->code + "\n";
      continue;
    }
    const std::vector<SpanRecord> spans = SpansOfSegment(document, service);
    out += Json(kResourceSpansMessage, spans[0].context->resource_spans) + "\n";
    for (const SpanRecord& span : spans) {
      out += Json(kSpanMessage, span.span) + "\n";
    }
  }
  return out;
}

}  // namespace
}  // namespace roentgen::storage

int main(int argc, char** argv) {
  return roentgen::testing_support::RunGoldenFiles(argc, argv,
                                                   roentgen::storage::Run);
}
