// What stands for the value of an attribute in an index: values that read as
// the same text share a code, whatever their types, or are told by
// kAnyValueCode.
//
// Codes are on disk, in part; never change them.
//
// Threads: pure.
#ifndef ROENTGEN_TRACE_SPAN_VALUE_CODE_H_
#define ROENTGEN_TRACE_SPAN_VALUE_CODE_H_

#include <cstdint>
#include <string_view>
#include <vector>

#include "trace/span/span_view.h"

namespace roentgen::storage {

// Of values whose text takes long to make: doubles, bytes, arrays and maps.
inline constexpr uint64_t kAnyValueCode = 0;

uint64_t CodeOfText(std::string_view text);
uint64_t CodeOfValue(const AnyValueView& value);

// Every value that reads as `text` has one of these. The last one is
// kAnyValueCode.
std::vector<uint64_t> CodesOfText(std::string_view text);

}  // namespace roentgen::storage

#endif  // ROENTGEN_TRACE_SPAN_VALUE_CODE_H_
