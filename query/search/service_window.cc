#include "query/search/service_window.h"

#include <algorithm>
#include <variant>

#include "query/eval/node_selection.h"
#include "trace/assembly/observations.h"

namespace roentgen::query {
namespace {

void Collect(const Expression& expression, std::vector<NodeSelector>& out) {
  if (const auto* service = std::get_if<ServiceTest>(&expression.node)) {
    out.push_back(service->node);
  } else if (const auto* all = std::get_if<AndNode>(&expression.node)) {
    for (const Expression& term : all->terms) Collect(term, out);
  } else if (const auto* any = std::get_if<OrNode>(&expression.node)) {
    for (const Expression& term : any->terms) Collect(term, out);
  }
}

}  // namespace

std::vector<NodeSelector> NamedServices(const Expression& expression) {
  std::vector<NodeSelector> out;
  Collect(expression, out);
  return out;
}

std::optional<Timestamp> LatestEnd(const storage::Trace& trace,
                                   const std::vector<NodeSelector>& services) {
  std::optional<Timestamp> latest;
  const storage::TraceObservations seen = storage::Observe(trace);
  for (const storage::NodeObservation& node : seen.nodes) {
    if (node.in_progress) continue;
    const storage::ServiceId& service = seen.services[node.service];
    const bool named = std::any_of(
        services.begin(), services.end(), [&](const NodeSelector& selector) {
          if (Selects(selector, service)) return true;
          // The root segment speaks for the client.
          return node.root && Selects(selector, ClientOf(service));
        });
    if (!named) continue;
    const Timestamp end = trace.entity(node.entity).end;
    if (!latest || end > *latest) latest = end;
  }
  return latest;
}

}  // namespace roentgen::query
