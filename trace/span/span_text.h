// Texts of spans that are not UTF-8, mended.
//
//   if (!view.valid_text) {
//     std::string mended = WithMendedText(span, kSpanMessage);
//     KeepOriginal(span, bytes_max, mended);
//   }
//
// Protobuf's strings are UTF-8: clients in Go and Python throw away a message
// in which one is not. So a span is stored with U+FFFD in place of each such
// byte, and as it came in a field beside (kOriginalField).
//
// Threads: pure.
#ifndef ROENTGEN_TRACE_SPAN_SPAN_TEXT_H_
#define ROENTGEN_TRACE_SPAN_SPAN_TEXT_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "trace/span/otlp_schema.h"

namespace roentgen::storage {

// `bytes` are a message that ReadSpan or ReadContext reads, which bounds how
// deep it nests. Fields that `message` does not know are copied.
std::string WithMendedText(std::string_view bytes, const OtlpMessage& message);

// Adds to `mended`, which was made of `original`, what it was made of. Not
// where they are the same, or together more than `bytes_max`.
void KeepOriginal(std::string_view original, size_t bytes_max,
                  std::string& mended);

// The span as it came: `span` itself unless an original is kept in it. What
// only looks like one, because a client sent such a field, is none.
std::string_view OriginalSpan(std::string_view span);

}  // namespace roentgen::storage

#endif  // ROENTGEN_TRACE_SPAN_SPAN_TEXT_H_
