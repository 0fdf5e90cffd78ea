// A segment of a node of the service map as a subject.
//
// Threads: one thread at a time, as TraceAnnotations.
#ifndef ROENTGEN_QUERY_EVAL_SEGMENT_SUBJECT_H_
#define ROENTGEN_QUERY_EVAL_SEGMENT_SUBJECT_H_

#include <optional>
#include <string_view>

#include "query/eval/subject.h"
#include "query/eval/trace_annotations.h"
#include "query/lang/expression.h"
#include "trace/assembly/observations.h"
#include "trace/assembly/trace.h"
#include "trace/model/service_id.h"

namespace roentgen::query {

// Users, hosts and annotations are those of the segment and of what is inside
// it; an inferred segment has none: the call it is inferred from is the
// caller's, whose node answers for it.
class SegmentSubject : public Subject {
 public:
  // `service` is the node asked for: the client's, where a root segment speaks
  // for its client. All arguments outlive the subject.
  SegmentSubject(const storage::Trace& trace, TraceAnnotations& annotations,
                 const storage::NodeObservation& seen,
                 const storage::ServiceId& service)
      : trace_(trace),
        annotations_(annotations),
        seen_(seen),
        service_(service) {}

  bool Flag(Keyword keyword) const override;
  std::optional<double> Number(Keyword keyword) const override;
  bool AnyText(Keyword keyword, TextTest is) const override;
  bool AnyAnnotation(std::string_view key,
                     AnnotationValueTest is) const override;

 private:
  const storage::Trace& trace_;
  TraceAnnotations& annotations_;
  const storage::NodeObservation& seen_;
  const storage::ServiceId& service_;
};

}  // namespace roentgen::query

#endif  // ROENTGEN_QUERY_EVAL_SEGMENT_SUBJECT_H_
