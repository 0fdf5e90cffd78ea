#include "query/trace_queries.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "base/limits.h"
#include "base/status_macros.h"
#include "storage/assembly/render.h"
#include "storage/assembly/trace.h"

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
  // `late` may be null: the texts are there.
  Renderer(const Trace& trace, storage::LateRenderer* late)
      : trace_(trace), late_(late) {}

  // Adds the next segment. False: there is none, or the answer is full.
  absl::StatusOr<bool> AddNext(size_t bytes_max, AssembledTrace& out) {
    // Both lists go by start; merge them so that a cut keeps the earliest.
    const bool no_real = real_ == trace_.segments.size();
    const bool no_inferred = inferred_ == trace_.inferred.size();
    if (no_real && no_inferred) return false;
    TraceSegment segment;
    std::optional<std::string> text;
    const size_t room = bytes_max - bytes_;
    if (no_inferred ||
        (!no_real &&
         trace_.entity(trace_.segments[real_]).start <=
             trace_.entity(trace_.inferred[inferred_].call).start)) {
      const uint32_t node = trace_.segments[real_++];
      segment.id = trace_.entity(node).id;
      RTG_ASSIGN_OR_RETURN(text, TextOf(node, room));
    } else {
      const storage::InferredSegment& made = trace_.inferred[inferred_++];
      segment.id = made.id;
      segment.inferred = true;
      RTG_ASSIGN_OR_RETURN(text, TextOf(made));
    }
    if (!text || text->size() > room) {
      out.limit_exceeded = true;
      return false;
    }
    bytes_ += text->size();
    segment.document = *std::move(text);
    out.segments.push_back(std::move(segment));
    return true;
  }

 private:
  absl::StatusOr<std::optional<std::string>> TextOf(uint32_t node,
                                                    size_t bytes_max) {
    if (late_ != nullptr) return late_->Segment(node, bytes_max);
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
  storage::LateRenderer* const late_;
  size_t real_ = 0;
  size_t inferred_ = 0;
  size_t bytes_ = 0;
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

absl::StatusOr<std::vector<AssembledTrace>> TraceQueries::BatchGetTraces(
    std::span<const std::string> trace_ids, const CallControl& control) {
  RTG_ASSIGN_OR_RETURN(const std::vector<TraceId> ids,
                       ParseBatchIds(trace_ids));
  std::vector<AssembledTrace> out;
  for (const TraceId& id : ids) {
    RTG_ASSIGN_OR_RETURN(const std::vector<TraceRecords> found,
                         engine_.GetTraces({&id, 1}, control));
    if (found.empty()) continue;
    RTG_ASSIGN_OR_RETURN(
        AssembledTrace trace,
        Read(found.front(), limits::kTraceAnswerBytesMax, control));
    out.push_back(std::move(trace));
  }
  return out;
}

absl::StatusOr<AssembledTrace> TraceQueries::GetTrace(
    const TraceId& id, size_t bytes_max, const CallControl& control) {
  RTG_ASSIGN_OR_RETURN(const std::vector<TraceRecords> found,
                       engine_.GetTraces({&id, 1}, control));
  if (found.empty()) return NoSuchTrace(id);
  return Read(found.front(), bytes_max, control);
}

absl::StatusOr<AssembledTrace> TraceQueries::Read(
    const TraceRecords& records, size_t bytes_max,
    const CallControl& control) const {
  const bool small = DocumentBytes(records) <= kTextsAtOnceBytes;
  RTG_ASSIGN_OR_RETURN(const Trace trace,
                       AssembleWithin(records, control, bounds_,
                                      small ? storage::Texts::kWanted
                                            : storage::Texts::kOmitted));
  AssembledTrace out;
  out.id = trace.id;
  const Timestamp start = trace.times.start;
  out.times = {start, start + trace.duration.value_or(absl::ZeroDuration())};
  out.times.end =
      std::max(out.times.end, trace.times.service_end.value_or(start));
  out.duration = trace.duration;
  storage::LateRenderer late(trace, records, KeepGoingFor(control, bounds_));
  Renderer renderer(trace, small ? nullptr : &late);
  if (bytes_max == 0) bytes_max = std::numeric_limits<size_t>::max();
  bool more = true;
  while (more) {
    RTG_ASSIGN_OR_RETURN(more, renderer.AddNext(bytes_max, out));
  }
  return out;
}

absl::StatusOr<std::vector<storage::StoredRecord>>
TraceQueries::GetOriginalDocuments(const TraceId& id,
                                   const CallControl& control) {
  RTG_ASSIGN_OR_RETURN(std::vector<TraceRecords> found,
                       engine_.GetTraces({&id, 1}, control));
  if (found.empty()) return NoSuchTrace(id);
  return std::move(found.front().records);
}

absl::StatusOr<IndexCheckReport> TraceQueries::CheckIndex(
    const IndexCheckRequest& request, const CallControl& control) const {
  return IndexCheck(engine_, groups_).Run(request, control);
}

absl::StatusOr<std::optional<CompiledFilter>> TraceQueries::Compile(
    const std::string& filter_expression) const {
  if (IsBlank(filter_expression)) return std::optional<CompiledFilter>();
  RTG_ASSIGN_OR_RETURN(CompiledFilter filter,
                       CompileFilter(filter_expression, groups_));
  return std::optional<CompiledFilter>(std::move(filter));
}

std::unique_ptr<LiveTail> TraceQueries::Tail(
    std::optional<CompiledFilter> filter, std::function<void()> wake) const {
  return std::make_unique<LiveTail>(engine_, std::move(filter),
                                    std::move(wake));
}

}  // namespace roentgen::query
