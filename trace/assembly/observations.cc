#include "trace/assembly/observations.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "trace/assembly/answered_calls.h"

namespace roentgen::storage {
namespace {

absl::Duration DurationOf(const EntityView& entity) {
  return std::max(entity.end - entity.start, absl::ZeroDuration());
}

class Observer {
 public:
  explicit Observer(const Trace& trace)
      : trace_(trace), half_of_(AnsweredCalls(trace)) {
    for (uint32_t i = 0; i < trace.inferred.size(); ++i) {
      inferred_by_id_.emplace_back(trace.inferred[i].id, i);
      inferred_by_call_.emplace_back(trace.inferred[i].call, i);
    }
    std::sort(inferred_by_id_.begin(), inferred_by_id_.end());
    std::sort(inferred_by_call_.begin(), inferred_by_call_.end());
    out_.nodes.reserve(trace.segments.size() + trace.inferred.size());
    out_.edges.reserve(trace.segments.size() + trace.inferred.size());
    latest_.assign(trace.nodes.size(), Timestamp::Min());
    for (uint32_t node = 0; node < trace.nodes.size(); ++node) {
      if (!trace.nodes[node].attached || trace.entity(node).in_progress) {
        continue;
      }
      Timestamp& latest = latest_[trace.nodes[node].segment];
      latest = std::max(latest, trace.entity(node).end);
    }
    services_.assign(trace.nodes.size(), kUnknown);
  }

  TraceObservations Run() && {
    inferred_services_.reserve(trace_.inferred.size());
    for (const InferredSegment& inferred : trace_.inferred) {
      inferred_services_.push_back(NumberOf(inferred.service));
    }
    for (uint32_t node : trace_.segments) AddSegment(node);
    for (size_t i = 0; i < trace_.inferred.size(); ++i) AddInferred(i);
    return std::move(out_);
  }

 private:
  static constexpr uint32_t kUnknown = UINT32_MAX;

  // The call that a segment without a parent answers.
  std::optional<uint32_t> HalfOf(uint32_t segment) const {
    const auto half = half_of_.find(segment);
    if (half == half_of_.end() || !trace_.IsRoot(segment) ||
        !trace_.nodes[half->second].attached) {
      return std::nullopt;
    }
    return half->second;
  }

  // Looks at the last few services only: a trace may be of very many.
  uint32_t NumberOf(ServiceId service) {
    constexpr size_t kLookedAt = 8;
    std::vector<ServiceId>& all = out_.services;
    for (size_t i = all.size(); i > 0 && i + kLookedAt > all.size(); --i) {
      if (all[i - 1] == service) return static_cast<uint32_t>(i - 1);
    }
    all.push_back(std::move(service));
    return static_cast<uint32_t>(all.size() - 1);
  }

  uint32_t ServiceOfSegment(uint32_t segment) {
    uint32_t& number = services_[segment];
    if (number == kUnknown)
      number = NumberOf(ServiceOf(trace_.entity(segment)));
    return number;
  }

  void AddSegment(uint32_t node) {
    const EntityView& segment = trace_.entity(node);
    const uint32_t service = ServiceOfSegment(node);
    const std::optional<uint32_t> half = HalfOf(node);
    const bool root = trace_.IsRoot(node) && !half;
    out_.nodes.push_back({.service = service,
                          .entity = node,
                          .outcome = OutcomeOf(segment),
                          .duration = DurationOf(segment),
                          .extent = ExtentOf(node),
                          .end = segment.end,
                          .in_progress = segment.in_progress,
                          .root = root,
                          .inferred = false});
    if (segment.in_progress) return;
    if (root) {
      AddEdge(NumberOf({.name = std::string(segment.name),
                        .type = "client",
                        .account_id = {}}),
              service, node);
      return;
    }
    if (half) return AddCallEdge(*half, service, node);
    // A topic or bucket that triggered this segment is its source.
    const auto trigger =
        std::lower_bound(inferred_by_id_.begin(), inferred_by_id_.end(),
                         std::pair<EntityId, uint32_t>(*segment.parent_id, 0));
    if (trigger != inferred_by_id_.end() &&
        trigger->first == *segment.parent_id) {
      AddEdge(inferred_services_[trigger->second], service, node);
    }
    const auto parent = trace_.by_id.find(*segment.parent_id);
    if (parent == trace_.by_id.end() ||
        !trace_.nodes[parent->second].attached) {
      return;
    }
    if (AddBrokerEdge(parent->second, service, node)) return;
    AddCallEdge(parent->second, service, node);
  }

  // The caller's view of the call, where there is one.
  void AddCallEdge(uint32_t call, uint32_t service, uint32_t node) {
    const uint32_t source = trace_.nodes[call].segment;
    if (source == call) {
      AddEdge(ServiceOfSegment(source), service, node);
    } else {
      AddEdge(ServiceOfSegment(source), service, call, AliasOf(call));
    }
  }

  // What consumed a message came by the broker, not by its sender.
  bool AddBrokerEdge(uint32_t call, uint32_t service, uint32_t node) {
    if (!trace_.IsSpanOf(node, SpanKind::kConsumer) &&
        !trace_.IsSpanOf(call, SpanKind::kProducer)) {
      return false;
    }
    const std::optional<uint32_t> broker = InferredOf(call);
    if (!broker) return false;
    AddEdge(inferred_services_[*broker], service, node);
    return true;
  }

  // The number of the inferred segment that a call has.
  std::optional<uint32_t> InferredOf(uint32_t call) const {
    const auto at =
        std::lower_bound(inferred_by_call_.begin(), inferred_by_call_.end(),
                         std::pair<uint32_t, uint32_t>(call, 0));
    if (at == inferred_by_call_.end() || at->first != call) return std::nullopt;
    return at->second;
  }

  absl::Duration ExtentOf(uint32_t segment) const {
    if (trace_.entity(segment).in_progress) return absl::ZeroDuration();
    return std::max(latest_[segment] - trace_.entity(segment).start,
                    absl::ZeroDuration());
  }

  // Of a call that a segment answers. One that a segment was only triggered by
  // has an inferred segment, which goes by that name itself.
  std::optional<uint32_t> AliasOf(uint32_t node) {
    const EntityView& call = trace_.entity(node);
    if (call.name_space == Namespace::kLocal || !trace_.NamesCallee(node) ||
        InferredOf(node)) {
      return std::nullopt;
    }
    return NumberOf(CalleeOf(call));
  }

  void AddInferred(size_t number) {
    const uint32_t node = trace_.inferred[number].call;
    const EntityView& call = trace_.entity(node);
    const uint32_t service = inferred_services_[number];
    out_.nodes.push_back({.service = service,
                          .entity = node,
                          .outcome = InferredOutcomeOf(call),
                          .duration = DurationOf(call),
                          .extent = DurationOf(call),
                          .end = call.end,
                          .in_progress = false,
                          .root = false,
                          .inferred = true});
    AddEdge(ServiceOfSegment(trace_.nodes[node].segment), service, node);
  }

  void AddEdge(uint32_t source, uint32_t target, uint32_t node,
               std::optional<uint32_t> alias = std::nullopt) {
    const EntityView& seen = trace_.entity(node);
    if (seen.in_progress) return;
    out_.edges.push_back({.source = source,
                          .target = target,
                          .entity = node,
                          .outcome = OutcomeOf(seen),
                          .duration = DurationOf(seen),
                          .end = seen.end,
                          .alias = alias});
  }

  const Trace& trace_;
  const absl::flat_hash_map<uint32_t, uint32_t> half_of_;
  // In order: ids of inferred segments, and nodes of the calls that they are
  // inferred from, with their numbers.
  std::vector<std::pair<EntityId, uint32_t>> inferred_by_id_;
  std::vector<std::pair<uint32_t, uint32_t>> inferred_by_call_;
  std::vector<uint32_t> inferred_services_;  // By number.
  // By node of a segment: the latest end of anything completed in it, and its
  // service once it was asked for.
  std::vector<Timestamp> latest_;
  std::vector<uint32_t> services_;
  TraceObservations out_;
};

}  // namespace

TraceObservations Observe(const Trace& trace) { return Observer(trace).Run(); }

}  // namespace roentgen::storage
