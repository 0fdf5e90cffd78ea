#include "storage/record/record_block.h"

#include <algorithm>
#include <array>
#include <utility>

#include "absl/container/inlined_vector.h"
#include "base/status_macros.h"
#include "base/wire.h"
#include "storage/record/block_codec.h"
#include "storage/record/record_block_format.h"

namespace roentgen::storage {
namespace {

using namespace record_block;  // NOLINT: numbers of the format.

absl::Status Damaged() { return absl::DataLossError("record block: damaged"); }

}  // namespace

class RecordBlock::Reader {
 public:
  Reader(std::string_view plain, const ContextTable* shared,
         ContextTableBuilder* interned, RecordBlock& out)
      : in_(out.raw_),
        plain_(plain),
        shared_(shared),
        interned_(interned),
        out_(out) {}

  bool Read() {
    uint64_t version, count;
    if (!in_.Varint(version) || version != kVersion ||
        !in_.BoundedVarint(out_.raw_.size(), count) || !in_.Varint(flags_)) {
      return false;
    }
    out_.has_trace_ids_ = (flags_ & kHasTraceIds) != 0;
    if ((flags_ & kHasSpans) != 0 &&
        (!ReadContexts(in_, own_) || !ReadFields())) {
      return false;
    }
    if (!ReadStreams()) return false;
    out_.own_bytes_ = MemoryOf(own_);
    if (interned_ != nullptr) {
      for (auto& context : own_) {
        if (const auto number = interned_->Add(context)) {
          context = interned_->contexts()[*number];
        }
      }
    }
    out_.entries_.reserve(count);
    for (uint64_t i = 0; i < count; ++i) {
      if (!ReadEntry()) return false;
    }
    if (!StreamsAreDone()) return false;
    if (!ReadParents() || in_.rest().size() != rest_ ||
        !plain_.rest().empty()) {
      return false;
    }
    const size_t begin = out_.raw_.size() - rest_;
    for (Entry& entry : out_.entries_) {
      entry.rest_offset += begin;
      if (entry.span_cut && !ReadNumbers(entry)) return false;
    }
    return true;
  }

 private:
  // All that is left of a cut span are numbers of fields.
  bool ReadNumbers(Entry& entry) {
    entry.numbers_begin = out_.numbers_.size();
    ByteReader in(
        std::string_view(out_.raw_).substr(entry.rest_offset, entry.rest_size));
    uint64_t number;
    while (!in.rest().empty()) {
      if (!in.Varint(number) || number >= out_.fields_.size()) return false;
      out_.numbers_.push_back(static_cast<uint32_t>(number));
    }
    entry.numbers = out_.numbers_.size() - entry.numbers_begin;
    return true;
  }

  bool ReadFields() {
    uint64_t count;
    if (!in_.BoundedVarint(out_.raw_.size(), count)) return false;
    out_.fields_.reserve(count);
    for (uint64_t i = 0; i < count; ++i) {
      std::string_view field;
      if (!in_.Bytes(field)) return false;
      out_.fields_.push_back(
          {static_cast<uint32_t>(field.data() - out_.raw_.data()),
           static_cast<uint32_t>(field.size())});
    }
    return true;
  }

  ByteReader& heads() { return streams_[0]; }
  ByteReader& details() { return streams_[1]; }
  ByteReader& places() { return streams_[2]; }
  ByteReader& positions() { return streams_[3]; }
  ByteReader& sizes() { return streams_[4]; }

  bool ReadStreams() {
    uint64_t count = 0;
    if ((flags_ & kHasSequences) != 0 &&
        !in_.BoundedVarint(out_.raw_.size(), count)) {
      return false;
    }
    Commit last;
    for (uint64_t i = 0; i < count; ++i) {
      int64_t number, received;
      if (!in_.Zigzag(number) || !in_.Zigzag(received)) return false;
      last.number += static_cast<uint64_t>(number);
      last.received_ns += static_cast<uint64_t>(received);
      commits_.push_back(last);
    }
    for (ByteReader& stream : streams_) {
      std::string_view bytes;
      if (!in_.Bytes(bytes)) return false;
      stream = ByteReader(bytes);
    }
    return true;
  }

  bool StreamsAreDone() const {
    return std::all_of(streams_.begin(), streams_.end(),
                       [](const ByteReader& s) { return s.done(); });
  }

  bool ReadEntry() {
    uint8_t head;
    if (!heads().Byte(head)) return false;
    const bool first = out_.entries_.empty();
    const TraceId last = first ? TraceId() : out_.entries_.back().trace_id;
    Entry& entry = out_.entries_.emplace_back();
    entry.format = static_cast<RecordFormat>(head >> kFormatShift);
    entry.trace_id = last;
    entry.first_of_trace = (head & kNewTrace) != 0;
    if (first && !entry.first_of_trace) return false;
    switch (entry.format) {
      case RecordFormat::kXrayJson:
        return ReadDocument(head, entry);
      case RecordFormat::kOtlpSpan:
        return ReadSpan(head, entry);
    }
    return false;
  }

  bool ReadTraceId(ByteReader& in, Entry& entry) {
    if (!entry.first_of_trace || !out_.has_trace_ids_) return true;
    std::string_view bytes;
    if (!in.Raw(16, bytes)) return false;
    entry.trace_id = TraceId::FromBytes(bytes);
    return true;
  }

  bool ReadDocument(uint8_t head, Entry& entry) {
    uint64_t number;
    entry.trace_id_cut = head & kTraceIdCut;
    entry.own_id_cut = head & kOwnIdCut;
    if (!ReadTraceId(details(), entry)) return false;
    if (entry.trace_id_cut) {
      if (!details().BoundedVarint(out_.raw_.size(), number)) return false;
      entry.trace_id_offset = number;
    }
    if (entry.own_id_cut) {
      if (!details().Fixed64(entry.own_id.value) ||
          !details().BoundedVarint(out_.raw_.size(), number)) {
        return false;
      }
      entry.own_id_offset = number;
    }
    if (!ReadSequence(entry) || !ReadRest(entry)) return false;
    const size_t whole = entry.rest_size +
                         (entry.trace_id_cut ? kTraceIdChars : 0) +
                         (entry.own_id_cut ? kEntityIdChars : 0);
    return (!entry.trace_id_cut ||
            entry.trace_id_offset + kTraceIdChars <= whole) &&
           (!entry.own_id_cut || entry.own_id_offset + kEntityIdChars <= whole);
  }

  bool ReadSpan(uint8_t head, Entry& entry) {
    uint64_t context;
    if (!details().Varint(context) || !ReadSequence(entry) ||
        !ReadRest(entry) || !ReadTraceId(plain_, entry)) {
      return false;
    }
    const ContextTable* table = context % 2 == 1 ? &own_ : shared_;
    if (table == nullptr || context / 2 >= table->size()) return false;
    entry.context = (*table)[context / 2];
    entry.span_cut = head & kSpanCut;
    if (!entry.span_cut) return true;
    int64_t start, duration;
    if (!plain_.Fixed64(entry.columns.id.value) || !plain_.Zigzag(start) ||
        !plain_.Zigzag(duration)) {
      return false;
    }
    const uint64_t unit = head & kMicroseconds ? 1'000 : 1;
    entry.columns.start_ns =
        (last_start_ns_ / unit + static_cast<uint64_t>(start)) * unit;
    entry.columns.end_ns =
        (entry.columns.start_ns / unit + static_cast<uint64_t>(duration)) *
        unit;
    last_start_ns_ = entry.columns.start_ns;
    if (head & kHasParent) entry.columns.parent = SpanColumns::Parent::kGiven;
    return true;
  }

  bool ReadSequence(Entry& entry) {
    if ((flags_ & kHasSequences) == 0) return true;
    int64_t place, position;
    if (!places().Zigzag(place) || !positions().Zigzag(position)) return false;
    last_position_ += static_cast<uint32_t>(position);
    place_ += static_cast<uint64_t>(place);
    if (place_ >= commits_.size()) return false;
    const Commit& commit = commits_[place_];
    entry.sequence = {commit.number, last_position_};
    entry.received.ns = static_cast<int64_t>(commit.received_ns);
    return true;
  }

  bool ReadRest(Entry& entry) {
    uint64_t number;
    if (!sizes().BoundedVarint(out_.raw_.size(), number)) return false;
    entry.rest_offset = rest_;
    entry.rest_size = number;
    rest_ += number;
    return true;
  }

  bool ReadParents() {
    std::vector<Entry*> siblings;
    for (size_t i = 0; i <= out_.entries_.size(); ++i) {
      const bool end = i == out_.entries_.size();
      if (end || out_.entries_[i].first_of_trace) {
        if (!ReadParents(siblings)) return false;
        siblings.clear();
      }
      if (!end && out_.entries_[i].span_cut) {
        siblings.push_back(&out_.entries_[i]);
      }
    }
    return true;
  }

  bool ReadParents(const std::vector<Entry*>& siblings) {
    for (size_t i = 0; i < siblings.size(); ++i) {
      SpanColumns& columns = siblings[i]->columns;
      if (columns.parent == SpanColumns::Parent::kAbsent) continue;
      uint64_t code;
      if (!in_.Varint(code)) return false;
      if (code == kParentEmpty) {
        columns.parent = SpanColumns::Parent::kEmpty;
      } else if (code == kParentElsewhere) {
        if (!plain_.Fixed64(columns.parent_id.value)) return false;
      } else {
        const uint64_t at = code % 2 == 1 ? i + code / 2 : i - code / 2;
        if (at >= siblings.size()) return false;
        columns.parent_id = siblings[at]->columns.id;
      }
    }
    return true;
  }

  ByteReader in_;
  ByteReader plain_;
  const ContextTable* const shared_;
  ContextTableBuilder* const interned_;
  RecordBlock& out_;
  ContextTable own_;
  uint64_t flags_ = 0;
  struct Commit {
    uint64_t number = 0;
    uint64_t received_ns = 0;
  };
  std::vector<Commit> commits_;
  std::array<ByteReader, 5> streams_ = {ByteReader({}), ByteReader({}),
                                        ByteReader({}), ByteReader({}),
                                        ByteReader({})};
  uint64_t place_ = 0;  // Of the last record, in commits_.
  uint32_t last_position_ = 0;
  uint64_t last_start_ns_ = 0;
  size_t rest_ = 0;  // Bytes of what is left of the documents so far.
};

absl::StatusOr<RecordBlock> RecordBlock::Parse(std::string_view stored,
                                               const ContextTable* shared,
                                               ContextTableBuilder* interned) {
  RecordBlock block;
  std::string_view plain;
  RTG_RETURN_IF_ERROR(DecompressBlock(stored, plain, block.raw_));
  if (!Reader(plain, shared, interned, block).Read()) return Damaged();
  return block;
}

StoredRecord RecordBlock::Get(size_t i, const TraceId& trace_id) const {
  const Entry& e = entries_[i];
  StoredRecord record{.sequence = e.sequence,
                      .received = e.received,
                      .format = e.format,
                      .document = {},
                      .context = e.context};
  const std::string_view rest =
      std::string_view(raw_).substr(e.rest_offset, e.rest_size);
  if (e.span_cut) {
    absl::InlinedVector<std::string_view, 24> fields;
    size_t bytes = kCutBytesMax;
    for (uint32_t number : FieldNumbers(i)) {
      fields.push_back(field(number));
      bytes += fields.back().size();
    }
    record.document.reserve(bytes);
    RestoreSpan(trace_id, e.columns, fields, record.document);
    return record;
  }
  record.document.assign(rest);
  // Offsets are those in the whole document: put back the first one first.
  const bool id_first =
      e.own_id_cut && (!e.trace_id_cut || e.own_id_offset < e.trace_id_offset);
  const auto restore = [&](size_t at, const std::string& text) {
    record.document.insert(std::min(at, record.document.size()), text);
  };
  if (id_first) restore(e.own_id_offset, e.own_id.ToString());
  if (e.trace_id_cut) restore(e.trace_id_offset, trace_id.ToString());
  if (e.own_id_cut && !id_first) {
    restore(e.own_id_offset, e.own_id.ToString());
  }
  return record;
}

}  // namespace roentgen::storage
