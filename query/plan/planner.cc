#include "query/plan/planner.h"

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "query/eval/comparison.h"
#include "query/lang/keyword_rows.h"
#include "query/plan/number_ranges.h"
#include "query/plan/predicates.h"

namespace roentgen::query {
namespace {

using storage::NodePattern;
using storage::NumberField;
using storage::NumberTest;
using storage::TextField;
using storage::TextOp;
using storage::TextTest;
using storage::TracePredicate;
using storage::TraceProperty;
using storage::Truth;

// Nothing when no text meets the comparison.
std::optional<TextTest> TextsThatMeet(const Comparison& comparison) {
  if (comparison.op == Operator::kExists) return TextTest{};
  const auto* literal = std::get_if<std::string>(&comparison.literal);
  if (literal == nullptr) return std::nullopt;
  switch (comparison.op) {
    case Operator::kEqual:
      return TextTest{TextOp::kEqual, *literal};
    case Operator::kNotEqual:
      return TextTest{TextOp::kNotEqual, *literal};
    case Operator::kContains:
      return TextTest{TextOp::kContains, *literal};
    case Operator::kBeginsWith:
      return TextTest{TextOp::kBeginsWith, *literal};
    case Operator::kEndsWith:
      return TextTest{TextOp::kEndsWith, *literal};
    case Operator::kExists:
    case Operator::kLess:
    case Operator::kLessEqual:
    case Operator::kGreater:
    case Operator::kGreaterEqual:
      break;
  }
  return std::nullopt;
}

TracePredicate PlanFlag(TraceProperty property, const Comparison& comparison) {
  const bool when_true = MeetsFlag(true, comparison);
  const bool when_false = MeetsFlag(false, comparison);
  if (when_true == when_false) {
    return Always(when_true ? Truth::kYes : Truth::kNo);
  }
  TracePredicate leaf{TracePredicate::Property{property}};
  return when_true ? leaf : Not(std::move(leaf));
}

TracePredicate PlanNumber(NumberField field, NumberTest test) {
  if (test.ranges.empty()) return Always(Truth::kNo);
  return {TracePredicate::Number{field, std::move(test)}};
}

struct KeywordPlanner {
  const Comparison& comparison;

  // Only the documents tell.
  TracePredicate operator()(std::monostate) const {
    return Always(Truth::kMaybe);
  }
  TracePredicate operator()(TraceProperty property) const {
    return PlanFlag(property, comparison);
  }
  TracePredicate operator()(TextField field) const {
    const std::optional<TextTest> texts = TextsThatMeet(comparison);
    if (!texts) return Always(Truth::kNo);
    return {TracePredicate::Text{field, *texts}};
  }
  TracePredicate operator()(NumberField field) const {
    return PlanNumber(field, field == NumberField::kHttpStatus
                                 ? StatusesThatMeet(comparison)
                                 : DurationsThatMeet(comparison));
  }
};

TracePredicate PlanKeyword(const KeywordTest& test) {
  return std::visit(KeywordPlanner{test.comparison},
                    RowOf(test.keyword).indexed_as);
}

TracePredicate PlanAnnotation(const AnnotationTest& test) {
  std::vector<TracePredicate> any;
  if (auto texts = TextsThatMeet(test.comparison)) {
    any.push_back(
        {TracePredicate::AnnotationText{test.key, *std::move(texts)}});
  }
  TracePredicate::AnnotationNumber numbers =
      NumbersThatMeet(test.key, test.comparison);
  if (!numbers.test.ranges.empty() || numbers.unsure) {
    any.push_back({std::move(numbers)});
  }
  for (const bool value : {true, false}) {
    if (MeetsAnnotation(value, test.comparison)) {
      any.push_back({TracePredicate::AnnotationBool{test.key, value}});
    }
  }
  return AnyOf(std::move(any));
}

NodePattern PatternOf(const NodeSelector& selector) {
  return {.name = selector.name,
          .type = selector.type,
          .account_id = selector.account_id};
}

TracePredicate ServiceLeaf(NodePattern node, TracePredicate row) {
  TracePredicate::Service leaf{.node = std::move(node), .row = {}};
  leaf.row.push_back(std::move(row));
  return {std::move(leaf)};
}

enum class RowKind { kNode, kEdge };

// Whether rows of this kind have a keyword's values.
bool HasRows(IndexedParts parts, RowKind kind) {
  switch (parts) {
    case IndexedParts::kNodesAndEdges:
      return true;
    case IndexedParts::kNodes:
      return kind == RowKind::kNode;
    case IndexedParts::kNowhere:
    case IndexedParts::kTogether:
      break;
  }
  return false;
}

TracePredicate PlanRow(const Expression& body, RowKind kind);

std::vector<TracePredicate> PlanRows(const std::vector<Expression>& terms,
                                     RowKind kind) {
  std::vector<TracePredicate> out;
  for (const Expression& term : terms) out.push_back(PlanRow(term, kind));
  return out;
}

// What a row of the index knows of `body`.
TracePredicate PlanRow(const Expression& body, RowKind kind) {
  if (const auto* all = std::get_if<AndNode>(&body.node)) {
    return AllOf(PlanRows(all->terms, kind));
  }
  if (const auto* any = std::get_if<OrNode>(&body.node)) {
    return AnyOf(PlanRows(any->terms, kind));
  }
  if (const auto* no = std::get_if<NotNode>(&body.node)) {
    return Not(PlanRow(no->term.front(), kind));
  }
  const auto* test = std::get_if<KeywordTest>(&body.node);
  if (test == nullptr || !HasRows(RowOf(test->keyword).parts, kind)) {
    return Always(Truth::kMaybe);
  }
  return PlanKeyword(*test);
}

// What the whole trace must meet when some part of it meets `body`: values of
// a part are values of the trace. Maybe where that does not follow.
TracePredicate PlanWhole(const Expression& body) {
  if (const auto* all = std::get_if<AndNode>(&body.node)) {
    std::vector<TracePredicate> terms;
    for (const Expression& term : all->terms) terms.push_back(PlanWhole(term));
    return AllOf(std::move(terms));
  }
  if (const auto* any = std::get_if<OrNode>(&body.node)) {
    std::vector<TracePredicate> terms;
    for (const Expression& term : any->terms) {
      terms.push_back(PlanWhole(term));
      if (IsAlways(terms.back(), Truth::kMaybe)) return Always(Truth::kMaybe);
    }
    return AnyOf(std::move(terms));
  }
  if (const auto* test = std::get_if<AnnotationTest>(&body.node)) {
    return PlanAnnotation(*test);
  }
  const auto* test = std::get_if<KeywordTest>(&body.node);
  if (test == nullptr ||
      RowOf(test->keyword).parts != IndexedParts::kTogether) {
    return Always(Truth::kMaybe);
  }
  return PlanKeyword(*test);
}

// `leaf` asks of rows; with the narrowing that its body allows.
TracePredicate WithWhole(TracePredicate leaf,
                         const std::vector<Expression>& body) {
  if (body.empty()) return leaf;
  TracePredicate whole = PlanWhole(body.front());
  if (IsAlways(whole, Truth::kMaybe)) return leaf;
  std::vector<TracePredicate> terms;
  terms.push_back(std::move(leaf));
  terms.push_back(std::move(whole));
  return AllOf(std::move(terms));
}

TracePredicate PlanBody(const std::vector<Expression>& body, RowKind kind) {
  return body.empty() ? Always(Truth::kYes) : PlanRow(body.front(), kind);
}

TracePredicate PlanService(const ServiceTest& test) {
  TracePredicate row = PlanBody(test.body, RowKind::kNode);
  if (IsAlways(row, Truth::kNo)) return row;
  return WithWhole(ServiceLeaf(PatternOf(test.node), std::move(row)),
                   test.body);
}

TracePredicate PlanEdge(const EdgeTest& test) {
  TracePredicate row = PlanBody(test.body, RowKind::kEdge);
  if (IsAlways(row, Truth::kNo)) return row;
  TracePredicate::Edge leaf{.source = PatternOf(test.source),
                            .target = PatternOf(test.target),
                            .row = {}};
  leaf.row.push_back(std::move(row));
  return WithWhole({std::move(leaf)}, test.body);
}

TracePredicate IsSo(TraceProperty property) {
  return {TracePredicate::Property{property}};
}

// Some node has that outcome, or is in progress: its flags are not indexed.
TracePredicate SomeNodeWith(TraceProperty outcome, TraceProperty other) {
  std::vector<TracePredicate> unknown;
  for (const TraceProperty p :
       {TraceProperty::kOk, other, TraceProperty::kThrottle}) {
    unknown.push_back(Not(IsSo(p)));
  }
  std::vector<TracePredicate> row;
  row.push_back(IsSo(outcome));
  row.push_back(AllOf(std::move(unknown)));
  return ServiceLeaf({}, AnyOf(std::move(row)));
}

// A trace has such causes only if some part of it failed.
TracePredicate MayHaveCauses(CauseKind kind) {
  switch (kind) {
    case CauseKind::kFault:
      return SomeNodeWith(TraceProperty::kFault, TraceProperty::kError);
    case CauseKind::kError:
      return SomeNodeWith(TraceProperty::kError, TraceProperty::kFault);
    case CauseKind::kResponseTime:
      break;
  }
  return Always(Truth::kYes);
}

// What must hold of the name, type and account of a service that meets
// `body`.
void NarrowPattern(const Expression& body, NodePattern& pattern) {
  if (const auto* all = std::get_if<AndNode>(&body.node)) {
    for (const Expression& term : all->terms) NarrowPattern(term, pattern);
    return;
  }
  const auto* test = std::get_if<KeywordTest>(&body.node);
  if (test == nullptr || test->comparison.op != Operator::kEqual) return;
  const auto* text = std::get_if<std::string>(&test->comparison.literal);
  if (text == nullptr || text->empty()) return;
  if (test->keyword == Keyword::kName) pattern.name = *text;
  if (test->keyword == Keyword::kType) pattern.type = *text;
  if (test->keyword == Keyword::kAccountId) pattern.account_id = *text;
}

// Root causes have no column: narrowed by outcomes and names, then evaluated.
TracePredicate PlanCause(const CauseTest& test) {
  std::vector<TracePredicate> terms;
  terms.push_back(Always(Truth::kMaybe));
  terms.push_back(MayHaveCauses(test.kind));
  if (test.element == CauseElement::kService && !test.body.empty()) {
    NodePattern pattern;
    NarrowPattern(test.body.front(), pattern);
    if (pattern != NodePattern()) {
      terms.push_back(ServiceLeaf(std::move(pattern), Always(Truth::kYes)));
    }
  }
  return AllOf(std::move(terms));
}

TracePredicate PlanCauseJson(const CauseJsonTest& test) {
  std::vector<TracePredicate> terms;
  terms.push_back(Always(Truth::kMaybe));
  for (const CausePattern& cause : test.patterns) {
    for (const ServicePattern& service : cause.services) {
      if (!service.name || service.name->empty()) continue;
      terms.push_back(
          ServiceLeaf({.name = service.name, .type = {}, .account_id = {}},
                      Always(Truth::kYes)));
    }
  }
  return AllOf(std::move(terms));
}

struct Planner {
  TracePredicate operator()(const KeywordTest& t) { return PlanKeyword(t); }
  TracePredicate operator()(const AnnotationTest& t) {
    return PlanAnnotation(t);
  }
  TracePredicate operator()(const ServiceTest& t) { return PlanService(t); }
  TracePredicate operator()(const EdgeTest& t) { return PlanEdge(t); }
  // Groups are resolved before; what is left of them is false.
  TracePredicate operator()(const GroupTest&) { return Always(Truth::kNo); }
  TracePredicate operator()(const CauseTest& t) { return PlanCause(t); }
  TracePredicate operator()(const CauseJsonTest& t) { return PlanCauseJson(t); }
  TracePredicate operator()(const AndNode& n) { return AllOf(Each(n.terms)); }
  TracePredicate operator()(const OrNode& n) { return AnyOf(Each(n.terms)); }
  TracePredicate operator()(const NotNode& n) {
    return Not(PlanFilter(n.term.front()));
  }
  TracePredicate operator()(const ConstantNode& n) {
    return Always(n.value ? Truth::kYes : Truth::kNo);
  }

  std::vector<TracePredicate> Each(const std::vector<Expression>& terms) {
    std::vector<TracePredicate> out;
    for (const Expression& term : terms) out.push_back(PlanFilter(term));
    return out;
  }
};

}  // namespace

TracePredicate PlanFilter(const Expression& expression) {
  return std::visit(Planner(), expression.node);
}

}  // namespace roentgen::query
