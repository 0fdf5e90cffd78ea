#include "storage/record/record_block.h"

#include <cstring>
#include <utility>

#include "base/limits.h"
#include "base/status_macros.h"
#include "base/wire.h"
#include "storage/record/block_codec.h"

namespace roentgen::storage {
namespace {

constexpr uint8_t kVersion = 1;
constexpr uint8_t kHasSequences = 1;

constexpr uint8_t kNewTrace = 1;
constexpr uint8_t kTraceIdCut = 2;
constexpr uint8_t kOwnIdCut = 4;
constexpr int kFormatShift = 4;

constexpr size_t kTraceIdChars = 35;
constexpr size_t kEntityIdChars = 16;

size_t Find(std::string_view text, std::string_view what) {
  const void* at = memmem(text.data(), text.size(), what.data(), what.size());
  if (at == nullptr) return std::string_view::npos;
  return static_cast<size_t>(static_cast<const char*>(at) - text.data());
}

absl::Status Damaged() { return absl::DataLossError("record block: damaged"); }

}  // namespace

void RecordBlockBuilder::Add(const TraceId& trace_id, EntityId own_id,
                             RecordFormat format, std::string_view document) {
  StoredRecord record;
  record.format = format;
  Add(trace_id, own_id, record, document);
}

void RecordBlockBuilder::Add(const TraceId& trace_id, EntityId own_id,
                             const StoredRecord& record,
                             std::string_view document) {
  const size_t trace_at = Find(document, trace_id.ToString());
  const size_t id_at = Find(document, own_id.ToString());
  // The two texts never overlap: one has dashes where the other has digits,
  // except inside the trace id's long run of digits.
  const bool cut_trace = trace_at != document.npos;
  const bool cut_id = id_at != document.npos &&
                      (!cut_trace || id_at + kEntityIdChars <= trace_at ||
                       id_at >= trace_at + kTraceIdChars);
  uint8_t head =
      static_cast<uint8_t>(static_cast<uint8_t>(record.format) << kFormatShift);
  const bool new_trace = count_ == 0 || trace_id != last_trace_;
  if (new_trace) head |= kNewTrace;
  if (cut_trace) head |= kTraceIdCut;
  if (cut_id) head |= kOwnIdCut;
  heads_.push_back(static_cast<char>(head));
  if (new_trace) heads_.append(trace_id.AsBytes());
  if (cut_trace) AppendVarint(trace_at, heads_);
  if (cut_id) {
    AppendFixed64(own_id.value, heads_);
    AppendVarint(id_at, heads_);
  }
  if (sequences_ == Sequences::kIncluded) {
    AppendZigzag(
        static_cast<int64_t>(record.sequence.commit - last_sequence_.commit),
        heads_);
    AppendZigzag(static_cast<int64_t>(record.sequence.position) -
                     static_cast<int64_t>(last_sequence_.position),
                 heads_);
    AppendZigzag(record.received.ns - last_received_.ns, heads_);
    last_sequence_ = record.sequence;
    last_received_ = record.received;
  }
  const size_t rest_begin = rests_.size();
  size_t from = 0;
  const auto cut = [&](size_t at, size_t chars) {
    rests_.append(document, from, at - from);
    from = at + chars;
  };
  if (cut_trace && cut_id && id_at < trace_at) {
    cut(id_at, kEntityIdChars);
    cut(trace_at, kTraceIdChars);
  } else {
    if (cut_trace) cut(trace_at, kTraceIdChars);
    if (cut_id) cut(id_at, kEntityIdChars);
  }
  rests_.append(document, from, document.size() - from);
  AppendVarint(rests_.size() - rest_begin, heads_);
  last_trace_ = trace_id;
  ++count_;
}

std::string RecordBlockBuilder::Finish() {
  std::string raw;
  raw.reserve(heads_.size() + rests_.size() + 16);
  AppendVarint(kVersion, raw);
  AppendVarint(count_, raw);
  AppendVarint(sequences_ == Sequences::kIncluded ? kHasSequences : 0, raw);
  raw += heads_;
  raw += rests_;
  std::string stored;
  CompressBlock(raw, stored);
  count_ = 0;
  heads_.clear();
  rests_.clear();
  last_sequence_ = {};
  last_received_ = {};
  return stored;
}

absl::StatusOr<RecordBlock> RecordBlock::Parse(std::string_view stored) {
  RecordBlock block;
  RTG_RETURN_IF_ERROR(DecompressBlock(stored, block.raw_));
  RTG_RETURN_IF_ERROR(block.ReadEntries());
  return block;
}

absl::Status RecordBlock::ReadEntries() {
  ByteReader in(raw_);
  uint64_t version, count, flags;
  if (!in.Varint(version) || version != kVersion ||
      !in.BoundedVarint(raw_.size(), count) || !in.Varint(flags)) {
    return Damaged();
  }
  entries_.reserve(count);
  Entry last;
  size_t rest = 0;
  for (uint64_t i = 0; i < count; ++i) {
    Entry entry;
    uint8_t head;
    uint64_t number;
    std::string_view bytes;
    if (!in.Byte(head)) return Damaged();
    entry.format = static_cast<RecordFormat>(head >> kFormatShift);
    entry.trace_id_cut = head & kTraceIdCut;
    entry.own_id_cut = head & kOwnIdCut;
    entry.trace_id = last.trace_id;
    if (head & kNewTrace) {
      if (!in.Raw(16, bytes)) return Damaged();
      entry.trace_id = TraceId::FromBytes(bytes);
    } else if (i == 0) {
      return Damaged();
    }
    if (entry.trace_id_cut) {
      if (!in.BoundedVarint(raw_.size(), number)) return Damaged();
      entry.trace_id_offset = number;
    }
    if (entry.own_id_cut) {
      if (!in.Fixed64(entry.own_id.value) ||
          !in.BoundedVarint(raw_.size(), number)) {
        return Damaged();
      }
      entry.own_id_offset = number;
    }
    if (flags & kHasSequences) {
      int64_t commit, position, received;
      if (!in.Zigzag(commit) || !in.Zigzag(position) || !in.Zigzag(received)) {
        return Damaged();
      }
      entry.sequence.commit =
          last.sequence.commit + static_cast<uint64_t>(commit);
      entry.sequence.position =
          last.sequence.position + static_cast<uint32_t>(position);
      entry.received.ns =
          static_cast<int64_t>(static_cast<uint64_t>(last.received.ns) +
                               static_cast<uint64_t>(received));
    }
    if (!in.BoundedVarint(raw_.size(), number)) return Damaged();
    entry.rest_offset = rest;
    entry.rest_size = number;
    rest += number;
    const size_t whole = number + (entry.trace_id_cut ? kTraceIdChars : 0) +
                         (entry.own_id_cut ? kEntityIdChars : 0);
    if ((entry.trace_id_cut && entry.trace_id_offset + kTraceIdChars > whole) ||
        (entry.own_id_cut && entry.own_id_offset + kEntityIdChars > whole)) {
      return Damaged();
    }
    entries_.push_back(entry);
    last = entry;
  }
  if (in.rest().size() != rest) return Damaged();
  const size_t begin = raw_.size() - rest;
  for (Entry& entry : entries_) entry.rest_offset += begin;
  return absl::OkStatus();
}

StoredRecord RecordBlock::Get(size_t i) const {
  const Entry& e = entries_[i];
  StoredRecord record{.sequence = e.sequence,
                      .received = e.received,
                      .format = e.format,
                      .document = {}};
  record.document.assign(raw_, e.rest_offset, e.rest_size);
  // Offsets are those in the whole document: put back the first one first.
  const bool id_first =
      e.own_id_cut && (!e.trace_id_cut || e.own_id_offset < e.trace_id_offset);
  const auto restore = [&](size_t at, const std::string& text) {
    record.document.insert(std::min(at, record.document.size()), text);
  };
  if (id_first) restore(e.own_id_offset, e.own_id.ToString());
  if (e.trace_id_cut) restore(e.trace_id_offset, e.trace_id.ToString());
  if (e.own_id_cut && !id_first) {
    restore(e.own_id_offset, e.own_id.ToString());
  }
  return record;
}

}  // namespace roentgen::storage
