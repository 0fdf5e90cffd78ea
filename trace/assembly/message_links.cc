#include "trace/assembly/message_links.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/limits.h"

namespace roentgen::storage {
namespace {

bool IsMessageCall(const Trace& trace, uint32_t node) {
  const EntityView& entity = trace.entity(node);
  if (trace.nodes[node].parent < 0 || entity.name_space == Namespace::kLocal) {
    return false;
  }
  if (trace.IsSpanOf(node, SpanKind::kProducer)) {
    return trace.NamesCallee(node);
  }
  return entity.name_space == Namespace::kAws &&
         (entity.name == "SQS" || entity.name == "SNS");
}

std::optional<uint32_t> FindNode(const Trace& trace, const EntityId& id) {
  for (uint32_t node = 0; node < trace.nodes.size(); ++node) {
    if (trace.nodes[node].attached && trace.entity(node).id == id) return node;
  }
  for (const InferredSegment& inferred : trace.inferred) {
    if (inferred.id == id) return inferred.call;
  }
  return std::nullopt;
}

// The only call of SQS or SNS at or below `top`.
std::optional<uint32_t> OnlyMessageCall(const Trace& trace, uint32_t top) {
  std::optional<uint32_t> found;
  std::vector<uint32_t> pending = {top};
  while (!pending.empty()) {
    const uint32_t node = pending.back();
    pending.pop_back();
    if (IsMessageCall(trace, node)) {
      if (found) return std::nullopt;
      found = node;
    }
    const auto& children = trace.nodes[node].children;
    pending.insert(pending.end(), children.begin(), children.end());
  }
  return found;
}

}  // namespace

std::vector<LinkObservation> ObserveLinks(const Trace& trace) {
  std::vector<LinkObservation> out;
  for (uint32_t segment : trace.segments) {
    const SegmentDocument& document =
        trace.documents[trace.nodes[segment].document];
    const EntityView& consumer = trace.entity(segment);
    if (document.links.empty() || consumer.in_progress) continue;
    std::set<std::pair<TraceId, EntityId>> seen;
    for (const ParentLink& link : document.links) {
      // Whose parent is the sender came by the broker's edge.
      const bool above =
          link.trace == trace.id && link.sender == consumer.parent_id;
      if (link.entity != trace.nodes[segment].entity || above ||
          !seen.emplace(link.trace, link.sender).second) {
        continue;
      }
      if (out.size() == limits::kLinksPerTraceMax) return out;
      out.push_back({.target = ServiceOf(consumer),
                     .entity = segment,
                     .outcome = OutcomeOf(consumer),
                     .start = consumer.start,
                     .end = consumer.end,
                     .sender_trace = link.trace,
                     .sender_entity = link.sender});
    }
  }
  return out;
}

std::optional<MessageSender> FindSender(const Trace& sender,
                                        const EntityId& entity) {
  const std::optional<uint32_t> node = FindNode(sender, entity);
  if (!node) return std::nullopt;
  const uint32_t segment = sender.nodes[*node].segment;
  // Messages are sent with client spans, too.
  const bool calls = sender.IsSpan(*node) &&
                     std::any_of(sender.inferred.begin(), sender.inferred.end(),
                                 [&](const InferredSegment& inferred) {
                                   return inferred.call == *node;
                                 });
  if (calls) {
    return MessageSender{.source = CalleeOf(sender.entity(*node)),
                         .sent = sender.entity(*node).end};
  }
  if (const auto call = OnlyMessageCall(sender, *node)) {
    return MessageSender{.source = CalleeOf(sender.entity(*call)),
                         .sent = sender.entity(*call).end};
  }
  return MessageSender{.source = ServiceOf(sender.entity(segment)),
                       .sent = sender.entity(*node).end};
}

LinkEdge LinkEdgeOf(const LinkObservation& link, const MessageSender& sender) {
  return {.source = sender.source,
          .target = link.target,
          .outcome = link.outcome,
          .end = link.end,
          .age = std::max(link.start - sender.sent, absl::ZeroDuration())};
}

}  // namespace roentgen::storage
