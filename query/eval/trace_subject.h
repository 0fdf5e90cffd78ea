// A trace as a subject: its summary, and the root's state.
//
// Threads: pure.
#ifndef ROENTGEN_QUERY_EVAL_TRACE_SUBJECT_H_
#define ROENTGEN_QUERY_EVAL_TRACE_SUBJECT_H_

#include <optional>
#include <string_view>

#include "query/eval/subject.h"
#include "query/lang/expression.h"
#include "trace/assembly/trace.h"
#include "trace/model/trace_summary.h"

namespace roentgen::query {

class TraceSubject : public Subject {
 public:
  // Both outlive the subject.
  TraceSubject(const storage::Trace& trace,
               const storage::TraceSummary& summary)
      : trace_(trace), summary_(summary) {}

  bool Flag(Keyword keyword) const override;
  std::optional<double> Number(Keyword keyword) const override;
  bool AnyText(Keyword keyword, TextTest is) const override;
  bool AnyAnnotation(std::string_view key,
                     AnnotationValueTest is) const override;

 private:
  const storage::Trace& trace_;
  const storage::TraceSummary& summary_;
};

}  // namespace roentgen::query

#endif  // ROENTGEN_QUERY_EVAL_TRACE_SUBJECT_H_
