// What the tests of an expression are asked of: a trace, a segment, a call, a
// part of a root cause.
//
// A subject answers for every keyword; where it has no such value, it is false
// or missing. An empty string is missing.
//
// Threads: implementations are immutable while they are asked.
#ifndef ROENTGEN_QUERY_EVAL_SUBJECT_H_
#define ROENTGEN_QUERY_EVAL_SUBJECT_H_

#include <optional>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "query/lang/expression.h"
#include "trace/document/segment_document.h"

namespace roentgen::query {

using TextTest = absl::FunctionRef<bool(std::string_view)>;
using AnnotationValueTest =
    absl::FunctionRef<bool(const storage::AnnotationView&)>;

class Subject {
 public:
  virtual ~Subject() = default;

  virtual bool Flag(Keyword) const { return false; }
  virtual std::optional<double> Number(Keyword) const { return std::nullopt; }
  // Whether `is` holds for one of the keyword's values; it is not asked about
  // empty ones.
  virtual bool AnyText(Keyword, TextTest) const { return false; }
  virtual bool AnyAnnotation(std::string_view, AnnotationValueTest) const {
    return false;
  }
};

}  // namespace roentgen::query

#endif  // ROENTGEN_QUERY_EVAL_SUBJECT_H_
