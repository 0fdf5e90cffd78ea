#include "query/traces/trace_queries.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "trace/assembly/render.h"
#include "trace/assembly/trace.h"

namespace roentgen::query {
namespace {

using storage::Trace;
using storage::TraceId;
using storage::TraceRecords;

absl::Status Invalid(const std::string& message) {
  return absl::InvalidArgumentError(message);
}

// Of a trace with more bytes of documents than this, texts are made one by one:
// all of them would take several times as much, and an answer that is cut
// needs but some.
constexpr size_t kTextsAtOnceBytes = 1024 * 1024;

// The documents of one trace, whether it has its texts or not.
class Renderer {
 public:
  // `late` may be null: the texts are there. All outlive this object.
  Renderer(const Trace& trace, const TraceRecords& records,
           storage::LateRenderer* late, AnswerPosition from, size_t bytes_max)
      : trace_(trace),
        records_(records),
        late_(late),
        bytes_max_(bytes_max),
        at_(from) {
    for (size_t i = 0; i < from.segments && !IsDone(); ++i) Step();
    if (from.pieces > 0 && late != nullptr && NextIsReal()) Cut();
  }

  // Adds the next document. False: there is none, or the answer is full.
  absl::StatusOr<bool> AddNext(AssembledTrace& out) {
    if (IsDone()) return false;
    const size_t room = bytes_max_ - bytes_;
    TraceSegment segment;
    std::optional<std::string> text;
    if (NextIsReal()) {
      const uint32_t node =
          pieces_ ? pieces_->roots[at_.pieces] : trace_.segments[real_];
      segment.id = trace_.entity(node).id;
      RTG_ASSIGN_OR_RETURN(text, TextOf(node, room));
    } else {
      const storage::InferredSegment& made = trace_.inferred[inferred_];
      segment.id = made.id;
      segment.inferred = true;
      RTG_ASSIGN_OR_RETURN(text, TextOf(made));
    }
    if (!text || text->size() > room) return MakeRoom(out);
    bytes_ += text->size();
    segment.document = *std::move(text);
    out.segments.push_back(std::move(segment));
    GoOn();
    return true;
  }

  size_t bytes() const { return bytes_; }

 private:
  // The next document does not fit. Whether to go on.
  bool MakeRoom(AssembledTrace& out) {
    if (bytes_ > 0 || late_ == nullptr) {
      out.limit_exceeded = true;
      out.next = at_;
      return false;
    }
    // Nor would it fit an answer of its own.
    if (NextIsReal() && !pieces_) {
      Cut();
      if (pieces_->roots.size() > 1) return true;
    }
    out.limit_exceeded = true;
    GoOn();
    return true;
  }

  // Both lists go by start; merge them so that a cut keeps the earliest.
  bool NextIsReal() const {
    if (real_ == trace_.segments.size()) return false;
    return inferred_ == trace_.inferred.size() ||
           trace_.entity(trace_.segments[real_]).start <=
               trace_.entity(trace_.inferred[inferred_].call).start;
  }
  bool IsDone() const {
    return real_ == trace_.segments.size() &&
           inferred_ == trace_.inferred.size();
  }
  void Step() { NextIsReal() ? ++real_ : ++inferred_; }

  // JSON takes some three times as much as what it is made of.
  void Cut() {
    pieces_ = storage::CutSegment(
        trace_, records_, trace_.segments[real_],
        std::min(limits::kDocumentPieceBytes, bytes_max_ / 8));
    at_.pieces = std::min(at_.pieces, pieces_->roots.size() - 1);
  }

  // Behind the document that comes next.
  void GoOn() {
    if (pieces_ && ++at_.pieces < pieces_->roots.size()) return;
    pieces_.reset();
    at_ = {.segments = at_.segments + 1, .pieces = 0};
    Step();
  }

  absl::StatusOr<std::optional<std::string>> TextOf(uint32_t node,
                                                    size_t bytes_max) {
    if (late_ != nullptr) {
      return late_->Segment(node, bytes_max, pieces_ ? &*pieces_ : nullptr);
    }
    return std::optional<std::string>(storage::RenderSegment(trace_, node));
  }
  absl::StatusOr<std::optional<std::string>> TextOf(
      const storage::InferredSegment& made) {
    if (late_ == nullptr) {
      return std::optional<std::string>(storage::RenderInferred(trace_, made));
    }
    RTG_ASSIGN_OR_RETURN(std::string text, late_->Inferred(made));
    return std::optional<std::string>(std::move(text));
  }

  const Trace& trace_;
  const TraceRecords& records_;
  storage::LateRenderer* const late_;
  const size_t bytes_max_;
  size_t real_ = 0;
  size_t inferred_ = 0;
  AnswerPosition at_;
  std::optional<storage::SegmentPieces> pieces_;  // Of the next segment.
  size_t bytes_ = 0;
};

// Without a token every trace begins. Errors: InvalidArgument for another
// token than EncodeBatchToken made for these ids.
absl::StatusOr<AnswerPositions> ReadToken(std::span<const std::string> ids,
                                          const std::string& token,
                                          uint64_t key) {
  if (token.empty()) {
    AnswerPositions all;
    for (size_t i = 0; i < ids.size(); ++i) all[i] = {};
    return all;
  }
  std::optional<AnswerPositions> positions = DecodeBatchToken(ids, token, key);
  // What X-Ray says to every token.
  if (!positions) return Invalid("NextToken is currently not supported");
  return *std::move(positions);
}

// What a page of several traces has room for.
class PageRoom {
 public:
  // `call` outlives this object.
  PageRoom(const Call& call, double bytes_per_byte)
      : call_(call), bytes_per_byte_(bytes_per_byte) {}

  // For so many bytes of the trace that comes next.
  absl::Status Check(size_t bytes) {
    so_far_ = done_ + bytes;
    absl::Status status = call_.CheckRoom(
        static_cast<size_t>(static_cast<double>(so_far_) * bytes_per_byte_));
    is_full_ = absl::IsUnavailable(status) || absl::IsResourceExhausted(status);
    return status;
  }
  void BeginTrace() { so_far_ = done_; }
  void EndTrace() { done_ = so_far_; }
  bool is_full() const { return is_full_; }

 private:
  const Call& call_;
  const double bytes_per_byte_;
  size_t done_ = 0;    // Bytes of traces before this one.
  size_t so_far_ = 0;  // With this one.
  bool is_full_ = false;
};

absl::StatusOr<std::vector<TraceId>> ParseBatchIds(
    std::span<const std::string> texts) {
  if (texts.empty()) return Invalid("Zero trace ids provided");
  if (texts.size() > limits::kTraceIdsPerBatchMax) {
    return Invalid("Exceeding maximum query size: " +
                   std::to_string(limits::kTraceIdsPerBatchMax));
  }
  std::vector<TraceId> ids;
  absl::flat_hash_set<TraceId> seen;
  for (const std::string& text : texts) {
    const std::optional<TraceId> id = TraceId::Parse(text);
    if (!id) {
      return Invalid("Invalid trace id " + text + ": incorrect id format");
    }
    if (!seen.insert(*id).second) {
      return Invalid("Containing duplicate trace ids");
    }
    ids.push_back(*id);
  }
  return ids;
}

absl::Status NoSuchTrace(const TraceId& id) {
  return absl::NotFoundError("no trace " + id.ToString());
}

}  // namespace

absl::StatusOr<TracesPage> TraceQueries::BatchGetTraces(
    std::span<const std::string> trace_ids, const std::string& next_token,
    const Call& call, double bytes_per_byte) {
  RTG_ASSIGN_OR_RETURN(const AnswerPositions wanted,
                       ReadToken(trace_ids, next_token, token_key_));
  RTG_ASSIGN_OR_RETURN(const std::vector<TraceId> ids,
                       ParseBatchIds(trace_ids));
  TracesPage page;
  AnswerPositions next;
  PageRoom room(call, bytes_per_byte);
  std::vector<std::pair<size_t, absl::Status>> failed;  // By place.
  for (auto at = wanted.begin(); at != wanted.end(); ++at) {
    const auto [place, from] = *at;
    room.BeginTrace();
    absl::StatusOr<std::optional<AssembledTrace>> trace =
        ReadPart(ids[place], from, call,
                 [&room](size_t bytes) { return room.Check(bytes); });
    if (room.is_full() && !page.traces.empty()) {
      next.insert(at, wanted.end());
      break;
    }
    if (!room.is_full() && IsOfOneTrace(trace.status())) {
      failed.emplace_back(place, trace.status());
      continue;
    }
    RTG_RETURN_IF_ERROR(trace.status());
    room.EndTrace();
    if (!*trace) continue;
    if ((*trace)->next) next[place] = *(*trace)->next;
    page.traces.push_back(**std::move(trace));
  }
  // Who asks again for those that failed gets to know why.
  if (failed.size() == ids.size()) return failed.front().second;
  for (const auto& [place, status] : failed) {
    LogError("trace is left out of an answer with others",
             {{"trace", ids[place].ToString()}, {"error", status.ToString()}});
    page.unprocessed.push_back(trace_ids[place]);
  }
  page.next_token = EncodeBatchToken(trace_ids, next, token_key_);
  return page;
}

absl::StatusOr<AssembledTrace> TraceQueries::GetTrace(const TraceId& id,
                                                      size_t bytes_max,
                                                      const Call& call) {
  RTG_ASSIGN_OR_RETURN(const std::optional<TraceRecords> found,
                       ReadWithin(engine_, id, call));
  if (!found) return NoSuchTrace(id);
  // Who streams it out counts it.
  return Read(*found, bytes_max, {}, call,
              [](size_t) { return absl::OkStatus(); });
}

absl::StatusOr<std::optional<AssembledTrace>> TraceQueries::ReadPart(
    const TraceId& id, AnswerPosition from, const Call& call,
    Room has_room) const {
  RTG_ASSIGN_OR_RETURN(const std::optional<TraceRecords> found,
                       ReadWithin(engine_, id, call));
  if (!found) return std::optional<AssembledTrace>();
  RTG_ASSIGN_OR_RETURN(
      AssembledTrace trace,
      Read(*found, limits::kTraceAnswerBytesMax, from, call, has_room));
  return std::optional<AssembledTrace>(std::move(trace));
}

absl::StatusOr<AssembledTrace> TraceQueries::Read(const TraceRecords& records,
                                                  size_t bytes_max,
                                                  AnswerPosition from,
                                                  const Call& call,
                                                  Room has_room) const {
  const bool small = DocumentBytes(records) <= kTextsAtOnceBytes;
  RTG_ASSIGN_OR_RETURN(const Trace trace,
                       AssembleWithin(records, call,
                                      small ? storage::Texts::kWanted
                                            : storage::Texts::kOmitted));
  AssembledTrace out;
  out.id = trace.id;
  const Timestamp start = trace.times.start;
  out.times = {start, start + trace.duration.value_or(absl::ZeroDuration())};
  out.times.end =
      std::max(out.times.end, trace.times.ServiceTime().value_or(start));
  out.duration = trace.duration;
  for (const storage::SegmentDocument& document : trace.documents) {
    if (document.entry) out.entries.insert(document.identity.id);
  }
  storage::LateRenderer late(trace, records, call);
  if (bytes_max == 0) bytes_max = std::numeric_limits<size_t>::max();
  Renderer renderer(trace, records, small ? nullptr : &late, from, bytes_max);
  bool more = true;
  while (more) {
    RTG_ASSIGN_OR_RETURN(more, renderer.AddNext(out));
    RTG_RETURN_IF_ERROR(has_room(renderer.bytes()));
  }
  return out;
}

absl::StatusOr<std::vector<storage::StoredRecord>>
TraceQueries::GetOriginalDocuments(const TraceId& id, const Call& call) {
  RTG_ASSIGN_OR_RETURN(std::optional<TraceRecords> found,
                       ReadWithin(engine_, id, call));
  if (!found) return NoSuchTrace(id);
  return std::move(found->records);
}

}  // namespace roentgen::query
