// Texts of spans that are not UTF-8, mended.
//
//   if (!view.valid_text) span = WithMendedText(span, kSpanMessage);
//
// Protobuf's strings are UTF-8: clients in Go and Python throw away a message
// in which one is not. So a span is stored with U+FFFD in place of each such
// byte.
//
// Threads: pure.
#ifndef ROENTGEN_TRACE_SPAN_SPAN_TEXT_H_
#define ROENTGEN_TRACE_SPAN_SPAN_TEXT_H_

#include <string>
#include <string_view>

#include "trace/span/otlp_schema.h"

namespace roentgen::storage {

// `bytes` are a message that ReadSpan or ReadContext reads, which bounds how
// deep it nests. Fields that `message` does not know are copied.
std::string WithMendedText(std::string_view bytes, const OtlpMessage& message);

}  // namespace roentgen::storage

#endif  // ROENTGEN_TRACE_SPAN_SPAN_TEXT_H_
