// Parts of root causes as subjects: services, entities, exceptions.
//
// Threads: pure.
#ifndef ROENTGEN_QUERY_EVAL_CAUSE_SUBJECT_H_
#define ROENTGEN_QUERY_EVAL_CAUSE_SUBJECT_H_

#include <cstddef>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "query/eval/subject.h"
#include "query/lang/expression.h"
#include "trace/model/root_cause.h"

namespace roentgen::query {

using CausePart = std::variant<const storage::RootCauseService*,
                               const storage::RootCauseEntity*,
                               const storage::RootCauseException*>;

// All parts of this kind in order: entities of one service after those of the
// one before it, exceptions likewise. They point into `cause`.
std::vector<CausePart> PartsOf(const storage::RootCause& cause,
                               CauseElement element);

class CauseSubject : public Subject {
 public:
  // `part` is at `index` of `count` such parts.
  CauseSubject(CausePart part, size_t index, size_t count)
      : part_(part), index_(index), count_(count) {}

  bool Flag(Keyword keyword) const override;
  std::optional<double> Number(Keyword keyword) const override;
  bool AnyText(Keyword keyword, TextTest is) const override;

 private:
  std::string_view Text(Keyword keyword) const;

  const CausePart part_;
  const size_t index_;
  const size_t count_;
};

}  // namespace roentgen::query

#endif  // ROENTGEN_QUERY_EVAL_CAUSE_SUBJECT_H_
