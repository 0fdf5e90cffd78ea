// What scalars of a document say, by their JSON tokens.
//
// Threads: pure.
#ifndef ROENTGEN_TRACE_DOCUMENT_SCALAR_TOKENS_H_
#define ROENTGEN_TRACE_DOCUMENT_SCALAR_TOKENS_H_

#include <cstdint>
#include <string_view>

#include "trace/document/segment_document.h"

namespace roentgen::storage {

// Of a number; integers of 64 bits are kept as they are. False: no double is
// that large.
bool ReadNumber(std::string_view token, AnnotationView& value);

// Of a number or a string; 0 when it is no HTTP status.
int32_t StatusOfToken(std::string_view token);

}  // namespace roentgen::storage

#endif  // ROENTGEN_TRACE_DOCUMENT_SCALAR_TOKENS_H_
