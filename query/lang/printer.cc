#include "query/lang/printer.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "base/json_writer.h"
#include "query/lang/cause_json.h"
#include "query/lang/characters.h"
#include "query/lang/keyword_table.h"

namespace roentgen::query {
namespace {

// How tightly a node binds; what binds less stands in parentheses.
enum class Binding { kOr, kAnd, kUnary };

Binding BindingOf(const Expression& expression) {
  if (std::holds_alternative<OrNode>(expression.node)) return Binding::kOr;
  if (std::holds_alternative<AndNode>(expression.node)) return Binding::kAnd;
  return Binding::kUnary;
}

class Printer {
 public:
  explicit Printer(std::string& out) : out_(out) {}

  void Run(const Expression& expression, Binding least) {
    const bool parentheses = BindingOf(expression) < least;
    if (parentheses) out_ += '(';
    std::visit(*this, expression.node);
    if (parentheses) out_ += ')';
  }

  void operator()(const KeywordTest& test) {
    out_ += RowOf(test.keyword).name;
    Print(test.comparison);
  }

  void operator()(const AnnotationTest& test) {
    out_ += "annotation";
    if (!test.key.empty() &&
        std::all_of(test.key.begin(), test.key.end(), IsWordCharacter)) {
      out_ += "." + test.key;
    } else {
      out_ += '[';
      AppendJsonString(out_, test.key);
      out_ += ']';
    }
    Print(test.comparison);
  }

  void operator()(const ServiceTest& test) {
    out_ += "service(";
    if (test.node != NodeSelector()) Print(test.node);
    out_ += ')';
    Print(test.body);
  }

  void operator()(const EdgeTest& test) {
    out_ += "edge(";
    Print(test.source);
    out_ += ", ";
    Print(test.target);
    out_ += ')';
    Print(test.body);
  }

  void operator()(const GroupTest& test) {
    out_ += test.by_arn ? "group.arn" : "group.name";
    out_ += test.negated ? " != " : " = ";
    AppendJsonString(out_, test.value);
  }

  void operator()(const CauseTest& test) {
    out_ += CauseTestName(test.kind, test.element);
    Print(test.body);
  }

  void operator()(const CauseJsonTest& test) {
    out_ += "rootcause.json = " + PrintCausePatterns(test.patterns);
  }

  void operator()(const AndNode& node) {
    Join(node.terms, " AND ", Binding::kUnary);
  }
  void operator()(const OrNode& node) {
    Join(node.terms, " OR ", Binding::kAnd);
  }

  void operator()(const NotNode& node) {
    out_ += '!';
    Run(node.term.front(), Binding::kUnary);
  }

  void operator()(const ConstantNode& node) {
    out_ += node.value ? "true" : "false";
  }

 private:
  void Join(const std::vector<Expression>& terms, std::string_view word,
            Binding least) {
    for (size_t i = 0; i < terms.size(); ++i) {
      if (i > 0) out_ += word;
      Run(terms[i], least);
    }
  }

  void Print(const Comparison& comparison) {
    if (comparison.op == Operator::kExists) return;
    out_ += ' ';
    out_ += OperatorText(comparison.op);
    out_ += ' ';
    if (const auto* text = std::get_if<std::string>(&comparison.literal)) {
      AppendJsonString(out_, *text);
    } else if (const auto* number =
                   std::get_if<storage::ExactNumber>(&comparison.literal)) {
      std::string written;
      JsonWriter json(written);
      if (number->is_integer()) {
        json.Int(number->integer());
      } else {
        json.Double(number->AsDouble());
      }
      out_ += written;
    } else {
      out_ += std::get<bool>(comparison.literal) ? "true" : "false";
    }
  }

  void Print(const NodeSelector& node) {
    if (node.name && !node.type && !node.account_id) {
      AppendJsonString(out_, *node.name);
      return;
    }
    out_ += "id(";
    const char* comma = "";
    const auto field = [&](std::string_view name,
                           const std::optional<std::string>& value) {
      if (!value) return;
      out_ += comma;
      out_ += name;
      out_ += ": ";
      AppendJsonString(out_, *value);
      comma = ", ";
    };
    field("name", node.name);
    field("type", node.type);
    field("account.id", node.account_id);
    out_ += ')';
  }

  void Print(const std::vector<Expression>& body) {
    if (body.empty()) return;
    out_ += " { ";
    Run(body.front(), Binding::kOr);
    out_ += " }";
  }

  std::string& out_;
};

}  // namespace

std::string Print(const Expression& expression) {
  std::string out;
  Printer(out).Run(expression, Binding::kOr);
  return out;
}

}  // namespace roentgen::query
