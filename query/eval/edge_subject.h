// A call between two nodes of the service map as a subject.
//
// Threads: one thread at a time, as TraceAnnotations.
#ifndef ROENTGEN_QUERY_EVAL_EDGE_SUBJECT_H_
#define ROENTGEN_QUERY_EVAL_EDGE_SUBJECT_H_

#include <optional>
#include <string_view>

#include "query/eval/subject.h"
#include "query/eval/trace_annotations.h"
#include "query/lang/expression.h"
#include "trace/assembly/observations.h"
#include "trace/assembly/trace.h"

namespace roentgen::query {

// Everything is of the one entity that stands for the call, nothing of what is
// inside it. duration and responsetime are both its time.
class EdgeSubject : public Subject {
 public:
  // All arguments outlive the subject.
  EdgeSubject(const storage::Trace& trace, TraceAnnotations& annotations,
              const storage::EdgeObservation& seen)
      : trace_(trace), annotations_(annotations), seen_(seen) {}

  bool Flag(Keyword keyword) const override;
  std::optional<double> Number(Keyword keyword) const override;
  bool AnyText(Keyword keyword, TextTest is) const override;
  bool AnyAnnotation(std::string_view key,
                     AnnotationValueTest is) const override;

 private:
  const storage::Trace& trace_;
  TraceAnnotations& annotations_;
  const storage::EdgeObservation& seen_;
};

}  // namespace roentgen::query

#endif  // ROENTGEN_QUERY_EVAL_EDGE_SUBJECT_H_
