// Segment documents and OTLP messages as RedactionRules let them be kept.
//
//   auto kept = RedactedDocument(rules, text);      // X-Ray's JSON.
//   if (!kept.ok()) Refuse(kept.status());
//   if (*kept) text = **kept;
//
// In a segment a rule meets annotations and metadata by their names, at any
// depth ("user.email" also as {"user": {"email": ...}}), and other members by
// their path: "user", "http.request.user_agent", "sql.connection_string". What
// identifies a segment and says when it was, is never changed.
//
// Threads: pure.
#ifndef ROENTGEN_TRACE_REDACT_DOCUMENT_REDACTOR_H_
#define ROENTGEN_TRACE_REDACT_DOCUMENT_REDACTOR_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "trace/redact/redaction_rules.h"

namespace roentgen::storage {

// The document as it is to be kept; nothing where it stays as it is. `text` is
// one that DocumentParser takes; InvalidArgument when it is none.
absl::StatusOr<std::optional<std::string>> RedactedDocument(
    const RedactionRules& rules, std::string_view text);

}  // namespace roentgen::storage

#endif  // ROENTGEN_TRACE_REDACT_DOCUMENT_REDACTOR_H_
