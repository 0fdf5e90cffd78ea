#include "storage/live/open_index.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "base/log.h"
#include "base/status_macros.h"
#include "storage/live/batch_builder.h"
#include "trace/assembly/trace.h"

namespace roentgen::storage {
namespace {

// Rows of one segment: large enough for quick scans, small enough to go soon
// after its traces are sealed.
constexpr uint32_t kSegmentRows = 4'096;
constexpr size_t kSegmentBytes = size_t{8} << 20;
// Traces that are read with the same unpacked blocks: bounds their memory.
constexpr size_t kTracesPerReader = 256;
// Traces whose senders are looked for again: bounds what that costs a search.
constexpr size_t kUnlinkedMax = 500;

// Looking at the bytes takes a while.
constexpr uint32_t kRowsPerLook = 32;

}  // namespace

bool OpenIndex::IsFull(const Segment& segment) {
  const uint32_t rows = segment.columns.traces();
  return rows >= kSegmentRows ||
         (rows > 0 && rows % kRowsPerLook == 0 &&
          segment.columns.MemoryBytes() > kSegmentBytes);
}

TraceId OpenIndex::Segment::trace_id(uint32_t ordinal) const {
  return TraceId::FromBytes(
      std::string_view(columns.trace_ids()).substr(size_t{ordinal} * 16, 16));
}

TraceBitmap OpenIndex::Segment::Live() const {
  return TraceBitmap::Where(columns.traces(),
                            [&](uint32_t i) -> bool { return live[i]; });
}

void OpenIndex::Note(OpenChanges changes) {
  for (const TraceId& id : changes.gone) {
    pending_.erase(id);
    unlinked_.erase(id);
    unread_.erase(id);
    lacking_.erase(id);
    Forget(id);
  }
  for (auto& [id, part] : changes.changed) pending_[id] = std::move(part);
}

void OpenIndex::Forget(const TraceId& id) {
  const auto found = places_.find(id);
  if (found == places_.end()) return;
  Segment& segment = *found->second.segment;
  segment.live[found->second.ordinal] = false;
  --segment.live_count;
  places_.erase(found);
  if (segment.live_count != 0) return;
  segments_.remove_if([&](const Segment& s) { return &s == &segment; });
}

absl::StatusOr<uint64_t> OpenIndex::Index(
    const std::function<absl::Status()>& check,
    const ResolveLinks& resolve_links) {
  // try_emplace: news of a trace are newer.
  for (auto& [id, part] : unlinked_) {
    pending_.try_emplace(id, std::move(part));
  }
  unlinked_.clear();
  for (auto& [id, part] : unread_) {
    pending_.try_emplace(id, std::move(part));
  }
  unread_.clear();
  // Neighbours by arrival share request blocks: each is unpacked about once.
  std::vector<std::pair<RecordSequence, TraceId>> order;
  order.reserve(pending_.size());
  for (const auto& [id, part] : pending_) {
    order.emplace_back(part.records.front().sequence, id);
  }
  std::sort(order.begin(), order.end());
  BlockReader reader;
  TraceAssembler assembler(rules_);
  for (size_t i = 0; i < order.size(); ++i) {
    RTG_RETURN_IF_ERROR(check());
    if (i % kTracesPerReader == 0) reader = BlockReader();
    const TraceId& id = order[i].second;
    const auto part = pending_.find(id);
    const absl::Status status =
        IndexTrace(id, part->second, reader, assembler, resolve_links);
    reader.DropSealed();
    if (!status.ok()) {
      LogError("open trace is damaged, left out of searches",
               {{"trace", id.ToString()}, {"error", status.ToString()}});
      Forget(id);
    }
    pending_.erase(part);
  }
  return order.size();
}

absl::Status OpenIndex::IndexTrace(const TraceId& id, const OpenPart& open,
                                   BlockReader& reader,
                                   TraceAssembler& assembler,
                                   const ResolveLinks& resolve_links) {
  JoinedRecords joined;
  const bool was_lacking = lacking_.erase(id) > 0;
  if (open.earlier != nullptr) {
    joined = JoinRecords(open, reader);
    // The row says what is known of the trace, and answers that they miss
    // something.
    if (!joined.missing.ok()) {
      if (!was_lacking) {
        LogError(
            "older records of an open trace do not read, answers lack them",
            {{"trace", id.ToString()}, {"error", joined.missing.ToString()}});
      }
      lacking_.insert(id);
      if (!absl::IsDataLoss(joined.missing)) unread_[id] = open;
    }
  }
  RTG_ASSIGN_OR_RETURN(
      const Trace* assembled,
      reader.Assemble(id,
                      open.earlier == nullptr ? open.records : joined.records,
                      assembler));
  const Trace& trace = *assembled;
  Forget(id);
  if (segments_.empty() || IsFull(segments_.back())) segments_.emplace_back();
  Segment& segment = segments_.back();
  places_[id] = {&segment, segment.columns.traces()};
  const ResolvedLinks links = resolve_links(trace);
  segment.columns.Add(trace, open.records.back().received, links.edges);
  // To read a large trace again and again would take too long: its links are
  // looked for when it is sealed.
  if (links.missing && open.earlier == nullptr &&
      unlinked_.size() < kUnlinkedMax) {
    unlinked_[id] = open;
  }
  segment.live.push_back(true);
  ++segment.live_count;
  return absl::OkStatus();
}

size_t OpenIndex::MemoryBytes() const {
  size_t bytes = places_.capacity() * (sizeof(TraceId) + sizeof(Place));
  for (const auto* waiting : {&pending_, &unlinked_, &unread_}) {
    bytes += waiting->capacity() * sizeof(*waiting->begin());
    for (const auto& [id, part] : *waiting) {
      bytes += part.records.capacity() * sizeof(OpenRecord);
    }
  }
  for (const Segment& segment : segments_) {
    bytes += segment.columns.MemoryBytes() + segment.live.capacity() / 8 +
             segment.graph.kept.MemoryBytes();
    for (const auto& [key, members] : segment.groups) {
      bytes += sizeof(key) + key.first.capacity() + sizeof(members) +
               members.traces.size() / 8;
    }
  }
  return bytes;
}

}  // namespace roentgen::storage
