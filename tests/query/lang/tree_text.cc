#include "tests/query/lang/tree_text.h"

#include <optional>
#include <sstream>
#include <string_view>
#include <variant>
#include <vector>

#include "base/json_writer.h"
#include "query/lang/keyword_table.h"

namespace roentgen::query {
namespace {

std::string Quoted(std::string_view text) {
  std::string out;
  AppendJsonString(out, text);
  return out;
}

std::string Text(const Comparison& c) {
  if (c.op == Operator::kExists) return "";
  std::string out = " " + std::string(OperatorText(c.op));
  if (const auto* text = std::get_if<std::string>(&c.literal)) {
    return out + " string " + Quoted(*text);
  }
  if (const auto* value = std::get_if<bool>(&c.literal)) {
    return out + " boolean " + (*value ? "true" : "false");
  }
  std::string number;
  const auto& literal = std::get<storage::ExactNumber>(c.literal);
  if (literal.is_integer()) {
    JsonWriter(number).Int(literal.integer());
  } else {
    JsonWriter(number).Double(literal.AsDouble());
  }
  return out + " number " + number;
}

class TreeWriter {
 public:
  explicit TreeWriter(std::ostream& out, int depth)
      : out_(out), depth_(depth) {}

  void operator()(const KeywordTest& t) {
    Line("keyword " + std::string(RowOf(t.keyword).name) + Text(t.comparison));
  }
  void operator()(const AnnotationTest& t) {
    Line("annotation " + Quoted(t.key) + Text(t.comparison));
  }
  void operator()(const ServiceTest& t) {
    Line("service" + Text(t.node));
    All(t.body);
  }
  void operator()(const EdgeTest& t) {
    Line("edge" + Text(t.source) + " ->" + Text(t.target));
    All(t.body);
  }
  void operator()(const GroupTest& t) {
    Line(std::string("group by ") + (t.by_arn ? "arn" : "name") +
         (t.negated ? " != " : " = ") + Quoted(t.value));
  }
  void operator()(const CauseTest& t) {
    Line(CauseTestName(t.kind, t.element));
    All(t.body);
  }
  void operator()(const CauseJsonTest& t) {
    Line("rootcause.json");
    for (const CausePattern& p : t.patterns) {
      Line("  cause" + Flag(" client_impacting", p.client_impacting));
      for (const ServicePattern& s : p.services) Write(s);
    }
  }
  void operator()(const AndNode& n) { Write("and", n.terms); }
  void operator()(const OrNode& n) { Write("or", n.terms); }
  void operator()(const NotNode& n) { Write("not", n.term); }
  void operator()(const ConstantNode& n) { Line(n.value ? "always" : "never"); }

 private:
  void Line(const std::string& text) {
    out_ << std::string(static_cast<size_t>(2 * depth_), ' ') << text << "\n";
  }

  void All(const std::vector<Expression>& terms) {
    for (const Expression& term : terms) {
      std::visit(TreeWriter(out_, depth_ + 1), term.node);
    }
  }

  void Write(const std::string& name, const std::vector<Expression>& terms) {
    Line(name);
    All(terms);
  }

  void Write(const ServicePattern& s) {
    std::string names;
    for (const std::string& name : s.names) names += " names " + Quoted(name);
    Line("    service" + String(" name", s.name) + names +
         String(" type", s.type) + String(" account", s.account_id) +
         Flag(" inferred", s.inferred));
    for (const EntityPattern& e : s.entity_path) {
      std::string coverage;
      if (e.coverage) JsonWriter(coverage = " coverage ").Double(*e.coverage);
      Line("      entity" + String(" name", e.name) + coverage +
           Flag(" remote", e.remote));
      for (const ExceptionPattern& x : e.exceptions) {
        Line("        exception" + String(" name", x.name) +
             String(" message", x.message));
      }
    }
  }

  static std::string String(const std::string& name,
                            const std::optional<std::string>& value) {
    return value ? name + " " + Quoted(*value) : "";
  }
  static std::string Flag(const std::string& name,
                          const std::optional<bool>& value) {
    return value ? name + (*value ? " true" : " false") : "";
  }

  static std::string Text(const NodeSelector& n) {
    const std::string out = String(" name", n.name) + String(" type", n.type) +
                            String(" account", n.account_id);
    return out.empty() ? " any" : out;
  }
  static std::string Text(const Comparison& c) {
    return roentgen::query::Text(c);
  }

  std::ostream& out_;
  const int depth_;
};

}  // namespace

std::string TreeText(const Expression& expression) {
  std::ostringstream out;
  std::visit(TreeWriter(out, 0), expression.node);
  return out.str();
}

}  // namespace roentgen::query
