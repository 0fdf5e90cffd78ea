#include "trace/assembly/operations.h"

#include <algorithm>
#include <string>
#include <tuple>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "trace/assembly/answered_calls.h"
#include "trace/mapping/entity_kind.h"
#include "trace/mapping/segment_spans.h"
#include "trace/span/span_profile.h"
#include "trace/span/span_view.h"

namespace roentgen::storage {
namespace {

// As many nanoseconds as there are, whatever the times are.
int64_t NanosOf(const EntityView& entity) {
  return std::max<int64_t>(absl::ToInt64Nanoseconds(entity.end - entity.start),
                           0);
}

bool IsFailed(const Trace& trace, uint32_t node) {
  const SegmentDocument& document = trace.documents[trace.nodes[node].document];
  if (document.span) return document.identity.failed;
  const Outcome outcome = OutcomeOf(trace.entity(node));
  return outcome.error || outcome.fault || outcome.throttle;
}

// Which says what the service of a node is called.
const SegmentDocument& ServiceDocumentOf(const Trace& trace, uint32_t node) {
  const TraceNode& n = trace.nodes[node];
  const SegmentDocument& document = trace.documents[n.document];
  if (document.span || !n.attached) return document;
  // A subsegment that hangs on a span runs in that span's service.
  return trace.documents[trace.nodes[n.segment].document];
}

// The service of a node.
std::string_view SpanServiceOf(const Trace& trace, uint32_t node) {
  const SegmentDocument& owner = ServiceDocumentOf(trace, node);
  if (owner.span) return owner.identity.service;
  const TraceNode& n = trace.nodes[node];
  return n.attached ? trace.entity(n.segment).name : owner.root().name;
}

// Of a span seen as two entities the first one is made.
bool IsMade(const Trace& trace, uint32_t node) {
  const SegmentDocument& document = trace.documents[trace.nodes[node].document];
  return document.span && trace.entity(node).id != document.identity.id;
}

class Observer {
 public:
  explicit Observer(const Trace& trace)
      : trace_(trace),
        answered_(trace.nodes.size()),
        half_of_(AnsweredCalls(trace)) {
    out_.operations.reserve(trace.nodes.size());
    out_.calls.reserve(trace.nodes.size());
  }

  TraceOperations Run() && {
    AddRepeats();
    FindRoot();
    for (uint32_t node = 0; node < trace_.nodes.size(); ++node) {
      if (IsMade(trace_, node)) continue;
      AddOperation(node);
      AddCall(node);
    }
    for (uint32_t node = 0; node < trace_.nodes.size(); ++node) {
      if (IsMade(trace_, node)) continue;
      AddPeerName(node);
      AddLinks(node);
    }
    Join();
    return std::move(out_);
  }

 private:
  void AddOperation(uint32_t node) {
    const TraceNode& n = trace_.nodes[node];
    const SegmentDocument& document = trace_.documents[n.document];
    const EntityView& entity = trace_.entity(node);
    const int64_t ns = NanosOf(entity);
    OperationSeen seen{.service = SpanServiceOf(trace_, node),
                       .name = entity.name,
                       .kind = {},
                       .shortest_ns = ns,
                       .longest_ns = ns,
                       .statuses = document.identity.status};
    seen.named = IsNamed(node);
    if (document.span) {
      seen.name = document.identity.name;
      seen.kind = SpanKindName(document.identity.kind);
    } else {
      seen.kind = SpanKindName(static_cast<uint64_t>(KindOfEntity(
          entity, n.entity > 0 || document.independent_subsegment)));
      seen.statuses =
          SpanOfEntityFails(entity) ? kErrorStatuses : kUnsetStatuses;
    }
    out_.operations.push_back(seen);
  }

  void AddRepeats() {
    size_t counted = 0;
    std::vector<bool> counts(trace_.documents.size());
    for (uint32_t node = 0; node < trace_.nodes.size(); ++node) {
      // The made half of a span may be all that is left of it.
      if (IsMade(trace_, node)) continue;
      const uint32_t document = trace_.nodes[node].document;
      counted += counts[document] ? 0 : 1;
      counts[document] = true;
    }
    if (counted == counts.size()) return;
    for (size_t i = 0; i < counts.size(); ++i) {
      const SegmentDocument& document = trace_.documents[i];
      if (counts[i] || !document.span) continue;
      const EntityView& entity = document.root();
      const int64_t ns = NanosOf(entity);
      out_.operations.push_back({.service = document.identity.service,
                                 .name = document.identity.name,
                                 .kind = SpanKindName(document.identity.kind),
                                 .shortest_ns = ns,
                                 .longest_ns = ns,
                                 .statuses = document.identity.status,
                                 .named = !document.identity.unnamed});
      out_.repeats = true;
    }
  }

  // Of an X-Ray document there is none.
  SpanKind KindOf(uint32_t node) const {
    const SegmentDocument& document =
        trace_.documents[trace_.nodes[node].document];
    return document.span ? static_cast<SpanKind>(document.identity.kind)
                         : SpanKind::kUnspecified;
  }

  // The node that others with its id hang on.
  uint32_t AnswererOf(uint32_t node) const {
    const auto found = trace_.by_id.find(trace_.entity(node).id);
    return found == trace_.by_id.end() ? node : found->second;
  }

  void AddCall(uint32_t node) {
    const uint32_t parent = ParentOf(node);
    if (parent == node) return;
    answered_[parent] = true;
    out_.calls.push_back({.kind = CallKind::kOfSpans,
                          .caller = SpanServiceOf(trace_, parent),
                          .callee = SpanServiceOf(trace_, node),
                          .calls = 1,
                          .errors = IsFailed(trace_, node) ? 1U : 0U});
  }

  void AddPeerName(uint32_t node) {
    const SegmentDocument& document =
        trace_.documents[trace_.nodes[node].document];
    if (!document.span || document.identity.peer.empty()) return;
    out_.calls.push_back({.kind = CallKind::kNames,
                          .caller = NameOf(node),
                          .callee = document.identity.peer,
                          .calls = 1,
                          .errors = IsFailed(trace_, node) ? 1U : 0U});
  }

  // What Zipkin's linker makes of the node.
  void AddLinks(uint32_t node) {
    SpanKind kind = LinkKindOf(node);
    if (IsTwin(node)) return;
    const uint32_t answerer = AnswererOf(node);
    // Whoever answers says more.
    if (kind == SpanKind::kClient &&
        (answered_[answerer] || half_of_.contains(answerer))) {
      return;
    }
    const std::string_view service = NameOf(node);
    const std::string_view peer =
        trace_.documents[trace_.nodes[node].document].identity.peer;
    if (kind == SpanKind::kUnspecified) {
      if (service.empty() || peer.empty()) return;
      kind = SpanKind::kClient;
    }
    const bool is_called =
        kind == SpanKind::kServer || kind == SpanKind::kConsumer;
    std::string_view caller = is_called ? peer : service;
    const std::string_view callee = is_called ? service : peer;
    bool failed = IsFailed(trace_, node);
    if (kind == SpanKind::kServer || kind == SpanKind::kClient) {
      failed |= AskAncestors(node, kind, caller);
    }
    AddLink(caller, callee, failed);
  }

  // Sets the caller of an RPC as the spans above it know it. True if its own
  // client failed.
  bool AskAncestors(uint32_t node, SpanKind kind, std::string_view& caller) {
    const std::string_view service = NameOf(node);
    const uint32_t ancestor = NearestAbove(node, callers_, [&](uint32_t above) {
      return LinkKindOf(above) != SpanKind::kUnspecified &&
             !NameOf(above).empty();
    });
    if (ancestor != kNone && ancestor != node) {  // It may be in a circle.
      const std::string_view name = NameOf(ancestor);
      // Between the two services a server is missing.
      if (kind == SpanKind::kClient && name != service) {
        AddLink(name, service, false);
      }
      if (kind == SpanKind::kServer || caller.empty()) caller = name;
      return LinkKindOf(ancestor) == SpanKind::kClient &&
             ParentOf(node) == ancestor && IsFailed(trace_, ancestor);
    }
    if (kind != SpanKind::kServer || !caller.empty()) return false;
    const uint32_t named = NearestAbove(
        node, named_, [&](uint32_t above) { return !NameOf(above).empty(); });
    if (named != kNone && NameOf(named) != service) caller = NameOf(named);
    return false;
  }

  void AddLink(std::string_view caller, std::string_view callee, bool failed) {
    if (caller.empty() || callee.empty()) return;
    out_.calls.push_back({.kind = CallKind::kOfPeer,
                          .caller = caller,
                          .callee = callee,
                          .calls = 1,
                          .errors = failed ? 1U : 0U});
  }

  // As Zipkin has it: work within a service has none.
  SpanKind LinkKindOf(uint32_t node) const {
    const TraceNode& n = trace_.nodes[node];
    const SegmentDocument& document = trace_.documents[n.document];
    const SpanKind kind =
        document.span
            ? KindOf(node)
            : KindOfEntity(trace_.entity(node),
                           n.entity > 0 || document.independent_subsegment);
    return kind <= SpanKind::kInternal || kind > SpanKind::kConsumer
               ? SpanKind::kUnspecified
               : kind;
  }

  // Empty for whoever does not say its name.
  std::string_view NameOf(uint32_t node) const {
    const std::string_view name = SpanServiceOf(trace_, node);
    return IsNamed(node) && name != unnamed_ ? name : std::string_view();
  }

  bool IsNamed(uint32_t node) const {
    return !ServiceDocumentOf(trace_, node).identity.unnamed;
  }

  // Sent once more. The halves of a call differ in kind.
  bool IsTwin(uint32_t node) const {
    if (!trace_.nodes[node].repeat) return false;
    const uint32_t first = AnswererOf(node);
    return KindOf(first) == KindOf(node) &&
           SpanServiceOf(trace_, first) == SpanServiceOf(trace_, node);
  }

  static constexpr uint32_t kNone = UINT32_MAX;
  static constexpr uint32_t kNotSought = UINT32_MAX - 1;

  // The nearest node above it that `meets` takes. `known` is what was found for
  // each node. Parents may go round in circles.
  template <typename Meets>
  uint32_t NearestAbove(uint32_t node, std::vector<uint32_t>& known,
                        const Meets& meets) {
    known.resize(trace_.nodes.size(), kNotSought);
    path_.clear();
    uint32_t found = kNone;
    for (uint32_t at = node;;) {
      if (known[at] != kNotSought) {
        found = known[at];
        break;
      }
      known[at] = kNone;
      path_.push_back(at);
      const uint32_t above = AboveOf(at);
      if (above == at) break;
      if (meets(above)) {
        found = above;
        break;
      }
      at = above;
    }
    for (const uint32_t passed : path_) known[passed] = found;
    return found;
  }

  // The parent; of a span whose parent is not here, the root of the trace.
  // Itself when there is none.
  uint32_t AboveOf(uint32_t node) const {
    const uint32_t parent = ParentOf(node);
    if (parent != node || root_ == kNone) return parent;
    return trace_.documents[trace_.nodes[node].document].span ? root_ : node;
  }

  // The first span without a parent.
  void FindRoot() {
    for (uint32_t node = 0; node < trace_.nodes.size(); ++node) {
      const SegmentDocument& document =
          trace_.documents[trace_.nodes[node].document];
      if (!document.span || IsMade(trace_, node)) continue;
      if (document.root().parent_id || half_of_.contains(node)) continue;
      root_ = node;
      return;
    }
  }

  // The node itself when its parent is not here.
  uint32_t ParentOf(uint32_t node) const {
    if (const auto half = half_of_.find(node); half != half_of_.end()) {
      return half->second;
    }
    const TraceNode& n = trace_.nodes[node];
    const SegmentDocument& document = trace_.documents[n.document];
    if (n.parent >= 0 && !document.span) {
      return static_cast<uint32_t>(n.parent);
    }
    const std::optional<EntityId> parent = document.span
                                               ? document.root().parent_id
                                               : trace_.entity(node).parent_id;
    if (!parent) return node;
    const auto found = trace_.by_id.find(*parent);
    return found == trace_.by_id.end() ? node : found->second;
  }

  void Join() {
    const auto key = [](const OperationSeen& o) {
      return std::tie(o.service, o.name, o.kind, o.named);
    };
    std::sort(out_.operations.begin(), out_.operations.end(),
              [&](const auto& a, const auto& b) { return key(a) < key(b); });
    size_t kept = 0;
    for (const OperationSeen& o : out_.operations) {
      if (kept > 0 && key(out_.operations[kept - 1]) == key(o)) {
        OperationSeen& same = out_.operations[kept - 1];
        same.shortest_ns = std::min(same.shortest_ns, o.shortest_ns);
        same.longest_ns = std::max(same.longest_ns, o.longest_ns);
        same.statuses |= o.statuses;
      } else {
        out_.operations[kept++] = o;
      }
    }
    out_.operations.resize(kept);
    const auto pair = [](const CallSeen& c) {
      return std::tie(c.caller, c.callee, c.kind);
    };
    std::sort(out_.calls.begin(), out_.calls.end(),
              [&](const auto& a, const auto& b) { return pair(a) < pair(b); });
    kept = 0;
    for (const CallSeen& c : out_.calls) {
      if (kept > 0 && pair(out_.calls[kept - 1]) == pair(c)) {
        out_.calls[kept - 1].calls += c.calls;
        out_.calls[kept - 1].errors += c.errors;
      } else {
        out_.calls[kept++] = c;
      }
    }
    out_.calls.resize(kept);
  }

  const Trace& trace_;
  // By node: some span hangs on it.
  std::vector<bool> answered_;
  const absl::flat_hash_map<uint32_t, uint32_t> half_of_;
  uint32_t root_ = kNone;
  // See NearestAbove. By node: who calls it, and who has a name.
  std::vector<uint32_t> callers_;
  std::vector<uint32_t> named_;
  std::vector<uint32_t> path_;
  // Senders that have no name for their service say so with this one.
  const std::string unnamed_ = SpanProfile().unknown_service;
  TraceOperations out_;
};

}  // namespace

TraceOperations ObserveOperations(const Trace& trace) {
  return Observer(trace).Run();
}

void AddCallsOf(const Trace& trace, CallSet set, ServiceCalls& calls) {
  for (const CallSeen& c : ObserveOperations(trace).calls) {
    if (!IsIn(set, c.kind)) continue;
    CallCount& sum = calls[SplitCallKey(CallKeyOf(c.kind, c.caller, c.callee))];
    sum.calls += c.calls;
    sum.errors += c.errors;
  }
}

}  // namespace roentgen::storage
