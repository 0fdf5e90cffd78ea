// Values of attributes as text, as readers of traces write them in queries.
//
// Threads: pure.
#ifndef ROENTGEN_QUERY_SPANS_VALUE_TEXT_H_
#define ROENTGEN_QUERY_SPANS_VALUE_TEXT_H_

#include <string>
#include <string_view>

#include "trace/span/span_view.h"

namespace roentgen::query {

// Integers in decimal; doubles in their shortest form, written as Go and
// JavaScript do in JSON (1e-7, 100000000000000000000, 1e+21); bytes in base64;
// arrays and maps as JSON; no value is the empty text.
std::string ValueText(const storage::AnyValueView& value);

// Whether ValueText(value) is `text`, mostly without making it.
bool IsText(const storage::AnyValueView& value, std::string_view text);

}  // namespace roentgen::query

#endif  // ROENTGEN_QUERY_SPANS_VALUE_TEXT_H_
