#include <algorithm>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/json_writer.h"
#include "query/plan/planner.h"

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

std::string_view NameOf(TraceProperty property) {
  static constexpr std::string_view kNames[] = {
      "ok", "fault", "error", "throttle", "partial", "inferred", "root"};
  return kNames[static_cast<size_t>(property)];
}

std::string_view NameOf(NumberField field) {
  static constexpr std::string_view kNames[] = {"duration", "responsetime",
                                                "http.status", "start"};
  return kNames[static_cast<size_t>(field)];
}

std::string_view NameOf(TextField field) {
  static constexpr std::string_view kNames[] = {
      "http.url",      "http.method",  "http.useragent",
      "http.clientip", "user",         "availabilityzone",
      "instance.id",   "resource.arn", "name",
      "type",          "account.id"};
  return kNames[static_cast<size_t>(field)];
}

std::string Quoted(std::string_view text) {
  std::string out;
  AppendJsonString(out, text);
  return out;
}

std::string TextOf(const TextTest& test) {
  switch (test.op) {
    case TextOp::kExists:
      return " exists";
    case TextOp::kEqual:
      return " = " + Quoted(test.text);
    case TextOp::kNotEqual:
      return " != " + Quoted(test.text);
    case TextOp::kContains:
      return " contains " + Quoted(test.text);
    case TextOp::kBeginsWith:
      return " begins with " + Quoted(test.text);
    case TextOp::kEndsWith:
      return " ends with " + Quoted(test.text);
  }
  return "";
}

// `text_of` prints one end; the open ends of the domain are left out.
template <typename Test, typename Number, typename TextOf>
std::string RangesText(const Test& test, Number low, Number high,
                       TextOf text_of) {
  std::string out = " in ";
  for (const auto& range : test.ranges) {
    if (&range != &test.ranges.front()) out += " or ";
    out += range.low <= low ? "[.." : "[" + text_of(range.low) + "..";
    out += range.high >= high ? "]" : text_of(range.high) + "]";
  }
  return out;
}

std::string DoubleText(double value) {
  std::string out;
  JsonWriter(out).Double(value);
  return out;
}

using Member = std::pair<std::string_view, const std::optional<std::string>*>;

// Those that are set.
std::string StatusesText(storage::SpanStatuses statuses) {
  if (statuses == storage::kAllStatuses) return {};
  std::string text = " with status";
  if ((statuses & storage::kUnsetStatuses) != 0) text += " unset";
  if ((statuses & storage::kOkStatuses) != 0) text += " ok";
  if ((statuses & storage::kErrorStatuses) != 0) text += " error";
  return text;
}

std::string MembersText(std::initializer_list<Member> members) {
  std::string out;
  for (const auto& [name, value] : members) {
    if (!*value) continue;
    if (!out.empty()) out += ", ";
    out += std::string(name) + ": " + Quoted(**value);
  }
  return "(" + out + ")";
}

std::string PatternText(const NodePattern& pattern) {
  return MembersText({{"name", &pattern.name},
                      {"type", &pattern.type},
                      {"account.id", &pattern.account_id}});
}

class Describer {
 public:
  std::string Run(const TracePredicate& predicate) && {
    Add(predicate);
    return std::move(out_);
  }

  void operator()(const TracePredicate::Constant& c) {
    Line(c.truth == Truth::kYes  ? "every trace"
         : c.truth == Truth::kNo ? "no trace"
                                 : "unknown to the index: evaluated");
  }
  void operator()(const TracePredicate::Property& p) {
    Line(std::string(NameOf(p.property)));
  }
  void operator()(const TracePredicate::Number& n) {
    const bool status = n.field == NumberField::kHttpStatus;
    Line(std::string(NameOf(n.field)) +
         RangesText(n.test, status ? int64_t{INT32_MIN} : 0,
                    status ? int64_t{INT32_MAX} : INT64_MAX, [&](int64_t v) {
                      return status ? std::to_string(v)
                                    : DoubleText(static_cast<double>(v) / 1e9);
                    }));
  }
  void operator()(const TracePredicate::Text& t) {
    Line(std::string(NameOf(t.field)) + TextOf(t.test));
  }
  void operator()(const TracePredicate::AnnotationText& t) {
    Line("annotation[" + Quoted(t.key) + "] text" + TextOf(t.test));
  }
  void operator()(const TracePredicate::AnnotationNumber& n) {
    const double max = std::numeric_limits<double>::max();
    Line("annotation[" + Quoted(n.key) + "] number" +
         RangesText(n.test, -max, max, DoubleText) +
         (n.unsure ? ", unsure near " + DoubleText(*n.unsure) : ""));
  }
  void operator()(const TracePredicate::AnnotationBool& b) {
    Line("annotation[" + Quoted(b.key) + "] is " +
         (b.value ? "true" : "false"));
  }
  void operator()(const TracePredicate::Service& s) {
    Line("node" + PatternText(s.node));
    Children(s.row);
  }
  void operator()(const TracePredicate::Edge& e) {
    Line("edge" + PatternText(e.source) + " -> " + PatternText(e.target));
    Children(e.row);
  }
  void operator()(const TracePredicate::Operation& o) {
    Line("operation" +
         MembersText(
             {{"service", &o.service}, {"name", &o.name}, {"kind", &o.kind}}) +
         StatusesText(o.statuses));
  }
  void operator()(const TracePredicate::SegmentRecord&) {
    Line("an X-Ray segment");
  }
  void operator()(const TracePredicate::Attribute& a) {
    Line("attribute[" + Quoted(a.key) + "]" +
         (a.text ? " = " + Quoted(*a.text) : "") + " that is no annotation");
  }
  void operator()(const TracePredicate::AllOf& all) {
    Line("all of");
    Children(all.terms);
  }
  void operator()(const TracePredicate::AnyOf& any) {
    Line("any of");
    Children(any.terms);
  }
  void operator()(const TracePredicate::Not& no) {
    Line("not");
    Children(no.term);
  }

 private:
  void Add(const TracePredicate& predicate) {
    std::visit(*this, predicate.node);
  }
  void Line(const std::string& text) {
    out_.append(static_cast<size_t>(depth_) * 2, ' ');
    out_ += text;
    out_ += '\n';
  }
  void Children(const std::vector<TracePredicate>& terms) {
    ++depth_;
    for (const TracePredicate& term : terms) Add(term);
    --depth_;
  }

  int depth_ = 0;
  std::string out_;
};

}  // namespace

bool IsExact(const TracePredicate& predicate) {
  const auto all = [](const std::vector<TracePredicate>& terms) {
    return std::all_of(terms.begin(), terms.end(), IsExact);
  };
  if (const auto* c = std::get_if<TracePredicate::Constant>(&predicate.node)) {
    return c->truth != Truth::kMaybe;
  }
  if (const auto* n =
          std::get_if<TracePredicate::AnnotationNumber>(&predicate.node)) {
    return !n->unsure;
  }
  if (const auto* s = std::get_if<TracePredicate::Service>(&predicate.node)) {
    return all(s->row);
  }
  if (const auto* e = std::get_if<TracePredicate::Edge>(&predicate.node)) {
    return all(e->row);
  }
  if (const auto* a = std::get_if<TracePredicate::AllOf>(&predicate.node)) {
    return all(a->terms);
  }
  if (const auto* o = std::get_if<TracePredicate::AnyOf>(&predicate.node)) {
    return all(o->terms);
  }
  const auto* no = std::get_if<TracePredicate::Not>(&predicate.node);
  return no == nullptr || all(no->term);
}

std::string Describe(const TracePredicate& predicate) {
  return Describer().Run(predicate);
}

}  // namespace roentgen::query
