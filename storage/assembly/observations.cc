#include "storage/assembly/observations.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"

namespace roentgen::storage {
namespace {

absl::Duration DurationOf(const EntityView& entity) {
  return std::max(entity.end - entity.start, absl::ZeroDuration());
}

class Observer {
 public:
  explicit Observer(const Trace& trace) : trace_(trace) {
    for (const InferredSegment& inferred : trace.inferred) {
      inferred_by_id_[inferred.id] = &inferred;
      unanswered_.insert(inferred.call);
    }
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
  }

  TraceObservations Run() && {
    for (uint32_t node : trace_.segments) AddSegment(node);
    for (const InferredSegment& inferred : trace_.inferred) {
      AddInferred(inferred);
    }
    return std::move(out_);
  }

 private:
  void AddSegment(uint32_t node) {
    const EntityView& segment = trace_.entity(node);
    const ServiceId service = ServiceOf(segment);
    const bool root = trace_.IsRoot(node);
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
      AddEdge({.name = service.name, .type = "client", .account_id = {}},
              service, node);
      return;
    }
    // A topic or bucket that triggered this segment is its source.
    const auto trigger = inferred_by_id_.find(*segment.parent_id);
    if (trigger != inferred_by_id_.end()) {
      AddEdge(trigger->second->service, service, node);
    }
    const auto parent = trace_.by_id.find(*segment.parent_id);
    if (parent == trace_.by_id.end() ||
        !trace_.nodes[parent->second].attached) {
      return;
    }
    // The caller's view of the call, where there is one.
    const uint32_t source = trace_.nodes[parent->second].segment;
    if (source == parent->second) {
      AddEdge(ServiceOf(trace_.entity(source)), service, node);
    } else {
      AddEdge(ServiceOf(trace_.entity(source)), service, parent->second,
              AliasOf(parent->second));
    }
  }

  absl::Duration ExtentOf(uint32_t segment) const {
    if (trace_.entity(segment).in_progress) return absl::ZeroDuration();
    return std::max(latest_[segment] - trace_.entity(segment).start,
                    absl::ZeroDuration());
  }

  // Of a call that a segment answers. One that a segment was only triggered by
  // has an inferred segment, which goes by that name itself.
  std::optional<ServiceAlias> AliasOf(uint32_t node) const {
    const EntityView& call = trace_.entity(node);
    if (call.name_space == Namespace::kLocal || unanswered_.contains(node)) {
      return std::nullopt;
    }
    ServiceId callee = CalleeOf(call);
    return ServiceAlias{.name = std::move(callee.name),
                        .type = std::move(callee.type)};
  }

  void AddInferred(const InferredSegment& inferred) {
    const EntityView& call = trace_.entity(inferred.call);
    out_.nodes.push_back({.service = inferred.service,
                          .entity = inferred.call,
                          .outcome = OutcomeOf(call),
                          .duration = DurationOf(call),
                          .extent = DurationOf(call),
                          .end = call.end,
                          .in_progress = false,
                          .root = false,
                          .inferred = true});
    const uint32_t source = trace_.nodes[inferred.call].segment;
    AddEdge(ServiceOf(trace_.entity(source)), inferred.service, inferred.call);
  }

  void AddEdge(ServiceId source, ServiceId target, uint32_t node,
               std::optional<ServiceAlias> alias = std::nullopt) {
    const EntityView& seen = trace_.entity(node);
    if (seen.in_progress) return;
    out_.edges.push_back({.source = std::move(source),
                          .target = std::move(target),
                          .entity = node,
                          .outcome = OutcomeOf(seen),
                          .duration = DurationOf(seen),
                          .end = seen.end,
                          .alias = std::move(alias)});
  }

  const Trace& trace_;
  absl::flat_hash_map<EntityId, const InferredSegment*> inferred_by_id_;
  absl::flat_hash_set<uint32_t> unanswered_;  // Nodes of calls.
  // By node of a segment: the latest end of anything completed in it.
  std::vector<Timestamp> latest_;
  TraceObservations out_;
};

}  // namespace

TraceObservations Observe(const Trace& trace) { return Observer(trace).Run(); }

}  // namespace roentgen::storage
