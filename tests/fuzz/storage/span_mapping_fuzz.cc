// Any bytes as a span and its resource. What reads as a valid span must be
// seen as a document, the same one with and without its text; what the engine
// is told of it beforehand must be true.
//
// Input: a byte for the profile, two for the length of the context's
// ResourceSpans, these, the span.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "tests/support/document_text.h"
#include "trace/mapping/record_document.h"
#include "trace/span/span_profile.h"
#include "trace/span/span_view.h"

namespace roentgen::storage {
namespace {

using testing_support::DocumentText;

void Check(bool ok, const char* what, const std::string& detail) {
  if (ok) return;
  std::fprintf(stderr, "%s: %s\n", what, detail.c_str());
  std::abort();
}

bool IsValid(const SpanView& span) {
  return span.trace_id.size() == 16 && span.span_id.size() == 8 &&
         (span.parent_span_id.empty() || span.parent_span_id.size() == 8);
}

StoredRecord RecordOf(std::string_view input) {
  SpanProfile profile;
  profile.index_all = (input[0] & 1) == 0;
  if (input[0] & 2) profile.indexed_attributes = {"http.method", "a"};
  const size_t size = static_cast<uint8_t>(input[1]) |
                      static_cast<size_t>(static_cast<uint8_t>(input[2])) << 8;
  input.remove_prefix(3);
  const std::string_view resource = input.substr(0, size);
  input.remove_prefix(resource.size());
  return {.format = RecordFormat::kOtlpSpan,
          .document = std::string(input),
          .context = std::make_shared<const SpanContext>(
              SpanContext{.resource_spans = std::string(resource),
                          .scope_spans = {},
                          .profile = EncodeSpanProfile(profile)})};
}

}  // namespace
}  // namespace roentgen::storage

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace roentgen::storage;
  if (size < 3) return 0;
  const StoredRecord record =
      RecordOf({reinterpret_cast<const char*>(data), size});
  SpanView span;
  ContextView context;
  const bool valid = ReadSpan(record.document, span) && IsValid(span) &&
                     ReadContext(*record.context, context);
  RecordDocuments documents;
  SegmentDocument direct, text;
  const absl::Status first =
      documents.Read(record, SpanPlace::kInService, Texts::kOmitted, direct);
  Check(first.ok() == valid, "direct", first.ToString());
  const absl::Status second =
      documents.Read(record, SpanPlace::kInService, Texts::kWanted, text);
  Check(second.ok() == valid, "by text", second.ToString());
  if (!valid) return 0;
  Check(DocumentText(direct) == DocumentText(text), "differ",
        DocumentText(direct) + "and\n" + DocumentText(text));
  Check(
      SpanFacts(TraceIdOf(span), span, context.service_name) == direct.Facts(),
      "facts", DocumentText(direct));
  return 0;
}
