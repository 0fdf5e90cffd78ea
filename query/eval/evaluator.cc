#include "query/eval/evaluator.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "query/eval/cause_match.h"
#include "query/eval/cause_subject.h"
#include "query/eval/comparison.h"
#include "query/eval/edge_subject.h"
#include "query/eval/node_selection.h"
#include "query/eval/segment_subject.h"
#include "query/eval/subject.h"
#include "query/eval/trace_annotations.h"
#include "query/eval/trace_subject.h"
#include "query/lang/keyword_rows.h"
#include "trace/assembly/observations.h"

namespace roentgen::query {
namespace {

using storage::EdgeObservation;
using storage::NodeObservation;
using storage::RootCause;
using storage::ServiceId;
using storage::Trace;
using storage::TraceSummary;

bool MeetsKeyword(const KeywordTest& test, const Subject& subject) {
  const Comparison& comparison = test.comparison;
  switch (RowOf(test.keyword).type) {
    case ValueType::kBoolean:
      return MeetsFlag(subject.Flag(test.keyword), comparison);
    case ValueType::kNumber: {
      const std::optional<double> number = subject.Number(test.keyword);
      return number && MeetsNumber(*number, comparison);
    }
    case ValueType::kString:
      return subject.AnyText(test.keyword, [&](std::string_view text) {
        return MeetsText(text, comparison);
      });
  }
  return false;
}

// Nodes and edges of a trace, and what it takes to ask them.
struct Observed {
  explicit Observed(const Trace& trace)
      : seen(storage::Observe(trace)), annotations(trace) {}

  const storage::TraceObservations seen;
  TraceAnnotations annotations;
};

// One question to one trace.
class Evaluation {
 public:
  Evaluation(const Trace& trace, const TraceSummary& summary)
      : trace_(trace), summary_(summary) {}

  bool Holds(const Expression& expression, const Subject& subject) {
    return std::visit([&](const auto& node) { return Holds(node, subject); },
                      expression.node);
  }

 private:
  bool Holds(const KeywordTest& test, const Subject& subject) {
    return MeetsKeyword(test, subject);
  }

  bool Holds(const AnnotationTest& test, const Subject& subject) {
    return subject.AnyAnnotation(
        test.key, [&](const storage::AnnotationView& value) {
          return MeetsAnnotation(value, test.comparison);
        });
  }

  bool Holds(const AndNode& node, const Subject& subject) {
    return std::all_of(
        node.terms.begin(), node.terms.end(),
        [&](const Expression& term) { return Holds(term, subject); });
  }

  bool Holds(const OrNode& node, const Subject& subject) {
    return std::any_of(
        node.terms.begin(), node.terms.end(),
        [&](const Expression& term) { return Holds(term, subject); });
  }

  bool Holds(const NotNode& node, const Subject& subject) {
    return !Holds(node.term.front(), subject);
  }

  bool Holds(const ConstantNode& node, const Subject&) { return node.value; }
  bool Holds(const GroupTest&, const Subject&) { return false; }

  bool Holds(const CauseJsonTest& test, const Subject&) {
    return Matches(test, summary_);
  }

  bool Holds(const ServiceTest& test, const Subject&) {
    const std::vector<NodeObservation>& nodes = observed().seen.nodes;
    return std::any_of(nodes.begin(), nodes.end(),
                       [&](const NodeObservation& seen) {
                         return NodeMeets(seen, Service(seen.service), test) ||
                                ClientMeets(seen, test);
                       });
  }

  // The client of a trace has no segment: its root segment speaks for it, once
  // it has ended.
  bool ClientMeets(const NodeObservation& seen, const ServiceTest& test) {
    if (!seen.root || seen.in_progress) return false;
    return NodeMeets(seen, ClientOf(Service(seen.service)), test);
  }

  const ServiceId& Service(uint32_t number) {
    return observed().seen.services[number];
  }

  bool NodeMeets(const NodeObservation& seen, const ServiceId& service,
                 const ServiceTest& test) {
    if (!Selects(test.node, service)) return false;
    return BodyHolds(test.body, SegmentSubject(trace_, observed().annotations,
                                               seen, service));
  }

  bool Holds(const EdgeTest& test, const Subject&) {
    const std::vector<EdgeObservation>& edges = observed().seen.edges;
    return std::any_of(
        edges.begin(), edges.end(), [&](const EdgeObservation& seen) {
          return Selects(test.source, Service(seen.source)) &&
                 Selects(test.target, Service(seen.target)) &&
                 BodyHolds(test.body,
                           EdgeSubject(trace_, observed().annotations, seen));
        });
  }

  bool Holds(const CauseTest& test, const Subject&) {
    const std::vector<RootCause>& causes = CausesOf(test.kind);
    return std::any_of(
        causes.begin(), causes.end(), [&](const RootCause& cause) {
          const std::vector<CausePart> parts = PartsOf(cause, test.element);
          for (size_t i = 0; i < parts.size(); ++i) {
            const CauseSubject part(parts[i], i, parts.size());
            if (BodyHolds(test.body, part)) return true;
          }
          return false;
        });
  }

  const std::vector<RootCause>& CausesOf(CauseKind kind) const {
    if (kind == CauseKind::kFault) return summary_.fault_root_causes;
    if (kind == CauseKind::kError) return summary_.error_root_causes;
    return summary_.response_time_root_causes;
  }

  // Without braces it is enough to be there.
  bool BodyHolds(const std::vector<Expression>& body, const Subject& subject) {
    return body.empty() || Holds(body.front(), subject);
  }

  // Made when first needed: most expressions ask the summary only.
  Observed& observed() {
    if (!observed_) observed_.emplace(trace_);
    return *observed_;
  }

  const Trace& trace_;
  const TraceSummary& summary_;
  std::optional<Observed> observed_;
};

}  // namespace

Evaluator::Evaluator(Expression expression)
    : expression_(std::move(expression)) {}

bool Evaluator::Matches(const Trace& trace, const TraceSummary& summary) const {
  return Evaluation(trace, summary)
      .Holds(expression_, TraceSubject(trace, summary));
}

}  // namespace roentgen::query
