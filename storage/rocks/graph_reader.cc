#include "storage/rocks/graph_reader.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "base/status_macros.h"
#include "rocksdb/snapshot.h"
#include "storage/index/chunk_columns.h"
#include "storage/index/column_graph.h"
#include "storage/index/group_rows.h"
#include "storage/live/kept_graph.h"
#include "storage/rocks/index_scan.h"
#include "storage/rocks/lru_cache.h"
#include "storage/rocks/roll_up_pieces.h"
#include "storage/rocks/roll_up_store.h"
#include "storage/rocks/trace_records.h"
#include "trace/graph/roll_up.h"
#include "trace/model/graph_window.h"

namespace roentgen::storage {
namespace {

// Traces with an observation in the window; others, too, may be among them.
absl::StatusOr<TraceBitmap> ObservedIn(ColumnSource& source,
                                       const GraphWindow& window) {
  TraceBitmap found(source.traces());
  RTG_RETURN_IF_ERROR(ForEachSecond(source, [&](uint32_t trace, int64_t s) {
    if (window.Contains(s)) found.Set(trace);
  }));
  return found;
}

class GraphReader {
 public:
  GraphReader(EngineState& state, const GraphRequest& request, const Call& call)
      : state_(state),
        request_(request),
        call_(call),
        window_(request.range, request.period),
        cutoff_(state.Cutoff()) {}

  // Of the traces that match the request's predicate.
  absl::StatusOr<GraphResult> Match() &&;
  // Of a group, or of every trace.
  absl::StatusOr<GraphResult> Sum() &&;

 private:
  absl::Status Check() const { return call_.Check(); }
  absl::Status AddUnsure(const ScanHit& hit, const TraceBitmap& unsure);
  // Names batches that are left out and may have something in the window.
  void SayWhatIsMissing();
  // Brings the open traces in, and holds the sealed ones as they are then.
  absl::Status AddOpen();
  absl::Status AddOpenSegments(OpenIndex& index);
  absl::StatusOr<TraceBitmap> OpenMembers(OpenIndex::Segment& segment);
  absl::Status AddOpenSegment(OpenIndex::Segment& segment,
                              const TraceBitmap& members);
  // What reopened traces have in the roll-ups of the window's whole minutes.
  absl::Status TakeReopened(const GraphWindow& whole);
  // The same of traces past their retention, whose buckets are still there.
  absl::Status TakeExpired(const GraphWindow& whole);
  // What buckets whose roll-ups are damaged have in the whole minutes.
  absl::Status AddWithoutRollUps(const GraphWindow& whole);
  absl::Status AddSealed(const GraphWindow& window);
  // Which of the batch's traces to look at.
  enum class Which { kAll, kUnexpired, kExpired };
  absl::Status AddBatch(const SealedBatch& batch, TraceBitmap traces,
                        Which which, const GraphWindow& window, int64_t sign);
  absl::Status AddColumns(const SealedBatch& batch, TraceBitmap traces,
                          Which which, const GraphWindow& window, int64_t sign);
  absl::Status Keep(Which which, ColumnSource& source,
                    TraceBitmap& traces) const;
  // Adds what `traces`, all that are not dead, have in the window. False: they
  // have to be looked at.
  absl::StatusOr<bool> AddKept(const SealedBatch& batch, ColumnSource& source,
                               const TraceBitmap& traces,
                               const GraphWindow& window);
  absl::Status AddRollUps(const RollUpPiece& piece);
  absl::Status AddOverflowed(const Bucket& bucket, const RollUpSpan& span);
  using UseRollUp = std::function<absl::Status(const Bucket&, const RollUpSpan&,
                                               std::string_view)>;
  // Calls `use` with roll-ups of buckets that have not expired.
  absl::Status ForEachRollUp(const RollUpPiece& piece, const UseRollUp& use);
  // What roll-ups of more than a minute add is at their begin: looks up the
  // seconds of a node's first and last observation.
  absl::Status FindEnds(const std::vector<RollUpPiece>& pieces);
  // By level and begin.
  using SpanKey = std::pair<uint8_t, int64_t>;
  using KnownSpans = std::set<SpanKey>;
  // `known`: spans of which what they are made of is known.
  absl::Status FindEnd(const ServiceId& service, bool last,
                       const std::vector<RollUpPiece>& pieces,
                       KnownSpans& known, std::map<int64_t, int64_t>& activity);
  // Second -> how many observations, of each node.
  using Activity = std::map<ServiceId, std::map<int64_t, int64_t>>;
  // In the span, at the begins of the next smaller unit. Valid until the next
  // call.
  absl::StatusOr<const Activity*> ActivityOf(const SpanKey& span);
  absl::Status CheckMemory() const;

  EngineState& state_;
  const GraphRequest& request_;
  const Call& call_;
  const GraphWindow window_;
  const Timestamp cutoff_;
  HeldSealed held_;
  std::unique_ptr<rocksdb::ManagedSnapshot> snapshot_;
  // Buckets of which every record is past its retention: about to be dropped.
  absl::flat_hash_set<BucketId> expired_;
  // Spans whose seconds are known, because their roll-ups overflowed.
  std::set<SpanKey> exact_;
  // For FindEnds: the activity in a span of each of its nodes. Dropped when it
  // takes a quarter of the call's memory.
  std::map<SpanKey, Activity> spans_;
  size_t spans_bytes_ = 0;
  GraphResult result_;
};

absl::Status GraphReader::CheckMemory() const {
  size_t bytes = result_.unsure.size() * sizeof(TraceId);
  for (const auto& [begin, figures] : result_.periods) {
    bytes += MemoryOf(figures);
  }
  if (bytes <= call_.memory_bytes_max()) return absl::OkStatus();
  return absl::ResourceExhaustedError(
      "the service map needs more than its " +
      std::to_string(call_.memory_bytes_max()) +
      " bytes of memory: too many nodes, edges or periods");
}

absl::StatusOr<GraphResult> GraphReader::Match() && {
  const ScanRequest scan_request{.predicate = &*request_.predicate,
                                 .observed = &window_};
  IndexScan scan(state_, scan_request, call_, result_.stats);
  const auto visit = [&](const ScanHit& hit) -> absl::Status {
    TraceBitmap unsure = hit.match.may;
    // Its traces tell what its columns may not.
    if (hit.batch != nullptr && state_.sealed.IsSuspect(*hit.batch)) {
      RTG_RETURN_IF_ERROR(AddUnsure(hit, unsure));
      return CheckMemory();
    }
    RTG_RETURN_IF_ERROR(AddColumnGraph(hit.source, hit.match.must, window_, 1,
                                       result_.periods));
    RTG_ASSIGN_OR_RETURN(const TraceBitmap observed,
                         ObservedIn(hit.source, window_));
    TraceBitmap possible = hit.match.must;
    possible.Invert();
    unsure.And(possible);
    unsure.And(observed);
    RTG_RETURN_IF_ERROR(AddUnsure(hit, unsure));
    return CheckMemory();
  };
  RTG_RETURN_IF_ERROR(
      scan.Run([](const BatchOutline&) { return true; }, visit));
  result_.scope.missing = scan.Missing();
  return std::move(result_);
}

absl::Status GraphReader::AddUnsure(const ScanHit& hit,
                                    const TraceBitmap& unsure) {
  if (unsure.empty()) return absl::OkStatus();
  RTG_ASSIGN_OR_RETURN(const std::string_view ids, hit.trace_ids());
  unsure.ForEach(
      [&](uint32_t i) { result_.unsure.push_back(TraceIdAt(ids, i)); });
  return absl::OkStatus();
}

absl::StatusOr<GraphResult> GraphReader::Sum() && {
  RTG_RETURN_IF_ERROR(Check());
  RTG_RETURN_IF_ERROR(AddOpen());
  std::vector<RollUpPiece> pieces;
  CoverWithRollUps(window_.begin(), window_.end(),
                   RollUpLevelFor(request_.period), pieces);
  if (pieces.empty()) {
    RTG_RETURN_IF_ERROR(AddSealed(window_));
  } else {
    const GraphWindow whole =
        window_.Part(pieces.front().begin, pieces.back().end);
    RTG_RETURN_IF_ERROR(TakeReopened(whole));
    RTG_RETURN_IF_ERROR(TakeExpired(whole));
    RTG_RETURN_IF_ERROR(AddWithoutRollUps(whole));
    RTG_RETURN_IF_ERROR(
        AddSealed(window_.Part(window_.begin(), whole.begin())));
    RTG_RETURN_IF_ERROR(AddSealed(window_.Part(whole.end(), window_.end())));
    // Large ones first: histograms are quicker once they are full.
    for (int level = kRollUpUnits.size() - 1; level >= 0; --level) {
      for (const RollUpPiece& piece : pieces) {
        if (piece.level == level) RTG_RETURN_IF_ERROR(AddRollUps(piece));
      }
    }
    RTG_RETURN_IF_ERROR(FindEnds(pieces));
  }
  RTG_RETURN_IF_ERROR(CheckMemory());
  SayWhatIsMissing();
  for (auto it = result_.periods.begin(); it != result_.periods.end();) {
    DropEmpty(it->second);
    it = it->second.nodes.empty() ? result_.periods.erase(it) : std::next(it);
  }
  return std::move(result_);
}

absl::Status GraphReader::AddOpen() {
  return WithOpenIndex(
      state_, call_, LiveTraces<SealedPlace>::Disk::kAgrees, result_.stats,
      [&](const auto& reopened) {
        held_ = HoldSealed(state_.sealed, reopened);
        snapshot_ =
            std::make_unique<rocksdb::ManagedSnapshot>(&state_.db->db());
      },
      [&](OpenIndex& index) { return AddOpenSegments(index); });
}

absl::Status GraphReader::AddOpenSegments(OpenIndex& index) {
  for (const auto& bucket : held_.view->buckets) expired_.insert(bucket->id);
  held_.view->ForEachBatch([&](const SealedBatch& batch) {
    if (batch.head.received.max >= cutoff_.ns) {
      expired_.erase(batch.bucket->id);
    }
  });
  held_.lacking = NamesOfLacking(index);
  for (OpenIndex::Segment& segment : index.segments()) {
    RTG_RETURN_IF_ERROR(Check());
    result_.stats.open_traces += segment.live_count;
    RTG_ASSIGN_OR_RETURN(TraceBitmap members, OpenMembers(segment));
    RTG_RETURN_IF_ERROR(Keep(Which::kUnexpired, segment.columns, members));
    RTG_RETURN_IF_ERROR(AddOpenSegment(segment, members));
  }
  return absl::OkStatus();
}

absl::Status GraphReader::AddOpenSegment(OpenIndex::Segment& segment,
                                         const TraceBitmap& members) {
  const uint32_t rows = segment.columns.traces();
  if (members.Count() == segment.live_count) {
    OpenIndex::Segment::Graph& graph = segment.graph;
    if (graph.rows != rows || graph.live_count != segment.live_count) {
      RTG_ASSIGN_OR_RETURN(graph.kept, KeepGraph(segment.columns, members));
      graph.rows = rows;
      graph.live_count = segment.live_count;
    }
    RTG_ASSIGN_OR_RETURN(const bool added,
                         AddKeptGraph(graph.kept, window_, result_.periods));
    if (added) return absl::OkStatus();
  }
  return AddColumnGraph(segment.columns, members, window_, 1, result_.periods);
}

// Rows do not change, so what was found out of them stays true.
absl::StatusOr<TraceBitmap> GraphReader::OpenMembers(
    OpenIndex::Segment& segment) {
  const TraceBitmap live = segment.Live();
  if (request_.group_id.empty()) return live;
  TraceBitmap members(live.size());
  BlockReader reader;
  for (GroupTest& test : state_.Groups()) {
    if (test.group_id != request_.group_id) continue;
    OpenIndex::Segment::Members& known =
        segment.groups[{test.group_id, test.in_force.begin}];
    TraceBitmap asked = TraceBitmap::Where(live.size(), [&](uint32_t i) {
      return i >= known.rows && live.Test(i);
    });
    RTG_ASSIGN_OR_RETURN(
        const std::vector<GroupRows> found,
        FindGroupRows({test}, segment.columns, asked,
                      [&](uint32_t i) -> absl::StatusOr<TraceRecords> {
                        MemoryMeter meter(UnattendedCall());
                        RTG_ASSIGN_OR_RETURN(
                            std::optional<TraceRecords> records,
                            ReadTraceRecords(state_, segment.trace_id(i),
                                             reader, meter));
                        if (!records) return absl::NotFoundError("expired");
                        return *std::move(records);
                      }));
    known.traces.Resize(live.size());
    if (!found.empty()) known.traces.Or(found.front().traces);
    known.rows = live.size();
    members.Or(known.traces);
  }
  members.And(live);
  return members;
}

absl::Status GraphReader::TakeReopened(const GraphWindow& whole) {
  absl::flat_hash_map<BatchId, std::shared_ptr<const SealedBatch>> batches;
  for (const auto& batch : held_.view->batches) {
    if (held_.reopened.contains(batch->id)) batches[batch->id] = batch;
  }
  for (const auto& [id, ordinals] : held_.reopened) {
    const auto batch = batches.find(id);
    if (batch == batches.end()) continue;
    TraceBitmap traces(batch->second->head.traces);
    for (uint32_t ordinal : ordinals) traces.Set(ordinal);
    RTG_RETURN_IF_ERROR(
        AddBatch(*batch->second, std::move(traces), Which::kAll, whole, -1));
  }
  return absl::OkStatus();
}

absl::Status GraphReader::TakeExpired(const GraphWindow& whole) {
  for (const auto& batch : held_.view->batches) {
    if (batch->head.received.min >= cutoff_.ns) continue;
    RTG_RETURN_IF_ERROR(
        AddBatch(*batch, held_.LiveTraces(*batch), Which::kExpired, whole, -1));
  }
  return absl::OkStatus();
}

absl::Status GraphReader::AddSealed(const GraphWindow& window) {
  if (window.begin() >= window.end()) return absl::OkStatus();
  for (const auto& batch : held_.view->batches) {
    RTG_RETURN_IF_ERROR(AddBatch(*batch, held_.LiveTraces(*batch),
                                 Which::kUnexpired, window, 1));
  }
  return absl::OkStatus();
}

// Also rows of traces that are open again, as AddOverflowed.
absl::Status GraphReader::AddWithoutRollUps(const GraphWindow& whole) {
  for (const auto& batch : held_.view->batches) {
    if (!state_.sealed.HasDamagedRollUps(*batch->bucket)) continue;
    TraceBitmap traces(batch->head.traces, true);
    for (uint32_t ordinal : batch->dead) traces.Clear(ordinal);
    RTG_RETURN_IF_ERROR(
        AddBatch(*batch, std::move(traces), Which::kAll, whole, 1));
  }
  return absl::OkStatus();
}

void GraphReader::SayWhatIsMissing() {
  for (const auto& batch : held_.view->damaged) {
    const BatchHead& head = batch->head;
    // What it observed ended after its first start, and when it was received
    // or when the clocks of its senders say.
    const int64_t latest =
        std::max({head.event.max, head.service_end.max, head.received.max});
    if (expired_.contains(batch->bucket->id) ||
        head.start.min >= request_.range.end.ns ||
        latest < request_.range.begin.ns) {
      continue;
    }
    held_.lacking.push_back(NameOfMissing(*batch));
  }
  BoundMissing(result_.scope.missing = std::move(held_.lacking));
}

absl::Status GraphReader::AddBatch(const SealedBatch& batch, TraceBitmap traces,
                                   Which which, const GraphWindow& window,
                                   int64_t sign) {
  return state_.sealed.NoteDamage(
      batch, AddColumns(batch, std::move(traces), which, window, sign));
}

absl::Status GraphReader::AddColumns(const SealedBatch& batch,
                                     TraceBitmap traces, Which which,
                                     const GraphWindow& window, int64_t sign) {
  if (expired_.contains(batch.bucket->id)) return absl::OkStatus();
  RTG_RETURN_IF_ERROR(Check());
  RTG_ASSIGN_OR_RETURN(const std::shared_ptr<const IndexDirectory> directory,
                       state_.sealed.Directory(batch));
  ++result_.stats.batches;
  if (!HasSecondsIn(*directory, window)) {
    ++result_.stats.batches_skipped;
    return absl::OkStatus();
  }
  const SealedChunks chunks = state_.sealed.Chunks(batch);
  ChunkColumns columns(chunks, *directory, batch.head.traces,
                       call_.memory_bytes_max());
  bool added = false;
  if (which == Which::kUnexpired && request_.group_id.empty() &&
      batch.head.received.min >= cutoff_.ns &&
      !held_.reopened.contains(batch.id)) {
    RTG_ASSIGN_OR_RETURN(added, AddKept(batch, columns, traces, window));
  }
  if (batch.head.received.min < cutoff_.ns) {
    RTG_RETURN_IF_ERROR(Keep(which, columns, traces));
  }
  if (!request_.group_id.empty()) {
    RTG_ASSIGN_OR_RETURN(traces, MembersOf(columns, request_.group_id, traces));
  }
  if (!added) {
    RTG_RETURN_IF_ERROR(
        AddColumnGraph(columns, traces, window, sign, result_.periods));
  }
  result_.stats.chunks_read += columns.chunks_read();
  result_.stats.bytes_read += columns.packed_bytes();
  return absl::OkStatus();
}

absl::StatusOr<bool> GraphReader::AddKept(const SealedBatch& batch,
                                          ColumnSource& source,
                                          const TraceBitmap& traces,
                                          const GraphWindow& window) {
  LruCache<KeptGraph>& graphs = state_.sealed.graphs();
  const auto add = [&](const std::string& key, int64_t begin,
                       int64_t end) -> absl::StatusOr<bool> {
    std::shared_ptr<const KeptGraph> kept = graphs.Find(key);
    if (kept == nullptr) {
      RTG_ASSIGN_OR_RETURN(KeptGraph made,
                           KeepGraph(source, traces, begin, end));
      kept = std::make_shared<const KeptGraph>(std::move(made));
      graphs.Add(key, kept, kept->MemoryBytes());
    }
    return AddKeptGraph(*kept, window, result_.periods);
  };
  // Traces of a batch only die.
  const std::string key = absl::StrCat(batch.id, "/", batch.dead.size());
  RTG_ASSIGN_OR_RETURN(const bool added, add(key, INT64_MIN, INT64_MAX));
  if (added) return true;
  // Cut by the window: the same one is asked for again, by the map's siblings.
  return add(absl::StrCat(key, "/", window.begin(), "/", window.end()),
             window.begin(), window.end());
}

absl::Status GraphReader::Keep(Which which, ColumnSource& source,
                               TraceBitmap& traces) const {
  if (which == Which::kAll) return absl::OkStatus();
  RTG_ASSIGN_OR_RETURN(const NumberColumn received,
                       source.Numbers(Column::kReceived, {}));
  if (received.values.size() < traces.size()) {
    return absl::DataLossError("index: not one arrival per trace");
  }
  traces.And(TraceBitmap::Where(traces.size(), [&](uint32_t i) {
    return (received.values[i] < cutoff_.ns) == (which == Which::kExpired);
  }));
  return absl::OkStatus();
}

absl::Status GraphReader::ForEachRollUp(const RollUpPiece& piece,
                                        const UseRollUp& use) {
  for (const auto& bucket : held_.view->buckets) {
    if (expired_.contains(bucket->id) ||
        state_.sealed.HasDamagedRollUps(*bucket)) {
      continue;
    }
    // What reads batches instead notes their damage, not this one's.
    absl::Status used;
    const absl::Status read =
        ReadRollUps(*state_.db, snapshot_->snapshot(), *bucket,
                    request_.group_id, piece.level, piece.begin, piece.end,
                    [&](const RollUpSpan& span, std::string_view bytes) {
                      used = use(*bucket, span, bytes);
                      return used;
                    });
    RTG_RETURN_IF_ERROR(used);
    RTG_RETURN_IF_ERROR(state_.sealed.NoteRollUpDamage(*bucket, read));
  }
  return absl::OkStatus();
}

absl::Status GraphReader::AddRollUps(const RollUpPiece& piece) {
  const ActivityDetail detail =
      piece.level > 0 ? ActivityDetail::kSpan : ActivityDetail::kSlots;
  uint64_t added = 0;
  const auto add = [&](const Bucket& bucket, const RollUpSpan& span,
                       std::string_view bytes) -> absl::Status {
    RTG_RETURN_IF_ERROR(Check());
    result_.stats.bytes_read += bytes.size();
    // Adding up the memory takes as long as adding a roll-up.
    if (++added % 64 == 0) RTG_RETURN_IF_ERROR(CheckMemory());
    if (HasOverflowed(bytes)) return AddOverflowed(bucket, span);
    return state_.sealed.NoteRollUpDamage(
        bucket,
        AddRollUp(bytes, span, 1, result_.periods[window_.PeriodOf(span.begin)],
                  detail));
  };
  return ForEachRollUp(piece, add);
}

// Also rows of traces that are open again: what they had in the roll-ups has
// been taken away.
absl::Status GraphReader::AddOverflowed(const Bucket& bucket,
                                        const RollUpSpan& span) {
  const int64_t unit = kRollUpSlots * span.slot_seconds;
  const auto level = std::find(kRollUpUnits.begin(), kRollUpUnits.end(), unit) -
                     kRollUpUnits.begin();
  exact_.emplace(static_cast<uint8_t>(level), span.begin);
  const GraphWindow part = window_.Part(span.begin, span.begin + unit);
  for (const auto& batch : held_.view->batches) {
    if (batch->bucket->id != bucket.id) continue;
    TraceBitmap traces(batch->head.traces, true);
    for (uint32_t ordinal : batch->dead) traces.Clear(ordinal);
    RTG_RETURN_IF_ERROR(
        AddBatch(*batch, std::move(traces), Which::kAll, part, 1));
  }
  return CheckMemory();
}

absl::Status GraphReader::FindEnds(const std::vector<RollUpPiece>& pieces) {
  for (auto& [begin, figures] : result_.periods) {
    for (auto& [service, node] : figures.nodes) {
      KnownSpans known;
      for (const bool last : {false, true}) {
        RTG_RETURN_IF_ERROR(
            FindEnd(service, last, pieces, known, node.activity));
      }
    }
  }
  return absl::OkStatus();
}

absl::Status GraphReader::FindEnd(const ServiceId& service, bool last,
                                  const std::vector<RollUpPiece>& pieces,
                                  KnownSpans& known,
                                  std::map<int64_t, int64_t>& activity) {
  // The largest span that a second is in and that is not known yet.
  const auto unknown = [&](int64_t second) -> std::optional<SpanKey> {
    const auto piece =
        std::find_if(pieces.begin(), pieces.end(), [&](const RollUpPiece& p) {
          return p.begin <= second && second < p.end;
        });
    if (piece == pieces.end() || piece->level == 0) return std::nullopt;
    const int64_t unit = kRollUpUnits[piece->level];
    if (exact_.contains({piece->level, FloorTo(second, unit)})) {
      return std::nullopt;
    }
    for (int level = piece->level; level >= 0; --level) {
      const SpanKey span(level, FloorTo(second, kRollUpUnits[level]));
      if (known.insert(span).second) return span;
    }
    return std::nullopt;
  };
  const auto drop_zeros = [&] {
    std::erase_if(activity, [](const auto& s) { return s.second == 0; });
  };
  drop_zeros();
  // What is looked up may turn out to be taken away again by open traces.
  while (!activity.empty()) {
    const std::optional<SpanKey> span =
        unknown(last ? activity.rbegin()->first : activity.begin()->first);
    if (!span) break;
    RTG_RETURN_IF_ERROR(Check());
    RTG_ASSIGN_OR_RETURN(const Activity* nodes, ActivityOf(*span));
    const auto node = nodes->find(service);
    if (node == nodes->end()) continue;
    for (const auto& [exact, count] : node->second) {
      activity[span->second] -= count;
      activity[exact] += count;
    }
    drop_zeros();
  }
  return absl::OkStatus();
}

absl::StatusOr<const GraphReader::Activity*> GraphReader::ActivityOf(
    const SpanKey& key) {
  const auto known = spans_.find(key);
  if (known != spans_.end()) return &known->second;
  if (spans_bytes_ > call_.memory_bytes_max() / 4) {
    spans_.clear();
    spans_bytes_ = 0;
  }
  const auto [level, begin] = key;
  const RollUpPiece parts{
      .level = static_cast<uint8_t>(level > 0 ? level - 1 : 0),
      .begin = begin,
      .end = begin + kRollUpUnits[level]};
  const ActivityDetail detail =
      level > 0 ? ActivityDetail::kSpan : ActivityDetail::kSlots;
  GraphFigures figures;
  RTG_RETURN_IF_ERROR(
      ForEachRollUp(parts,
                    [&](const Bucket& bucket, const RollUpSpan& span,
                        std::string_view bytes) -> absl::Status {
                      // Its nodes keep what is known of them.
                      if (HasOverflowed(bytes)) return absl::OkStatus();
                      return state_.sealed.NoteRollUpDamage(
                          bucket, AddRollUp(bytes, span, 1, figures, detail));
                    }));
  Activity& activity = spans_[key];
  for (auto& [service, node] : figures.nodes) {
    // Map nodes and short strings, about.
    spans_bytes_ += 160 + 48 * node.activity.size() + service.name.size();
    activity.emplace(service, std::move(node.activity));
  }
  return &activity;
}

}  // namespace

absl::StatusOr<GraphResult> ReadGraph(EngineState& state,
                                      const GraphRequest& request,
                                      const Call& call) {
  GraphReader reader(state, request, call);
  return request.predicate ? std::move(reader).Match()
                           : std::move(reader).Sum();
}

}  // namespace roentgen::storage
