#include "storage/assembly/observations.h"

#include <algorithm>
#include <optional>

#include "absl/container/flat_hash_map.h"

namespace roentgen::storage {
namespace {

absl::Duration DurationOf(const EntityView& entity) {
  return std::max(entity.end - entity.start, absl::ZeroDuration());
}

class Observer {
 public:
  explicit Observer(const Trace& trace) : trace_(trace) {
    for (uint32_t node = 0; node < trace.nodes.size(); ++node) {
      if (trace.nodes[node].attached) by_id_[trace.entity(node).id] = node;
    }
    for (const InferredSegment& inferred : trace.inferred) {
      inferred_by_id_[inferred.id] = &inferred;
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
    const bool root = !segment.parent_id;
    out_.nodes.push_back({.service = service,
                          .entity = node,
                          .outcome = OutcomeOf(segment),
                          .duration = DurationOf(segment),
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
    const auto parent = by_id_.find(*segment.parent_id);
    if (parent == by_id_.end()) return;
    // The caller's view of the call, where there is one.
    const uint32_t source = trace_.nodes[parent->second].segment;
    AddEdge(ServiceOf(trace_.entity(source)), service,
            source == parent->second ? node : parent->second);
  }

  void AddInferred(const InferredSegment& inferred) {
    const EntityView& call = trace_.entity(inferred.call);
    out_.nodes.push_back({.service = inferred.service,
                          .entity = inferred.call,
                          .outcome = OutcomeOf(call),
                          .duration = DurationOf(call),
                          .in_progress = false,
                          .root = false,
                          .inferred = true});
    const uint32_t source = trace_.nodes[inferred.call].segment;
    AddEdge(ServiceOf(trace_.entity(source)), inferred.service,
            inferred.call);
  }

  void AddEdge(ServiceId source, ServiceId target, uint32_t node) {
    const EntityView& seen = trace_.entity(node);
    if (seen.in_progress) return;
    out_.edges.push_back({.source = std::move(source),
                          .target = std::move(target),
                          .entity = node,
                          .outcome = OutcomeOf(seen),
                          .duration = DurationOf(seen)});
  }

  const Trace& trace_;
  absl::flat_hash_map<EntityId, uint32_t> by_id_;
  absl::flat_hash_map<EntityId, const InferredSegment*> inferred_by_id_;
  TraceObservations out_;
};

}  // namespace

TraceObservations Observe(const Trace& trace) { return Observer(trace).Run(); }

}  // namespace roentgen::storage
