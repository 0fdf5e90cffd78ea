// Any bytes as a segment document. What is accepted must be JSON by another
// parser's judgement, and its processed form must be accepted again and be
// its own processed form.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_mend.h"
#include "simdjson.h"
#include "tests/support/calls.h"
#include "trace/assembly/render.h"
#include "trace/assembly/summarize.h"
#include "trace/assembly/trace.h"
#include "trace/document/document_parser.h"
#include "trace/mapping/segment_spans.h"
#include "trace/span/otlp_json_reader.h"
#include "trace/span/otlp_json_writer.h"
#include "trace/span/otlp_schema.h"
#include "trace/span/span_view.h"

namespace roentgen::storage {
namespace {

void Check(bool ok, const char* what, std::string_view text) {
  if (ok) return;
  std::fprintf(stderr, "%s: %.*s\n", what, static_cast<int>(text.size()),
               text.data());
  std::abort();
}

// Whether simdjson's DOM parser takes the text, but for numbers it cannot
// hold, which are legal in documents.
bool IsJson(const std::string& text) {
  simdjson::dom::parser parser;
  simdjson::dom::element ignored;
  const auto error = parser.parse(text).get(ignored);
  return !error || error == simdjson::NUMBER_ERROR;
}

Trace Assemble(const SegmentDocument& document, const std::string& text) {
  TraceRecords records{.trace_id = document.trace_id, .records = {}};
  records.records.push_back(
      {.sequence = {1, 0}, .received = {1}, .document = text});
  absl::StatusOr<Trace> trace =
      AssembleTrace(records, testing_support::AnyCall());
  Check(trace.ok(), "accepted but not assembled", text);
  return *std::move(trace);
}

// A span of every entity, canonical, and with its context.
void CheckSpans(const SegmentDocument& document, const std::string& text) {
  const std::vector<SpanRecord> spans = SpansOfSegment(document);
  Check(spans.size() == document.entities.size(), "a span of every entity",
        text);
  for (const SpanRecord& record : spans) {
    SpanView span;
    Check(ReadSpan(record.span, span) && span.valid_text, "no span", text);
    Check(EntityIdOf(span.span_id) ==
              document.entities[static_cast<size_t>(&record - spans.data())].id,
          "another id", text);
    ContextView context;
    Check(ReadContext(*record.context, context) && context.valid_text,
          "no context", text);
    std::string json;
    Check(OtlpJsonWriter(json).WriteSpan(*record.context, record.span) &&
              IsJson(json),
          "span is no JSON", json);
    json = R"({"resourceSpans":[{"scopeSpans":[{"spans":[)";
    Check(OtlpJsonWriter(json).Write(kSpanMessage, record.span),
          "span is not written", text);
    json += "]}]}]}";
    OtlpJsonReader reader;
    const auto read = reader.Read(json);
    Check(read.ok() && read->ends_with(record.span), "span changes", json);
  }
}

void FuzzOne(const std::string& text) {
  DocumentParser parser;
  SegmentDocument document;
  if (parser.Parse(text, document)) return;
  Check(IsJson(MendedJson(text).value_or(text)), "accepted but no JSON", text);
  Check(document.Facts().entities.size() == document.entities.size(),
        "facts of every entity", text);
  const Trace trace = Assemble(document, text);
  Summarize(trace);
  CheckSpans(document, text);
  for (const InferredSegment& inferred : trace.inferred) {
    const std::string made = RenderInferred(trace, inferred);
    Check(IsJson(made), "inferred segment is no JSON", made);
  }
  for (uint32_t segment : trace.segments) {
    const std::string once = RenderSegment(trace, segment);
    SegmentDocument again;
    // Names may grow when escapes are written out.
    if (once.size() > 65'536) continue;
    Check(!parser.Parse(once, again), "processed form is refused", once);
    const Trace trace_again = Assemble(again, once);
    Check(trace_again.segments.size() == 1, "one segment", once);
    Check(RenderSegment(trace_again, trace_again.segments[0]) == once,
          "processed form changes again", once);
  }
}

}  // namespace
}  // namespace roentgen::storage

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  roentgen::storage::FuzzOne(
      std::string(reinterpret_cast<const char*>(data), size));
  return 0;
}
