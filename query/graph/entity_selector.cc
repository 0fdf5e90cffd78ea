#include "query/graph/entity_selector.h"

#include <string>
#include <utility>
#include <variant>

#include "query/eval/node_selection.h"
#include "query/lang/filter.h"
#include "query/lang/lexer.h"
#include "query/lang/syntax_error.h"

namespace roentgen::query {
namespace {

using storage::CallFigures;
using storage::GraphFigures;

bool IsIdWord(const Token& token) {
  return token.kind == TokenKind::kWord && token.text == "id";
}

// Whether the text has id() in it; and whether it begins with it.
struct IdUse {
  bool any = false;
  bool first = false;
};

IdUse FindIds(std::string_view text) {
  IdUse use;
  Lexer lexer(text);
  bool first = true;
  for (Token t = lexer.Next(); t.kind != TokenKind::kEnd; t = lexer.Next()) {
    if (IsIdWord(t)) {
      use.any = true;
      use.first |= first;
    }
    first = false;
  }
  return use;
}

absl::Status Refuse(const SyntaxError& error) {
  return absl::InvalidArgumentError(error.Message());
}

absl::Status NotASelector(SourcePosition position) {
  SyntaxError error;
  error.position = position;
  error.message =
      "an entity selector is service(...) or edge(..., ...), without braces, "
      "other keywords and operators";
  return Refuse(error);
}

void AddCalls(const CallFigures& from, std::optional<CallFigures>& to) {
  if (from.count() == 0) return;
  if (!to) to.emplace();
  storage::AddFigures(from, 1, *to);
}

}  // namespace

absl::StatusOr<EntitySelector> ParseEntitySelector(std::string_view text) {
  const IdUse ids = FindIds(text);
  const std::string wrapped =
      ids.first ? "service(" + std::string(text) + ")" : std::string(text);
  const auto parsed = ParseFilter(wrapped);
  if (const auto* error = std::get_if<SyntaxError>(&parsed)) {
    if (!ids.first) return Refuse(*error);
    // Of the text as it was sent.
    const auto sent = ParseFilter(text);
    const auto* sent_error = std::get_if<SyntaxError>(&sent);
    return Refuse(sent_error != nullptr ? *sent_error : *error);
  }
  const auto& expression = std::get<Expression>(parsed);
  EntitySelector selector{.node = {}, .target = {}, .has_id = ids.any};
  if (const auto* service = std::get_if<ServiceTest>(&expression.node);
      service != nullptr && service->body.empty()) {
    selector.node = service->node;
    return selector;
  }
  if (const auto* edge = std::get_if<EdgeTest>(&expression.node);
      edge != nullptr && edge->body.empty()) {
    selector.node = edge->source;
    selector.target = edge->target;
    return selector;
  }
  return NotASelector(expression.position);
}

std::optional<CallFigures> Select(const EntitySelector& selector,
                                  const GraphFigures& graph) {
  std::optional<CallFigures> sum;
  if (selector.of_edges()) {
    for (const auto& [key, edge] : graph.edges) {
      if (Selects(selector.node, key.source) &&
          Selects(*selector.target, key.target)) {
        AddCalls(edge.calls, sum);
      }
    }
    return sum;
  }
  for (const auto& [service, node] : graph.nodes) {
    if (Selects(selector.node, service)) AddCalls(node.calls, sum);
  }
  return sum;
}

std::optional<CallFigures> SelectEntries(const GraphFigures& graph) {
  std::optional<CallFigures> sum;
  for (const auto& [key, edge] : graph.edges) {
    if (!key.link && IsClient(key.source)) AddCalls(edge.calls, sum);
  }
  return sum;
}

}  // namespace roentgen::query
