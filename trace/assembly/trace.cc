#include "trace/assembly/trace.h"

#include <algorithm>
#include <string>
#include <tuple>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/match.h"
#include "base/limits.h"
#include "base/status_macros.h"
#include "trace/assembly/memory_meter.h"
#include "trace/document/name_rules.h"
#include "xxhash.h"

namespace roentgen::storage {
namespace {

// Whether a real child answers an AWS call itself ("Lambda" called, child of
// origin "AWS::Lambda"), rather than being triggered by what was called.
bool BelongsToService(std::string_view origin, std::string_view service) {
  constexpr std::string_view kPrefix = "AWS::";
  if (origin.substr(0, kPrefix.size()) != kPrefix) return false;
  const std::string_view rest = origin.substr(kPrefix.size());
  if (rest.size() > service.size() && rest.substr(service.size(), 2) != "::") {
    return false;
  }
  const std::string_view head = rest.substr(0, service.size());
  return absl::EqualsIgnoreCase({head.data(), head.size()},
                                {service.data(), service.size()});
}

// Of a document and what is made of it.
size_t MemoryInTrace(const SegmentDocument& document) {
  // Nodes, and where they are found by their ids.
  constexpr size_t kPerEntity = sizeof(TraceNode) + sizeof(EntityFact) + 40;
  constexpr size_t kPerRecord = sizeof(TraceAssembler::Arrival) +
                                sizeof(RecordFacts) + sizeof(RecordView) +
                                sizeof(ResolvedRecord);
  return document.MemoryBytes() + kPerRecord +
         document.entities.size() * kPerEntity;
}

}  // namespace

class TraceAssembler::Workshop {
 public:
  explicit Workshop(AssemblyRules rules) : rules_(rules) {}

  // Fills trace(). `waiting`: null where no call waits for it.
  absl::Status Run(const TraceId& id, std::span<const Arrival> records,
                   ReadDocument read, const Call* waiting) {
    Clear();
    trace_.id = id;
    RTG_RETURN_IF_ERROR(ReadDocuments(records, read));
    // Of a small trace all of them take no time.
    const bool ask =
        waiting != nullptr && records.size() > Call::kRecordsPerCheck;
    using Step = absl::Status (Workshop::*)(ReadDocument);
    for (const Step step : {&Workshop::Resolve, &Workshop::Attach,
                            &Workshop::BreakCircles, &Workshop::Infer}) {
      if (ask) RTG_RETURN_IF_ERROR(waiting->Check());
      RTG_RETURN_IF_ERROR((this->*step)(read));
    }
    FindRoot();
    trace_.partial = IsPartial();
    trace_.duration = Duration();
    return absl::OkStatus();
  }

  Trace& trace() { return trace_; }

 private:
  // Empty again; buffers stay.
  void Clear() {
    ClearNodes();
    trace_.inferred.clear();
    trace_.root.reset();
    inferred_ids_.clear();
    seeds_.clear();
    circular_.clear();
    entries_.clear();
    settled_ = false;
  }

  void ClearNodes() {
    trace_.nodes.clear();
    trace_.by_id.clear();
    trace_.segments.clear();
  }

  // Documents that are not needed keep their buffers for later traces.
  void SetDocuments(size_t count) {
    std::vector<SegmentDocument>& documents = trace_.documents;
    while (documents.size() > count) {
      documents.back().Clear();
      spare_.push_back(std::move(documents.back()));
      documents.pop_back();
    }
    documents.reserve(count);
    while (documents.size() < count && !spare_.empty()) {
      documents.push_back(std::move(spare_.back()));
      spare_.pop_back();
    }
    documents.resize(count);
  }

  // Keeps its buffers, and what it knows of contexts, for the next trace.
  static RecordDocuments& Reader() {
    thread_local RecordDocuments documents;
    return documents;
  }

  absl::Status ReadDocuments(std::span<const Arrival> records,
                             ReadDocument read) {
    const size_t count = records.size();
    SetDocuments(count);
    facts_.resize(count);
    views_.clear();
    for (size_t i = 0; i < count; ++i) {
      SegmentDocument& document = trace_.documents[i];
      RTG_RETURN_IF_ERROR(read(Reader(), i, SpanPlace::kInService, document));
      facts_[i] = document.Facts();
      views_.push_back({records[i].sequence, records[i].received, &facts_[i]});
    }
    return absl::OkStatus();
  }

  absl::Status Resolve(ReadDocument) {
    resolved_ = ResolveRecords(views_);
    trace_.times = TimesOf(views_, resolved_);
    return absl::OkStatus();
  }

  absl::Status Attach(ReadDocument read) {
    MakeNodes();
    AttachIndependent();
    if (!entries_.empty()) RTG_RETURN_IF_ERROR(MakeEntries(read));
    MarkAllAttached();
    return absl::OkStatus();
  }

  // Reads the spans of `entries_` as what they are, and starts again with them.
  absl::Status MakeEntries(ReadDocument read) {
    for (uint32_t d : entries_) {
      SegmentDocument& document = trace_.documents[d];
      RTG_RETURN_IF_ERROR(read(Reader(), d, SpanPlace::kEntry, document));
      resolved_[d].alive.assign(document.entities.size(), 1);
    }
    settled_ = true;
    ClearNodes();
    MakeNodes();
    AttachIndependent();
    return absl::OkStatus();
  }

  void MakeNodes() {
    size_t entities = 0;
    for (const SegmentDocument& d : trace_.documents) {
      entities += d.entities.size();
    }
    trace_.nodes.reserve(entities);
    trace_.by_id.reserve(entities);
    for (uint32_t d = 0; d < trace_.documents.size(); ++d) {
      const SegmentDocument& document = trace_.documents[d];
      if (!resolved_[d].current) continue;
      node_of_.assign(document.entities.size(), -1);
      for (uint32_t e = 0; e < document.entities.size(); ++e) {
        if (!resolved_[d].alive[e]) continue;
        const auto node = static_cast<uint32_t>(trace_.nodes.size());
        const int32_t outer = document.entities[e].parent;
        node_of_[e] = static_cast<int32_t>(node);
        trace_.nodes.push_back({.document = d, .entity = e});
        NoteId(node);
        if (outer >= 0) SetParent(node, node_of_[static_cast<size_t>(outer)]);
        if (e == 0 && !document.independent_subsegment) {
          trace_.segments.push_back(node);
          trace_.nodes[node].orphan = IsCircular(d);
        }
      }
    }
  }

  // Of spans that share an id the first is the one that others hang on; but a
  // server's rather than its caller's, which Zipkin's tracers give one id.
  void NoteId(uint32_t node) {
    const auto [at, fresh] =
        trace_.by_id.try_emplace(trace_.entity(node).id, node);
    if (fresh) return;
    const bool better = Answers(node, at->second);
    trace_.nodes[better ? at->second : node].repeat = true;
    if (better) at->second = node;
  }

  // Whether a span is the server's half of a call that has its id.
  bool Answers(uint32_t answer, uint32_t call) const {
    const bool is_answer = trace_.IsSpanOf(answer, SpanKind::kServer);
    const bool is_call = !trace_.IsSpanOf(call, SpanKind::kServer);
    // Whichever of them has a parent.
    if (IsSpan(answer) && IsSpan(call) && is_answer == is_call) {
      return is_answer;
    }
    return CameAsSubsegment(call) && !CameAsSubsegment(answer);
  }

  void SetParent(uint32_t node, int32_t parent) {
    trace_.nodes[node].parent = parent;
    trace_.nodes[static_cast<size_t>(parent)].children.push_back(node);
  }

  bool IsIndependent(uint32_t node) const {
    const TraceNode& n = trace_.nodes[node];
    return n.entity == 0 && trace_.documents[n.document].independent_subsegment;
  }

  // Whatever the records around it made of it.
  bool CameAsSubsegment(uint32_t node) const {
    return IsIndependent(node) ||
           trace_.documents[trace_.nodes[node].document].entry;
  }

  bool IsSpan(uint32_t node) const { return trace_.IsSpan(node); }

  // A span that has to be read again, as an entry, goes to `entries_`.
  void AttachIndependent() {
    owners_.assign(trace_.documents.size(), kNoOwner);
    for (uint32_t node = 0; node < trace_.nodes.size(); ++node) {
      if (!IsIndependent(node)) continue;
      const uint32_t document = trace_.nodes[node].document;
      const auto parent = trace_.by_id.find(*trace_.entity(node).parent_id);
      const bool here = parent != trace_.by_id.end() && parent->second != node;
      if (here && (!IsSpan(node) || IsOfService(node, parent->second))) {
        if (IsCircular(document)) {
          StandAlone(node);
          continue;
        }
        SetParent(node, static_cast<int32_t>(parent->second));
        trace_.nodes[parent->second].has_folded_child = true;
      } else if (IsSpan(node) && !settled_) {
        entries_.push_back(document);
      } else if (IsSpan(node) || rules_.lone_subsegments) {
        StandAlone(node);
      }
    }
  }

  void StandAlone(uint32_t node) {
    trace_.nodes[node].orphan = true;
    trace_.segments.push_back(node);
  }

  bool IsCircular(uint32_t document) const {
    return document < circular_.size() && circular_[document];
  }

  // Whether a span is of the service that the node above it is of.
  bool IsOfService(uint32_t span, uint32_t above) {
    const SegmentDocument& document =
        trace_.documents[trace_.nodes[span].document];
    const uint32_t owner = OwnerOf(trace_.nodes[above].document);
    const SegmentDocument& other = trace_.documents[owner];
    if (other.context == document.context) return true;
    if (other.span) return other.identity.service == document.identity.service;
    return other.root().name == document.identity.service ||
           other.root().name == NormalizeName(document.identity.service);
  }

  // The document that says which service a document is of: of a subsegment that
  // came on its own the one above it, and so on.
  uint32_t OwnerOf(uint32_t document) {
    path_.clear();
    uint32_t at = document;
    while (owners_[at] == kNoOwner) {
      owners_[at] = at;  // Also where parents go round in a circle.
      path_.push_back(at);
      const SegmentDocument& d = trace_.documents[at];
      if (d.span || !d.independent_subsegment) break;
      const auto above = trace_.by_id.find(*d.root().parent_id);
      if (above == trace_.by_id.end()) break;
      at = trace_.nodes[above->second].document;
    }
    const uint32_t owner = owners_[at];
    for (uint32_t d : path_) owners_[d] = owner;
    return owner;
  }

  // Subsegments that name each other as parents: the earliest is a segment.
  absl::Status BreakCircles(ReadDocument read) {
    std::vector<uint32_t> loose;
    for (uint32_t node = 0; node < trace_.nodes.size(); ++node) {
      if (!trace_.nodes[node].attached && IsIndependent(node) &&
          (IsSpan(node) || rules_.lone_subsegments)) {
        loose.push_back(node);
      }
    }
    if (loose.empty()) return absl::OkStatus();
    std::stable_sort(loose.begin(), loose.end(), [&](uint32_t a, uint32_t b) {
      return trace_.entity(a).start < trace_.entity(b).start;
    });
    entries_.clear();
    circular_.assign(trace_.documents.size(), false);
    for (uint32_t node : loose) {
      TraceNode& n = trace_.nodes[node];
      if (n.attached) continue;
      n.parent = -1;
      circular_[n.document] = true;
      if (IsSpan(node)) entries_.push_back(n.document);
      MarkAttached(node);
    }
    RTG_RETURN_IF_ERROR(MakeEntries(read));
    MarkAllAttached();
    return absl::OkStatus();
  }

  // Takes out children that hang on another node now, or on none.
  void DropLost(uint32_t node) {
    auto& children = trace_.nodes[node].children;
    if (std::none_of(children.begin(), children.end(),
                     [&](uint32_t child) { return !IsChild(child, node); })) {
      return;
    }
    children.erase(
        std::remove_if(children.begin(), children.end(),
                       [&](uint32_t child) { return !IsChild(child, node); }),
        children.end());
  }

  bool IsChild(uint32_t child, uint32_t node) const {
    return trace_.nodes[child].parent == static_cast<int32_t>(node);
  }

  // Subsegments that name each other as parents hang on no segment yet.
  void MarkAllAttached() {
    for (size_t i = 0; i < trace_.segments.size(); ++i) {
      MarkAttached(trace_.segments[i]);
    }
  }

  void MarkAttached(uint32_t segment) {
    pending_.assign(1, {segment, 0});
    while (!pending_.empty()) {
      const auto [at, depth] = pending_.back();
      pending_.pop_back();
      trace_.nodes[at].attached = true;
      trace_.nodes[at].segment = segment;
      if (depth >= limits::kFoldDepthMax) LiftFolded(at, depth);
      for (uint32_t child : trace_.nodes[at].children) {
        if (IsChild(child, at)) pending_.emplace_back(child, depth + 1);
      }
    }
  }

  // Puts independent subsegments of `at` beside it: they are too deep.
  void LiftFolded(uint32_t at, int depth) {
    const auto parent = static_cast<uint32_t>(trace_.nodes[at].parent);
    DropLost(at);
    auto& children = trace_.nodes[at].children;
    const auto lifted =
        std::stable_partition(children.begin(), children.end(),
                              [&](uint32_t c) { return !IsIndependent(c); });
    for (auto it = lifted; it != children.end(); ++it) {
      trace_.nodes[*it].parent = static_cast<int32_t>(parent);
      trace_.nodes[parent].children.push_back(*it);
      pending_.emplace_back(*it, depth);
    }
    if (lifted != children.end()) trace_.nodes[parent].has_folded_child = true;
    children.erase(lifted, children.end());
    trace_.nodes[at].has_folded_child = false;
  }

  void SortChildren() {
    for (TraceNode& node : trace_.nodes) {
      if (!node.has_folded_child) continue;
      std::stable_sort(node.children.begin(), node.children.end(),
                       [&](uint32_t a, uint32_t b) {
                         return trace_.entity(a).start < trace_.entity(b).start;
                       });
    }
  }

  absl::Status Infer(ReadDocument) {
    SortChildren();
    InferSegments();
    SortSegments();
    return absl::OkStatus();
  }

  void InferSegments() {
    callees_.clear();
    for (uint32_t segment : trace_.segments) {
      const std::optional<EntityId> parent = trace_.entity(segment).parent_id;
      if (parent) callees_.push_back({*parent, segment});
      // Zipkin's tracers give a call and its answer one id.
      if (IsSpan(segment)) {
        callees_.push_back({trace_.entity(segment).id, segment});
      }
    }
    std::sort(callees_.begin(), callees_.end());
    for (uint32_t node = 0; node < trace_.nodes.size(); ++node) {
      const EntityView& call = trace_.entity(node);
      if (!trace_.nodes[node].attached || trace_.nodes[node].parent < 0 ||
          call.in_progress || call.name_space == Namespace::kLocal ||
          !trace_.NamesCallee(node) || IsAnswered(node)) {
        continue;
      }
      trace_.inferred.push_back(
          {.id = InferredId(call.id), .call = node, .service = CalleeOf(call)});
    }
  }

  // Whether a segment is what was called. A message goes through a broker,
  // whoever consumes it.
  bool IsAnswered(uint32_t node) const {
    if (trace_.IsSpanOf(node, SpanKind::kProducer)) return false;
    const EntityView& call = trace_.entity(node);
    auto at = std::lower_bound(callees_.begin(), callees_.end(),
                               std::pair(call.id, uint32_t{0}));
    for (; at != callees_.end() && at->first == call.id; ++at) {
      const uint32_t segment = at->second;
      if (trace_.IsSpanOf(segment, SpanKind::kConsumer)) continue;
      if (call.name_space == Namespace::kRemote ||
          BelongsToService(trace_.entity(segment).origin, call.name)) {
        return true;
      }
    }
    return false;
  }

  // The same at every read, and no id that the trace already has.
  EntityId InferredId(EntityId call) {
    std::string text(trace_.id.AsBytes());
    text += call.ToString();
    // Calls that share an id get different ones, each after the one before.
    for (uint64_t& seed = seeds_[call];; ++seed) {
      const EntityId made{XXH64(text.data(), text.size(), seed)};
      if (made.value == 0 || trace_.by_id.contains(made)) continue;
      if (inferred_ids_.insert(made).second) return made;
    }
  }

  void SortSegments() {
    const auto by_start = [&](uint32_t a, uint32_t b) {
      const EntityView& x = trace_.entity(a);
      const EntityView& y = trace_.entity(b);
      return std::tie(x.start, x.id) < std::tie(y.start, y.id);
    };
    std::sort(trace_.segments.begin(), trace_.segments.end(), by_start);
    std::sort(trace_.inferred.begin(), trace_.inferred.end(),
              [&](const InferredSegment& a, const InferredSegment& b) {
                return by_start(a.call, b.call);
              });
  }

  // A lone subsegment is it only where there is nothing better.
  void FindRoot() {
    std::optional<uint32_t> lone;
    for (uint32_t segment : trace_.segments) {
      const std::optional<EntityId> parent = trace_.entity(segment).parent_id;
      const bool orphan = trace_.nodes[segment].orphan;
      if (orphan && !IsSpan(segment)) {
        if (!lone) lone = segment;
        continue;
      }
      if (parent && !orphan &&
          (!IsSpan(segment) || IsPresent(*parent, segment))) {
        continue;
      }
      trace_.root = segment;
      return;
    }
    trace_.root = lone;
  }

  bool IsPresent(EntityId parent, uint32_t child) const {
    const auto found = trace_.by_id.find(parent);
    if (found != trace_.by_id.end() && found->second != child) return true;
    return inferred_ids_.contains(parent);
  }

  bool IsPartial() const {
    for (uint32_t node = 0; node < trace_.nodes.size(); ++node) {
      if (trace_.nodes[node].orphan) return true;
      const std::optional<EntityId> parent = trace_.entity(node).parent_id;
      if (trace_.nodes[node].entity != 0 || !parent) continue;
      if (!trace_.by_id.contains(*parent) && !inferred_ids_.contains(*parent)) {
        return true;
      }
    }
    return false;
  }

  std::optional<absl::Duration> Duration() const {
    Timestamp first = Timestamp::Max();
    Timestamp last = Timestamp::Min();
    for (uint32_t node = 0; node < trace_.nodes.size(); ++node) {
      const EntityView& entity = trace_.entity(node);
      if (!trace_.nodes[node].attached) continue;
      if (entity.start.ns > 0) first = std::min(first, entity.start);
      if (!entity.in_progress) last = std::max(last, entity.end);
    }
    if (first == Timestamp::Max() || last == Timestamp::Min()) {
      return std::nullopt;
    }
    return last > first ? last - first : absl::ZeroDuration();
  }

  static constexpr uint32_t kNoOwner = UINT32_MAX;

  const AssemblyRules rules_;
  std::vector<SegmentDocument> spare_;  // Empty.
  std::vector<RecordFacts> facts_;      // By document, as the next two.
  std::vector<RecordView> views_;
  std::vector<ResolvedRecord> resolved_;
  std::vector<uint32_t> owners_;   // See OwnerOf.
  std::vector<bool> circular_;     // Parents go round: it hangs on none.
  std::vector<uint32_t> entries_;  // Documents of spans.
  bool settled_ = false;           // They were made.
  std::vector<uint32_t> path_;
  std::vector<int32_t> node_of_;                   // By entity of a document.
  std::vector<std::pair<uint32_t, int>> pending_;  // Nodes with their depths.
  // What segments answer: the call's id, and the segment.
  std::vector<std::pair<EntityId, uint32_t>> callees_;
  absl::flat_hash_set<EntityId> inferred_ids_;
  absl::flat_hash_map<EntityId, uint64_t> seeds_;  // By call.
  Trace trace_;
};

TraceAssembler::TraceAssembler(AssemblyRules rules)
    : workshop_(std::make_unique<Workshop>(rules)) {}
TraceAssembler::~TraceAssembler() = default;

absl::StatusOr<const Trace*> TraceAssembler::Assemble(
    const TraceId& id, std::span<const Arrival> records, ReadDocument read) {
  RTG_RETURN_IF_ERROR(workshop_->Run(id, records, read, nullptr));
  return &workshop_->trace();
}

absl::StatusOr<Trace> AssembleTrace(const TraceRecords& records,
                                    const Call& waiting, Texts texts) {
  std::vector<TraceAssembler::Arrival> arrivals;
  arrivals.reserve(records.records.size());
  for (const StoredRecord& record : records.records) {
    arrivals.push_back({record.sequence, record.received});
  }
  MemoryMeter meter(waiting);
  RTG_RETURN_IF_ERROR(meter.Add(MemoryOf(records.records)));
  const auto read = [&](RecordDocuments& documents, size_t i, SpanPlace place,
                        SegmentDocument& out) -> absl::Status {
    RTG_RETURN_IF_ERROR(waiting.CheckAt(i));
    const size_t mapped = documents.mapped_bytes();
    const bool again = place == SpanPlace::kEntry;
    const size_t before = again ? MemoryInTrace(out) : 0;
    RTG_RETURN_IF_ERROR(documents.Read(records.records[i], place, texts, out));
    const size_t now = MemoryInTrace(out);
    return meter.Add(documents.mapped_bytes() - mapped +
                     (now > before ? now - before : 0));
  };
  TraceAssembler::Workshop workshop(records.rules);
  RTG_RETURN_IF_ERROR(workshop.Run(records.trace_id, arrivals, read, &waiting));
  return std::move(workshop.trace());
}

ServiceId ServiceOf(const EntityView& segment) {
  return {.name = std::string(segment.name),
          .type = std::string(segment.origin),
          .account_id = std::string(segment.aws.account_id)};
}

ServiceId CalleeOf(const EntityView& call) {
  const CallTarget target = TargetOf(call);
  // That of a table or queue was not cleaned yet.
  return {.name = IsPlainName(target.name) ? std::string(target.name)
                                           : NormalizeName(target.name),
          .type = target.type,
          .account_id = std::string(call.aws.account_id)};
}

}  // namespace roentgen::storage
