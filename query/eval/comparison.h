// One value against one comparison.
//
// A value of another type than the literal never meets it, "!=" included.
//
// Threads: pure.
#ifndef ROENTGEN_QUERY_EVAL_COMPARISON_H_
#define ROENTGEN_QUERY_EVAL_COMPARISON_H_

#include <string_view>

#include "absl/time/time.h"
#include "query/lang/expression.h"
#include "trace/document/segment_document.h"
#include "trace/model/exact_number.h"

namespace roentgen::query {

// Under kExists: whether the value is true.
bool MeetsFlag(bool value, const Comparison& comparison);

// Under kExists these hold: the value is there.
bool MeetsNumber(const storage::ExactNumber& value,
                 const Comparison& comparison);
bool MeetsText(std::string_view value, const Comparison& comparison);

// By the type of the value. "true" and "false" in quotes may stand for a
// boolean value, under "=" and "!=".
bool MeetsAnnotation(const storage::AnnotationView& value,
                     const Comparison& comparison);

// Seconds in whole milliseconds, half of one upwards: what is shown is what is
// compared. The double nearest to it, so that 0.3 s equals the literal 0.3.
double ShownSeconds(absl::Duration duration);

}  // namespace roentgen::query

#endif  // ROENTGEN_QUERY_EVAL_COMPARISON_H_
