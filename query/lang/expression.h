// The tree of a filter expression.
//
// The language is that of AWS X-Ray's filter expressions;
// docs/query_language.md describes it. Trees come from Parse (parser.h), are
// checked by Check (checker.h) and printed by Print (printer.h).
//
// Threads: plain data.
#ifndef ROENTGEN_QUERY_LANG_EXPRESSION_H_
#define ROENTGEN_QUERY_LANG_EXPRESSION_H_

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "trace/model/exact_number.h"

namespace roentgen::query {

// Where the text that became a node begins.
struct SourcePosition {
  uint32_t line = 1;    // From 1.
  uint32_t column = 1;  // From 1, in characters.

  friend bool operator==(const SourcePosition&,
                         const SourcePosition&) = default;
};

enum class Keyword : uint8_t {
  // Boolean.
  kOk,
  kError,
  kThrottle,
  kFault,
  kPartial,
  kInferred,
  kFirst,
  kLast,
  kRemote,
  kRoot,
  // Number.
  kResponseTime,
  kDuration,
  kHttpStatus,
  kIndex,
  kCoverage,
  // String.
  kHttpUrl,
  kHttpMethod,
  kHttpUserAgent,
  kHttpClientIp,
  kUser,
  kName,
  kType,
  kMessage,
  kAvailabilityZone,
  kInstanceId,
  kResourceArn,
  kAccountId,
};

enum class Operator : uint8_t {
  kExists,  // No operator: the value is there, or is true.
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kContains,
  kBeginsWith,
  kEndsWith,
};

using Literal = std::variant<bool, storage::ExactNumber, std::string>;

// What a value is held against. `literal` is of no meaning under kExists.
struct Comparison {
  Operator op = Operator::kExists;
  Literal literal;

  friend bool operator==(const Comparison&, const Comparison&) = default;
};

struct KeywordTest {
  Keyword keyword = Keyword::kOk;
  Comparison comparison;

  friend bool operator==(const KeywordTest&, const KeywordTest&) = default;
};

struct AnnotationTest {
  std::string key;
  Comparison comparison;

  friend bool operator==(const AnnotationTest&,
                         const AnnotationTest&) = default;
};

// Nodes of the service map. A member that is not set matches anything.
struct NodeSelector {
  std::optional<std::string> name;
  std::optional<std::string> type;
  std::optional<std::string> account_id;

  friend bool operator==(const NodeSelector&, const NodeSelector&) = default;
};

struct Expression;

struct AndNode {
  std::vector<Expression> terms;  // Two or more.

  friend bool operator==(const AndNode&, const AndNode&) = default;
};

struct OrNode {
  std::vector<Expression> terms;  // Two or more.

  friend bool operator==(const OrNode&, const OrNode&) = default;
};

struct NotNode {
  std::vector<Expression> term;  // Exactly one.

  friend bool operator==(const NotNode&, const NotNode&) = default;
};

struct ServiceTest {
  NodeSelector node;
  std::vector<Expression> body;  // What stands in braces; one or none.

  friend bool operator==(const ServiceTest&, const ServiceTest&) = default;
};

struct EdgeTest {
  NodeSelector source;
  NodeSelector target;
  std::vector<Expression> body;  // One or none.

  friend bool operator==(const EdgeTest&, const EdgeTest&) = default;
};

// group.name or group.arn.
struct GroupTest {
  bool by_arn = false;
  bool negated = false;  // "!=" instead of "=".
  std::string value;

  friend bool operator==(const GroupTest&, const GroupTest&) = default;
};

enum class CauseKind : uint8_t { kResponseTime, kFault, kError };
enum class CauseElement : uint8_t { kService, kEntity, kException };

struct CauseTest {
  CauseKind kind = CauseKind::kFault;
  CauseElement element = CauseElement::kService;
  std::vector<Expression> body;  // One or none.

  friend bool operator==(const CauseTest&, const CauseTest&) = default;
};

// Patterns of rootcause.json, in the members of a trace summary's root causes.
// What is not set matches anything; a list matches what holds its members in
// order, with or without others between them.
struct ExceptionPattern {
  std::optional<std::string> name;
  std::optional<std::string> message;

  friend bool operator==(const ExceptionPattern&,
                         const ExceptionPattern&) = default;
};

struct EntityPattern {
  std::optional<std::string> name;
  std::optional<double> coverage;
  std::optional<bool> remote;
  std::vector<ExceptionPattern> exceptions;

  friend bool operator==(const EntityPattern&, const EntityPattern&) = default;
};

struct ServicePattern {
  std::optional<std::string> name;
  std::vector<std::string> names;
  std::optional<std::string> type;
  std::optional<std::string> account_id;
  std::optional<bool> inferred;
  std::vector<EntityPattern> entity_path;

  friend bool operator==(const ServicePattern&,
                         const ServicePattern&) = default;
};

struct CausePattern {
  std::vector<ServicePattern> services;
  std::optional<bool> client_impacting;

  friend bool operator==(const CausePattern&, const CausePattern&) = default;
};

struct CauseJsonTest {
  std::vector<CausePattern> patterns;  // At least one; each must match.

  friend bool operator==(const CauseJsonTest&, const CauseJsonTest&) = default;
};

// Always or never true. Never parsed: stands where a group was (groups.h).
struct ConstantNode {
  bool value = false;

  friend bool operator==(const ConstantNode&, const ConstantNode&) = default;
};

struct Expression {
  using Node = std::variant<KeywordTest, AnnotationTest, ServiceTest, EdgeTest,
                            GroupTest, CauseTest, CauseJsonTest, AndNode,
                            OrNode, NotNode, ConstantNode>;
  Node node;
  SourcePosition position{};

  // Equal in meaning: positions do not count.
  friend bool operator==(const Expression& a, const Expression& b) {
    return a.node == b.node;
  }
};

}  // namespace roentgen::query

#endif  // ROENTGEN_QUERY_LANG_EXPRESSION_H_
