// Any text as a segment document and as a span, held to rules: what is a
// document or a span stays one, and what rules took away is not found again.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "trace/document/document_parser.h"
#include "trace/redact/document_redactor.h"
#include "trace/redact/span_redactor.h"
#include "trace/span/otlp_schema.h"
#include "trace/span/span_view.h"

namespace roentgen::storage {
namespace {

void Check(bool ok) {
  if (!ok) std::abort();
}

const RedactionRules& Rules() {
  static const RedactionRules rules = *RedactionRules::Make(
      {{RedactedPart::kAttribute, "s*", RedactionAction::kDrop},
       {RedactedPart::kAttribute, "user.email", RedactionAction::kDrop},
       {RedactedPart::kHeader, "*", RedactionAction::kDrop},
       {RedactedPart::kQueryParameter, "t", RedactionAction::kDrop},
       {RedactedPart::kSql, "", RedactionAction::kDrop},
       {RedactedPart::kClientAddress, "", RedactionAction::kDrop}},
      "");
  return rules;
}

// Whatever replaces values, besides dropping them.
const RedactionRules& Replacing() {
  static const RedactionRules rules = *RedactionRules::Make(
      {{RedactedPart::kSql, "", RedactionAction::kMask},
       {RedactedPart::kClientAddress, "", RedactionAction::kMask},
       {RedactedPart::kQueryParameter, "t", RedactionAction::kHash},
       {RedactedPart::kAttribute, "*", RedactionAction::kHash}},
      "a key of many bytes");
  return rules;
}

void FuzzDocument(const std::string& text) {
  DocumentParser parser;
  SegmentDocument document;
  if (parser.Parse(text, document)) return;
  const EntityId id = document.root().id;
  const auto kept = RedactedDocument(Rules(), text);
  Check(kept.ok());
  if (*kept) {
    Check(!parser.Parse(**kept, document) && document.root().id == id);
    const auto again = RedactedDocument(Rules(), **kept);
    Check(again.ok() && !again->has_value());
  }
  Check(RedactedDocument(Replacing(), text).ok());
}

void FuzzSpan(const std::string& bytes) {
  SpanView span;
  if (!ReadSpan(bytes, span)) return;
  const std::string id(span.span_id);
  if (const auto kept = RedactedMessage(Rules(), bytes, kSpanMessage)) {
    Check(ReadSpan(*kept, span) && span.span_id == id);
    Check(!RedactedMessage(Rules(), *kept, kSpanMessage));
  }
  if (const auto kept = RedactedMessage(Replacing(), bytes, kSpanMessage)) {
    Check(ReadSpan(*kept, span) && span.span_id == id);
  }
}

}  // namespace
}  // namespace roentgen::storage

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  roentgen::storage::FuzzDocument(bytes);
  roentgen::storage::FuzzSpan(bytes);
  return 0;
}
