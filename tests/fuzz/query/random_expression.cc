#include "tests/fuzz/query/random_expression.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "query/lang/keyword_table.h"

namespace roentgen::query {
namespace {

// Values that the traces of the fuzzers have, and some that they have not.
constexpr std::array<const char*, 20> kTexts = {
    "",         "a",   "shop",   "pricing", "web",  "multi",
    "ext",      "bob", "client", "remote",  "gold", "true",
    "FALSE",    "GET", "carts",  "tier",    "k",    "AWS::EC2::Instance",
    "https://", "beta"};
constexpr std::array<double, 10> kNumbers = {0,   1,   0.3, 200,   500,
                                             0.5, 2.5, -1,  1e300, 429};

class Generator {
 public:
  Generator(const uint8_t* bytes, size_t size) : bytes_(bytes), size_(size) {}

  Expression Make(Scope scope, int depth) {
    const size_t kind = Pick(depth == 0 ? 5 : 8);
    switch (kind) {
      case 5:
        return {.node = AndNode{Terms(scope, depth)}};
      case 6:
        return {.node = OrNode{Terms(scope, depth)}};
      case 7:
        return {.node = NotNode{{Make(scope, depth - 1)}}};
      case 4:
        if (AllowsAnnotations(scope)) return Annotation();
        break;
      case 3:
        if (scope == Scope::kTrace) return Complex(depth);
        break;
      default:
        break;
    }
    return KeywordIn(scope);
  }

 private:
  size_t Pick(size_t count) {
    return next_ < size_ ? bytes_[next_++] % count : 0;
  }
  std::string Text() { return kTexts[Pick(kTexts.size())]; }
  std::optional<std::string> MaybeText() {
    if (Pick(2) == 0) return std::nullopt;
    return Text();
  }

  std::vector<Expression> Terms(Scope scope, int depth) {
    std::vector<Expression> terms;
    for (size_t n = 2 + Pick(2); n > 0; --n) {
      terms.push_back(Make(scope, depth - 1));
    }
    return terms;
  }

  Comparison Compare(std::optional<ValueType> type) {
    Comparison out;
    do {
      out.op = static_cast<Operator>(Pick(10));
    } while (type && !AllowsOperator(*type, out.op));
    const size_t literal = Pick(3);
    // The parser makes booleans of "true" and "false" where these are meant.
    if (literal == 0) {
      out.literal = type == ValueType::kBoolean ? "maybe" : Text();
    }
    if (literal == 1) out.literal = kNumbers[Pick(kNumbers.size())];
    if (literal == 2) out.literal = Pick(2) == 1;
    return out;
  }

  Expression KeywordIn(Scope scope) {
    std::vector<const KeywordRow*> rows;
    for (const KeywordRow& row : KeywordRows()) {
      if (row.IsAllowedIn(scope)) rows.push_back(&row);
    }
    const KeywordRow& row = *rows[Pick(rows.size())];
    return {.node = KeywordTest{.keyword = row.keyword,
                                .comparison = Compare(row.type)}};
  }

  Expression Annotation() {
    std::string key = Text();
    if (key.empty()) key = "age";
    return {.node = AnnotationTest{.key = std::move(key),
                                   .comparison = Compare(std::nullopt)}};
  }

  NodeSelector Node() {
    return {.name = MaybeText(), .type = MaybeText(), .account_id = {}};
  }

  std::vector<Expression> Body(Scope scope, int depth) {
    if (Pick(4) == 0) return {};
    return {Make(scope, std::max(depth - 1, 0))};
  }

  Expression Complex(int depth) {
    switch (Pick(4)) {
      case 0: {
        NodeSelector node = Node();
        return {.node = ServiceTest{.node = std::move(node),
                                    .body = Body(Scope::kService, depth)}};
      }
      case 1: {
        NodeSelector source = Node(), target = Node();
        if (!source.name && !source.type) source.name = Text();
        if (!target.name && !target.type) target.type = Text();
        return {.node = EdgeTest{.source = std::move(source),
                                 .target = std::move(target),
                                 .body = Body(Scope::kEdge, depth)}};
      }
      case 2:
        return Cause(depth);
      default:
        return CauseJson();
    }
  }

  Expression Cause(int depth) {
    CauseTest test{.kind = static_cast<CauseKind>(Pick(3)),
                   .element = static_cast<CauseElement>(Pick(3)),
                   .body = {}};
    if (!IsCauseTest(test.kind, test.element)) test.kind = CauseKind::kFault;
    test.body = Body(ScopeOf(test), depth);
    return {.node = std::move(test)};
  }

  Expression CauseJson() {
    CauseJsonTest test;
    for (size_t patterns = 1 + Pick(2); patterns > 0; --patterns) {
      CausePattern& cause = test.patterns.emplace_back();
      for (size_t services = Pick(3); services > 0; --services) {
        ServicePattern& service = cause.services.emplace_back();
        service.name = MaybeText();
        service.type = MaybeText();
        if (Pick(2) == 1) service.entity_path.push_back({.name = MaybeText()});
      }
      if (Pick(2) == 1) cause.client_impacting = Pick(2) == 1;
    }
    return {.node = std::move(test)};
  }

  const uint8_t* bytes_;
  const size_t size_;
  size_t next_ = 0;
};

}  // namespace

Expression RandomExpression(const uint8_t* bytes, size_t size) {
  return Generator(bytes, size).Make(Scope::kTrace, 4);
}

}  // namespace roentgen::query
