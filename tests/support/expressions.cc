#include "tests/support/expressions.h"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace roentgen::testing_support {
namespace {

using query::AndNode;
using query::AnnotationTest;
using query::CauseElement;
using query::CauseJsonTest;
using query::CauseKind;
using query::CausePattern;
using query::CauseTest;
using query::Comparison;
using query::EdgeTest;
using query::Expression;
using query::Keyword;
using query::KeywordRow;
using query::KeywordTest;
using query::Literal;
using query::NodeSelector;
using query::NotNode;
using query::Operator;
using query::OrNode;
using query::Scope;
using query::ServicePattern;
using query::ServiceTest;
using query::ValueType;

constexpr std::array<const char*, 12> kNames = {
    "shop",      "pricing",  "api", "carts", "db@host", "DynamoDB",
    "TimeError", "ValueErr", "x",   "zero",  "absent",  ""};
constexpr std::array<const char*, 9> kTypes = {"AWS::EC2::Instance",
                                               "AWS::ECS::Container",
                                               "client",
                                               "remote",
                                               "AWS::DynamoDB::Table",
                                               "Database::SQL",
                                               "absent",
                                               "EC2",
                                               ""};
constexpr std::array<const char*, 14> kTexts = {
    "alice", "bob", "us-west-2a",    "us-west-2b", "i-0aa", "gold",   "true",
    "FALSE", "old", "arn:aws:ecs:x", "e",          "1",     "absent", ""};
constexpr std::array<const char*, 8> kHttp = {
    "https://shop/cart", "GET",    "POST",  "curl/8",
    "198.51.100.7",      "https:", "/cart", ""};
constexpr std::array<double, 17> kSeconds = {
    0,     0.001, 0.0005, 0.3,    0.2995, 0.301, 0.3005, 1,    2.5,
    1.001, 0.999, 7,      -0.001, -0.0,   1e300, 1e12,   0.002};
constexpr std::array<double, 12> kStatuses = {0,  200, 404,   429, 500, -1,
                                              -5, 1e9, 200.5, 399, 3e9, -0.0};
constexpr std::array<double, 11> kNumbers = {0,   -0.0,  1,   2,      31, 29.5,
                                             -31, 1e300, 0.1, 1e-300, 30};
constexpr std::array<const char*, 6> kKeys = {"tier", "age",     "beta",
                                              "mix",  "dot.ted", "absent"};

}  // namespace

uint64_t RunSeed(uint64_t fallback) {
  const char* text = std::getenv("ROENTGEN_SEED");
  const uint64_t seed =
      text != nullptr ? std::strtoull(text, nullptr, 10) : fallback;
  std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
  return seed;
}

Expression RandomExpressions::Make(Scope scope, int depth) {
  const uint64_t kind = depth == 0 ? 0 : Below(10);
  if (kind < 5) return Test(scope, depth);
  if (kind < 7) return {.node = AndNode{Terms(scope, depth)}};
  if (kind < 9) return {.node = OrNode{Terms(scope, depth)}};
  return {.node = NotNode{{Make(scope, depth - 1)}}};
}

Expression RandomExpressions::Test(Scope scope, int depth) {
  const uint64_t kind = Below(10);
  if (kind < 3 && AllowsAnnotations(scope)) return Annotation();
  if (kind < 7 && scope == Scope::kTrace) return Complex(depth);
  return KeywordIn(scope);
}

std::vector<Expression> RandomExpressions::Terms(Scope scope, int depth) {
  std::vector<Expression> terms;
  for (uint64_t n = 2 + Below(2); n > 0; --n) {
    terms.push_back(Make(scope, depth - 1));
  }
  return terms;
}

Operator RandomExpressions::OperatorFor(std::optional<ValueType> type) {
  while (true) {
    const auto op = static_cast<Operator>(Below(10));
    if (!type || AllowsOperator(*type, op)) return op;
  }
}

std::string RandomExpressions::TextFor(Keyword keyword) {
  std::string text;
  switch (keyword) {
    case Keyword::kHttpUrl:
    case Keyword::kHttpMethod:
    case Keyword::kHttpUserAgent:
    case Keyword::kHttpClientIp:
      text = OneOf(kHttp);
      break;
    case Keyword::kName:
      text = OneOf(kNames);
      break;
    case Keyword::kType:
      text = OneOf(kTypes);
      break;
    case Keyword::kAccountId:
      text = Below(2) == 0 ? "111" : "222";
      break;
    default:
      text = OneOf(kTexts);
  }
  // Some part of it, for CONTAINS and the like.
  if (text.size() > 3 && Below(4) == 0) {
    const size_t from = Below(text.size());
    text = text.substr(from, 1 + Below(text.size() - from));
  }
  return text;
}

double RandomExpressions::NumberFor(Keyword keyword) {
  switch (keyword) {
    case Keyword::kHttpStatus:
      return OneOf(kStatuses);
    case Keyword::kDuration:
    case Keyword::kResponseTime:
      return OneOf(kSeconds);
    case Keyword::kIndex:
      return static_cast<double>(Below(3));
    default:
      return OneOf(kNumbers);
  }
}

// A literal of another type; for booleans none that the parser would take as
// one.
Literal RandomExpressions::OtherLiteral(ValueType type) {
  switch (type) {
    case ValueType::kBoolean:
      return Below(2) == 0 ? Literal("maybe") : Literal(1.0);
    case ValueType::kNumber:
      return Below(2) == 0 ? Literal("200") : Literal(true);
    case ValueType::kString:
      break;
  }
  return Below(2) == 0 ? Literal(false) : Literal(5.0);
}

Expression RandomExpressions::KeywordIn(Scope scope) {
  std::vector<const KeywordRow*> rows;
  for (const KeywordRow& row : query::KeywordRows()) {
    if (row.IsAllowedIn(scope)) rows.push_back(&row);
  }
  const KeywordRow& row = *rows[Below(rows.size())];
  Comparison comparison{.op = OperatorFor(row.type), .literal = {}};
  if (Below(16) == 0) {
    comparison.literal = OtherLiteral(row.type);
  } else if (row.type == ValueType::kBoolean) {
    comparison.literal = Below(2) == 1;
  } else if (row.type == ValueType::kNumber) {
    comparison.literal = NumberFor(row.keyword);
  } else {
    comparison.literal = TextFor(row.keyword);
  }
  return {.node = KeywordTest{.keyword = row.keyword,
                              .comparison = std::move(comparison)}};
}

Expression RandomExpressions::Annotation() {
  Comparison comparison{.op = OperatorFor(std::nullopt), .literal = {}};
  const uint64_t kind = Below(3);
  if (kind == 0) comparison.literal = Below(2) == 1;
  if (kind == 1) comparison.literal = NumberFor(Keyword::kCoverage);
  if (kind == 2) comparison.literal = TextFor(Keyword::kUser);
  return {.node = AnnotationTest{.key = OneOf(kKeys),
                                 .comparison = std::move(comparison)}};
}

NodeSelector RandomExpressions::Node() {
  NodeSelector node;
  if (Below(3) != 0) node.name = TextFor(Keyword::kName);
  if (Below(3) == 0) node.type = OneOf(kTypes);
  if (Below(6) == 0) node.account_id = TextFor(Keyword::kAccountId);
  return node;
}

std::vector<Expression> RandomExpressions::Body(Scope scope, int depth) {
  if (Below(4) == 0) return {};
  return {Make(scope, depth > 1 ? 2 : depth)};
}

Expression RandomExpressions::Complex(int depth) {
  const uint64_t kind = Below(10);
  if (kind < 4) {
    NodeSelector node = Node();
    return {.node = ServiceTest{.node = std::move(node),
                                .body = Body(Scope::kService, depth)}};
  }
  if (kind < 7) {
    NodeSelector source = Node(), target = Node();
    // The grammar wants some member of each.
    if (source == NodeSelector()) source.name = OneOf(kNames);
    if (target == NodeSelector()) target.type = OneOf(kTypes);
    return {.node = EdgeTest{.source = std::move(source),
                             .target = std::move(target),
                             .body = Body(Scope::kEdge, depth)}};
  }
  return kind < 9 ? Cause(depth) : CauseJson();
}

Expression RandomExpressions::Cause(int depth) {
  CauseTest test{.kind = static_cast<CauseKind>(Below(3)),
                 .element = static_cast<CauseElement>(Below(3)),
                 .body = {}};
  if (!IsCauseTest(test.kind, test.element)) test.kind = CauseKind::kFault;
  test.body = Body(ScopeOf(test), depth);
  return {.node = std::move(test)};
}

Expression RandomExpressions::CauseJson() {
  CauseJsonTest test;
  for (uint64_t patterns = 1 + Below(2); patterns > 0; --patterns) {
    CausePattern& cause = test.patterns.emplace_back();
    for (uint64_t services = Below(3); services > 0; --services) {
      ServicePattern& service = cause.services.emplace_back();
      if (Below(2) == 0) service.name = OneOf(kNames);
      if (Below(3) == 0) service.type = OneOf(kTypes);
      if (Below(4) == 0) service.entity_path.push_back({.name = "shop"});
    }
    if (Below(3) == 0) cause.client_impacting = Below(2) == 1;
  }
  return {.node = std::move(test)};
}

}  // namespace roentgen::testing_support
