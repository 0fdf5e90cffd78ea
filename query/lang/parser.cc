#include "query/lang/parser.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/limits.h"
#include "query/lang/cause_json.h"
#include "query/lang/characters.h"
#include "query/lang/keyword_table.h"
#include "query/lang/stored_name.h"
#include "query/lang/token_stream.h"

namespace roentgen::query {
namespace {

constexpr std::string_view kAnnotationPrefix = "annotation.";
constexpr std::string_view kCausePrefix = "rootcause.";

constexpr std::array<Operator, 9> kOperators = {
    Operator::kEqual,     Operator::kNotEqual,   Operator::kLess,
    Operator::kLessEqual, Operator::kGreater,    Operator::kGreaterEqual,
    Operator::kContains,  Operator::kBeginsWith, Operator::kEndsWith};

bool BeginsWithIgnoringCase(std::string_view text, std::string_view prefix) {
  return EqualsIgnoreCase(text.substr(0, prefix.size()), prefix);
}

bool IsPlainKey(std::string_view key) {
  for (char c : key) {
    if (!IsWordCharacter(c)) return false;
  }
  return !key.empty();
}

std::optional<bool> AsBoolean(std::string_view text) {
  if (EqualsIgnoreCase(text, "true")) return true;
  if (EqualsIgnoreCase(text, "false")) return false;
  return std::nullopt;
}

// Which root cause test `word` names; none for rootcause.json.
std::optional<CauseTest> CauseTestOf(std::string_view word) {
  for (CauseKind kind :
       {CauseKind::kResponseTime, CauseKind::kFault, CauseKind::kError}) {
    for (CauseElement element : {CauseElement::kService, CauseElement::kEntity,
                                 CauseElement::kException}) {
      if (IsCauseTest(kind, element) &&
          EqualsIgnoreCase(word, CauseTestName(kind, element))) {
        return CauseTest{.kind = kind, .element = element, .body = {}};
      }
    }
  }
  return std::nullopt;
}

class Parser {
 public:
  explicit Parser(std::string_view text) : tokens_(text) {}

  std::variant<Expression, SyntaxError> Run() && {
    std::optional<Expression> expression = ParseOr();
    if (expression && tokens_.peek().kind != TokenKind::kEnd) {
      tokens_.FailHere();
    }
    if (tokens_.error()) return *tokens_.error();
    return *std::move(expression);
  }

 private:
  // These return nothing once tokens_ has an error.
  using Parsed = std::optional<Expression>;

  template <typename Node>
  static Expression Make(const Token& begin, Node node) {
    return {.node = std::move(node), .position = begin.position};
  }

  Parsed Fail(std::string hint = {}) {
    tokens_.FailHere(std::move(hint));
    return std::nullopt;
  }

  // `terms` as one node: nested nodes of the same kind dissolve in it.
  template <typename Node>
  static Expression Join(std::vector<Expression> terms) {
    if (terms.size() == 1) return std::move(terms.front());
    const SourcePosition position = terms.front().position;
    Node node;
    for (Expression& term : terms) {
      if (auto* same = std::get_if<Node>(&term.node)) {
        for (Expression& t : same->terms) node.terms.push_back(std::move(t));
      } else {
        node.terms.push_back(std::move(term));
      }
    }
    return {.node = std::move(node), .position = position};
  }

  Parsed ParseOr() {
    std::vector<Expression> terms;
    do {
      Parsed term = ParseAnd();
      if (!term) return std::nullopt;
      terms.push_back(*std::move(term));
    } while (AcceptWord("or"));
    return Join<OrNode>(std::move(terms));
  }

  Parsed ParseAnd() {
    std::vector<Expression> terms;
    do {
      Parsed term = ParseUnary();
      if (!term) return std::nullopt;
      terms.push_back(*std::move(term));
    } while (AcceptWord("and") || AtImpliedAnd());
    return Join<AndNode>(std::move(terms));
  }

  bool AcceptWord(std::string_view word) {
    if (!tokens_.AtWord(word)) return false;
    tokens_.Take();
    return true;
  }

  // Whether a test follows a test.
  bool AtImpliedAnd() const {
    if (tokens_.peek().kind == TokenKind::kWord) return !tokens_.AtWord("or");
    return tokens_.At("!") || tokens_.At("(");
  }

  Parsed ParseUnary() {
    if (depth_ == limits::kFilterDepthMax) {
      tokens_.Fail({.position = tokens_.peek().position,
                    .length = 0,
                    .message = "Expression is nested too deeply",
                    .token = {},
                    .hint = "at most " +
                            std::to_string(limits::kFilterDepthMax) +
                            " levels of '!', parentheses and braces"});
      return std::nullopt;
    }
    ++depth_;
    Parsed out = ParseOneUnary();
    --depth_;
    return out;
  }

  Parsed ParseOneUnary() {
    if (tokens_.At("!") || tokens_.AtWord("not")) {
      const Token begin = tokens_.Take();
      Parsed term = ParseUnary();
      if (!term) return std::nullopt;
      NotNode node;
      node.term.push_back(*std::move(term));
      return Make(begin, std::move(node));
    }
    if (tokens_.Accept("(")) {
      Parsed inner = ParseOr();
      if (!inner || !tokens_.Expect(")")) return std::nullopt;
      return inner;
    }
    if (!tokens_.CountTerm()) return std::nullopt;
    return ParseTest();
  }

  Parsed ParseTest() {
    if (tokens_.peek().kind != TokenKind::kWord) return Fail();
    const std::string_view word = tokens_.peek().text;
    if (EqualsIgnoreCase(word, "service")) return ParseService();
    if (EqualsIgnoreCase(word, "edge")) return ParseEdge();
    if (EqualsIgnoreCase(word, "group.name")) return ParseGroup(false);
    if (EqualsIgnoreCase(word, "group.arn")) return ParseGroup(true);
    if (EqualsIgnoreCase(word, "annotation")) return ParseBracketAnnotation();
    if (BeginsWithIgnoringCase(word, kAnnotationPrefix)) {
      return ParsePlainAnnotation();
    }
    if (EqualsIgnoreCase(word, "rootcause.json")) return ParseCauseJson();
    if (BeginsWithIgnoringCase(word, kCausePrefix)) return ParseCause();
    return ParseKeyword();
  }

  Parsed ParseKeyword() {
    const KeywordRow* row = FindKeyword(tokens_.peek().text);
    if (row == nullptr) return Fail(HintFor(tokens_.peek().text, scope_));
    const Token begin = tokens_.Take();
    KeywordTest test{.keyword = row->keyword, .comparison = {}};
    if (!ParseComparison(test.comparison)) return std::nullopt;
    auto* text = std::get_if<std::string>(&test.comparison.literal);
    const bool whole = test.comparison.op == Operator::kEqual ||
                       test.comparison.op == Operator::kNotEqual;
    if (row->keyword == Keyword::kName && text != nullptr && whole &&
        scope_ != Scope::kCauseException) {  // Whose names are types.
      *text = AsStored(*text);
    }
    if (row->type == ValueType::kBoolean && text != nullptr) {
      if (auto value = AsBoolean(*text)) test.comparison.literal = *value;
    }
    return Make(begin, std::move(test));
  }

  Parsed ParsePlainAnnotation() {
    const Token begin = tokens_.peek();
    const std::string_view key = begin.text.substr(kAnnotationPrefix.size());
    if (!IsPlainKey(key)) {
      return Fail(
          "a key with more than letters, digits and '_' stands in "
          "brackets: annotation[\"a.b\"]");
    }
    tokens_.Take();
    return FinishAnnotation(begin, std::string(key));
  }

  Parsed ParseBracketAnnotation() {
    const Token begin = tokens_.Take();
    if (!tokens_.At("[")) return Fail("expected '[' and a key");
    tokens_.TakeBeforeKey();
    const Token& key = tokens_.peek();
    const bool quoted = key.kind == TokenKind::kString;
    std::string name = quoted ? key.string : std::string(key.text);
    if (!(quoted || key.kind == TokenKind::kWord) || name.empty()) {
      return Fail("expected a key");
    }
    tokens_.Take();
    if (!tokens_.Expect("]")) return std::nullopt;
    return FinishAnnotation(begin, std::move(name));
  }

  Parsed FinishAnnotation(const Token& begin, std::string key) {
    AnnotationTest test{.key = std::move(key), .comparison = {}};
    if (!ParseComparison(test.comparison)) return std::nullopt;
    return Make(begin, std::move(test));
  }

  // The operator that is next; kExists when none is.
  Operator PeekOperator() const {
    for (Operator op : kOperators) {
      const std::string_view text = OperatorText(op);
      if (tokens_.At(text) || tokens_.AtWord(text)) return op;
    }
    return Operator::kExists;
  }

  // An operator and a literal, or neither.
  bool ParseComparison(Comparison& out) {
    out.op = PeekOperator();
    if (out.op == Operator::kExists) return true;
    tokens_.Take();
    const Token& token = tokens_.peek();
    if (token.kind == TokenKind::kString) {
      out.literal = token.string;
    } else if (token.kind == TokenKind::kNumber) {
      out.literal = token.number;
    } else if (const auto value = AsBoolean(token.text);
               value && token.kind == TokenKind::kWord) {
      out.literal = *value;
    } else {
      const bool word = token.kind == TokenKind::kWord;
      return tokens_.FailHere(word ? "strings stand in double quotes"
                                   : "expected a string, a number, true or "
                                     "false");
    }
    tokens_.Take();
    return true;
  }

  Parsed ParseGroup(bool by_arn) {
    const Token begin = tokens_.Take();
    GroupTest test{.by_arn = by_arn, .negated = tokens_.At("!="), .value = {}};
    if (!ParseEquals(by_arn ? "group.arn" : "group.name", test.negated)) {
      return std::nullopt;
    }
    if (!ParseString(test.value)) return std::nullopt;
    return Make(begin, std::move(test));
  }

  // "=", or "!=" where `negated`, which no other operator may replace.
  bool ParseEquals(std::string_view keyword, bool negated) {
    if (tokens_.Accept(negated ? "!=" : "=")) return true;
    const Operator op = PeekOperator();
    if (op == Operator::kExists) return tokens_.FailHere("expected '='");
    const Token& token = tokens_.peek();
    SyntaxError error = InvalidSymbol(token.position, token.text, {});
    error.message = "Invalid operator '" + std::string(OperatorText(op)) +
                    "' for keyword '" + std::string(keyword) + "'";
    return tokens_.Fail(std::move(error));
  }

  bool ParseString(std::string& out) {
    if (tokens_.peek().kind != TokenKind::kString) {
      return tokens_.FailHere("expected a string in double quotes");
    }
    out = tokens_.Take().string;
    return true;
  }

  Parsed ParseService() {
    const Token begin = tokens_.Take();
    ServiceTest test;
    if (!tokens_.Expect("(")) return std::nullopt;
    if (!tokens_.At(")") && !ParseSelector(test.node)) return std::nullopt;
    if (!tokens_.Expect(")")) return std::nullopt;
    if (!ParseBody(Scope::kService, test.body)) return std::nullopt;
    return Make(begin, std::move(test));
  }

  Parsed ParseEdge() {
    const Token begin = tokens_.Take();
    EdgeTest test;
    if (!tokens_.Expect("(") || !ParseSelector(test.source) ||
        !tokens_.Expect(",") || !ParseSelector(test.target) ||
        !tokens_.Expect(")") || !ParseBody(Scope::kEdge, test.body)) {
      return std::nullopt;
    }
    return Make(begin, std::move(test));
  }

  bool ParseSelector(NodeSelector& out) {
    if (tokens_.peek().kind == TokenKind::kString) {
      out.name = AsStored(tokens_.Take().string);
      return true;
    }
    if (!AcceptWord("id")) {
      return tokens_.FailHere("expected a name in double quotes or id(...)");
    }
    if (!tokens_.Expect("(")) return false;
    do {
      if (!ParseSelectorField(out)) return false;
    } while (tokens_.Accept(","));
    return tokens_.Expect(")");
  }

  bool ParseSelectorField(NodeSelector& out) {
    std::optional<std::string>* field = nullptr;
    if (tokens_.AtWord("name")) field = &out.name;
    if (tokens_.AtWord("type")) field = &out.type;
    if (tokens_.AtWord("account.id")) field = &out.account_id;
    if (field == nullptr) {
      return tokens_.FailHere("known here: name, type, account.id");
    }
    if (*field) return tokens_.FailHere("the field is there twice");
    tokens_.Take();
    if (!tokens_.Expect(":") || !ParseString(field->emplace())) return false;
    if (field == &out.name) out.name = AsStored(*out.name);
    return true;
  }

  // What stands in braces, if anything does.
  bool ParseBody(Scope scope, std::vector<Expression>& out) {
    if (!tokens_.Accept("{")) return true;
    const Scope outer = std::exchange(scope_, scope);
    Parsed body = ParseOr();
    scope_ = outer;
    if (!body || !tokens_.Expect("}")) return false;
    out.push_back(*std::move(body));
    return true;
  }

  Parsed ParseCause() {
    std::optional<CauseTest> test = CauseTestOf(tokens_.peek().text);
    if (!test) return Fail(HintFor(tokens_.peek().text, Scope::kTrace));
    const Token begin = tokens_.Take();
    if (!ParseBody(ScopeOf(*test), test->body)) return std::nullopt;
    return Make(begin, *std::move(test));
  }

  Parsed ParseCauseJson() {
    const Token begin = tokens_.Take();
    CauseJsonTest test;
    if (!ParseEquals("rootcause.json", false) || !tokens_.Expect("#[") ||
        !ParseCausePatterns(tokens_, test.patterns)) {
      return std::nullopt;
    }
    return Make(begin, std::move(test));
  }

  TokenStream tokens_;
  int depth_ = 0;
  Scope scope_ = Scope::kTrace;
};

}  // namespace

std::variant<Expression, SyntaxError> Parse(std::string_view text) {
  if (text.size() > limits::kFilterBytesMax) {
    return SyntaxError{
        .position = {},
        .length = 0,
        .message = "Expression is too long",
        .token = {},
        .hint =
            "at most " + std::to_string(limits::kFilterBytesMax) + " bytes"};
  }
  return Parser(text).Run();
}

}  // namespace roentgen::query
