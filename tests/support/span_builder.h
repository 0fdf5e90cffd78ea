// Spans written by hand, one thing a line:
//
//   profile indexed http.method     Not all attributes are annotations.
//   resource service.name = "shop"
//   scope tracer 1.0
//   scope.attr a = 1                After its scope.
//   trace 0123456789abcdef0123456789abcdef
//   id 00000000000000cd
//   kind SERVER
//   parent 00000000000000ab
//   name GET /cart
//   start 1700000000000000000       Nanoseconds.
//   end 1700000000250000000
//   state vendor=value
//   status ERROR it broke
//   attr http.status_code = 200     A JSON value, NaN, or bytes "abc".
//   event exception                 event.attr lines belong to the last one,
//   event.attr exception.type = "E"
//   link 0123456789abcdef0123456789abcdef 00000000000000cd
//   link.attr a = true              and so do link.attr lines.
//
// Trace id, span id and times have defaults.
#ifndef ROENTGEN_TESTS_SUPPORT_SPAN_BUILDER_H_
#define ROENTGEN_TESTS_SUPPORT_SPAN_BUILDER_H_

#include <string>
#include <string_view>
#include <vector>

#include "trace/model/record.h"

namespace roentgen::testing_support {

storage::StoredRecord SpanOf(const std::vector<std::string>& lines);

// A stored span as ingest makes it. Aborts when it does not read.
storage::NewRecord AsNewRecord(storage::StoredRecord span);

// A serialized AnyValue, of its text.
std::string AnyValueOf(std::string_view text);
// A serialized KeyValue.
std::string KeyValueOf(std::string_view key, std::string_view any_value);

}  // namespace roentgen::testing_support

#endif  // ROENTGEN_TESTS_SUPPORT_SPAN_BUILDER_H_
