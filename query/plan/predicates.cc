#include "query/plan/predicates.h"

#include <algorithm>
#include <utility>
#include <variant>

namespace roentgen::query {
namespace {

using storage::TextOp;
using storage::TextTest;
using storage::TracePredicate;
using storage::Truth;

int Most(const std::vector<TracePredicate>& terms);

// What it takes to look at a leaf, less for those that often rule out a whole
// batch by its bounds or filters alone. Only the order counts.
struct Cost {
  int operator()(const TracePredicate::Constant&) const { return 100; }
  int operator()(const TracePredicate::AnnotationText& t) const {
    return OfText(t.test);
  }
  int operator()(const TracePredicate::Text& t) const {
    return OfText(t.test) + 1;
  }
  int operator()(const TracePredicate::AnnotationNumber&) const { return 20; }
  int operator()(const TracePredicate::AnnotationBool&) const { return 20; }
  int operator()(const TracePredicate::Property&) const { return 30; }
  int operator()(const TracePredicate::Number&) const { return 31; }
  int operator()(const TracePredicate::Attribute&) const { return 15; }
  int operator()(const TracePredicate::SegmentRecord&) const { return 15; }
  int operator()(const TracePredicate::Operation&) const { return 32; }
  int operator()(const TracePredicate::Service&) const { return 40; }
  int operator()(const TracePredicate::Edge&) const { return 45; }
  int operator()(const TracePredicate::AllOf& all) const {
    return Most(all.terms);
  }
  int operator()(const TracePredicate::AnyOf& any) const {
    return Most(any.terms) + 1;
  }
  int operator()(const TracePredicate::Not& no) const {
    return Most(no.term) + 1;
  }

  static int OfText(const TextTest& test) {
    switch (test.op) {
      case TextOp::kEqual:
        return 10;
      case TextOp::kExists:
        return 35;
      case TextOp::kNotEqual:
      case TextOp::kContains:
      case TextOp::kBeginsWith:
      case TextOp::kEndsWith:
        break;
    }
    return 50;
  }
};

int CostOf(const TracePredicate& p) { return std::visit(Cost(), p.node); }

int Most(const std::vector<TracePredicate>& terms) {
  int most = 0;
  for (const TracePredicate& term : terms) most = std::max(most, CostOf(term));
  return most;
}

// `Node` is AllOf or AnyOf; `neutral` changes nothing in it, `final` is its
// result as soon as it occurs.
template <typename Node>
TracePredicate Combine(std::vector<TracePredicate> terms, Truth neutral,
                       Truth final) {
  Node node;
  for (TracePredicate& term : terms) {
    if (IsAlways(term, neutral)) continue;
    if (IsAlways(term, final)) return term;
    if (auto* same = std::get_if<Node>(&term.node)) {
      for (TracePredicate& inner : same->terms) {
        node.terms.push_back(std::move(inner));
      }
      continue;
    }
    node.terms.push_back(std::move(term));
  }
  if (node.terms.empty()) return Always(neutral);
  if (node.terms.size() == 1) return std::move(node.terms.front());
  std::stable_sort(node.terms.begin(), node.terms.end(),
                   [](const TracePredicate& a, const TracePredicate& b) {
                     return CostOf(a) < CostOf(b);
                   });
  node.terms.erase(std::unique(node.terms.begin(), node.terms.end()),
                   node.terms.end());
  if (node.terms.size() == 1) return std::move(node.terms.front());
  return {std::move(node)};
}

}  // namespace

TracePredicate Always(Truth truth) { return {TracePredicate::Constant{truth}}; }

bool IsAlways(const TracePredicate& predicate, Truth truth) {
  const auto* c = std::get_if<TracePredicate::Constant>(&predicate.node);
  return c != nullptr && c->truth == truth;
}

TracePredicate AllOf(std::vector<TracePredicate> terms) {
  return Combine<TracePredicate::AllOf>(std::move(terms), Truth::kYes,
                                        Truth::kNo);
}

TracePredicate AnyOf(std::vector<TracePredicate> terms) {
  return Combine<TracePredicate::AnyOf>(std::move(terms), Truth::kNo,
                                        Truth::kYes);
}

TracePredicate Not(TracePredicate term) {
  if (IsAlways(term, Truth::kYes)) return Always(Truth::kNo);
  if (IsAlways(term, Truth::kNo)) return Always(Truth::kYes);
  if (IsAlways(term, Truth::kMaybe)) return term;
  if (auto* no = std::get_if<TracePredicate::Not>(&term.node)) {
    TracePredicate inner = std::move(no->term.front());
    return inner;
  }
  TracePredicate::Not node;
  node.term.push_back(std::move(term));
  return {std::move(node)};
}

}  // namespace roentgen::query
