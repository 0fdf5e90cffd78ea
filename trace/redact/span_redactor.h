// OTLP messages as RedactionRules let them be kept.
//
//   if (auto kept = RedactedMessage(rules, span, kSpanMessage)) span = *kept;
//
// A rule meets attributes by their names: of resource, scope, span, events and
// links, and within values that are maps ("user.email" also as a map "user"
// that has "email").
//
// Threads: pure.
#ifndef ROENTGEN_TRACE_REDACT_SPAN_REDACTOR_H_
#define ROENTGEN_TRACE_REDACT_SPAN_REDACTOR_H_

#include <optional>
#include <string>
#include <string_view>

#include "trace/redact/redaction_rules.h"
#include "trace/span/otlp_schema.h"

namespace roentgen::storage {

// `bytes` are a `message`, one that ReadSpan or ReadContext reads, which bounds
// how deep it nests. Nothing where it stays as it is.
std::optional<std::string> RedactedMessage(const RedactionRules& rules,
                                           std::string_view bytes,
                                           const OtlpMessage& message);

}  // namespace roentgen::storage

#endif  // ROENTGEN_TRACE_REDACT_SPAN_REDACTOR_H_
