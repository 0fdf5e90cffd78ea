#include "storage/record/record_block.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/status_macros.h"
#include "storage/record/block_codec.h"

namespace roentgen::storage {
namespace {

constexpr uint8_t kDocumentsOnly = 1;  // Versions.
constexpr uint8_t kWithSpans = 2;
constexpr uint8_t kHasSequences = 1;

constexpr uint8_t kNewTrace = 1;
constexpr uint8_t kTraceIdCut = 2;
constexpr uint8_t kOwnIdCut = 4;
constexpr uint8_t kSpanCut = 2;
constexpr uint8_t kHasParent = 4;
constexpr uint8_t kMicroseconds = 8;
constexpr int kFormatShift = 4;

constexpr size_t kTraceIdChars = 35;
constexpr size_t kEntityIdChars = 16;

// How a parent is told that is not among the spans of its trace in the block;
// else twice the distance back, or twice the distance ahead plus one.
constexpr uint64_t kParentElsewhere = 0;
constexpr uint64_t kParentEmpty = 1;

// How far a span's parent is looked for among its trace's spans in the block.
constexpr size_t kParentDistanceMax = 64;

size_t Find(std::string_view text, std::string_view what) {
  const void* at = memmem(text.data(), text.size(), what.data(), what.size());
  if (at == nullptr) return std::string_view::npos;
  return static_cast<size_t>(static_cast<const char*>(at) - text.data());
}

absl::Status Damaged() { return absl::DataLossError("record block: damaged"); }

int64_t Minus(uint64_t a, uint64_t b) { return static_cast<int64_t>(a - b); }

}  // namespace

void RecordBlockBuilder::Add(
    const TraceId& trace_id, EntityId own_id, RecordFormat format,
    std::string_view document,
    const std::shared_ptr<const SpanContext>& context) {
  StoredRecord record;
  record.format = format;
  Add(trace_id, own_id, record, document, context);
}

void RecordBlockBuilder::Add(
    const TraceId& trace_id, EntityId own_id, const StoredRecord& record,
    std::string_view document,
    const std::shared_ptr<const SpanContext>& context) {
  const bool new_trace = count_ == 0 || trace_id != last_trace_;
  if (new_trace) FinishTrace();
  last_trace_ = trace_id;
  ++count_;
  if (record.format == RecordFormat::kOtlpSpan) {
    AddSpan(trace_id, new_trace, record, document, context);
  } else {
    AddDocument(trace_id, own_id, new_trace, record, document);
  }
}

void RecordBlockBuilder::AddDocument(const TraceId& trace_id, EntityId own_id,
                                     bool new_trace, const StoredRecord& record,
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
  AddSequence(record);
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
}

void RecordBlockBuilder::AddSpan(
    const TraceId& trace_id, bool new_trace, const StoredRecord& record,
    std::string_view span, const std::shared_ptr<const SpanContext>& context) {
  has_spans_ = true;
  const size_t rest_begin = rests_.size();
  const std::optional<SpanColumns> cut = CutSpan(trace_id, span, fields_left_);
  if (cut) {
    for (std::string_view field : fields_left_) {
      AppendVarint(fields_.Add(field), rests_);
    }
  } else {
    rests_.append(span);
  }
  // Both are whole microseconds, and so are their differences.
  const bool micros =
      cut && cut->start_ns % 1'000 == 0 && cut->end_ns % 1'000 == 0;
  uint8_t head =
      static_cast<uint8_t>(static_cast<uint8_t>(record.format) << kFormatShift);
  if (new_trace) head |= kNewTrace;
  if (cut) head |= kSpanCut;
  if (cut && cut->parent != SpanColumns::Parent::kAbsent) head |= kHasParent;
  if (micros) head |= kMicroseconds;
  heads_.push_back(static_cast<char>(head));
  AppendVarint(ReferTo(context), heads_);
  AddSequence(record);
  AppendVarint(rests_.size() - rest_begin, heads_);
  if (new_trace) plain_.append(trace_id.AsBytes());
  if (!cut) return;
  AppendFixed64(cut->id.value, plain_);
  const uint64_t unit = micros ? 1'000 : 1;
  AppendZigzag(Minus(cut->start_ns / unit, last_start_ns_ / unit), plain_);
  AppendZigzag(Minus(cut->end_ns / unit, cut->start_ns / unit), plain_);
  last_start_ns_ = cut->start_ns;
  siblings_.push_back({cut->id, cut->parent, cut->parent_id});
}

uint64_t RecordBlockBuilder::ReferTo(
    const std::shared_ptr<const SpanContext>& context) {
  if (shared_ != nullptr) {
    if (const auto number = shared_->Add(context)) return uint64_t{*number} * 2;
  }
  return uint64_t{*own_.Add(context)} * 2 + 1;
}

void RecordBlockBuilder::AddSequence(const StoredRecord& record) {
  if (sequences_ == Sequences::kOmitted) return;
  AppendZigzag(Minus(record.sequence.commit, last_sequence_.commit), heads_);
  AppendZigzag(static_cast<int64_t>(record.sequence.position) -
                   static_cast<int64_t>(last_sequence_.position),
               heads_);
  AppendZigzag(record.received.ns - last_received_.ns, heads_);
  last_sequence_ = record.sequence;
  last_received_ = record.received;
}

// Parents may come after their children: told once the trace is whole.
void RecordBlockBuilder::FinishTrace() {
  const auto count = static_cast<int64_t>(siblings_.size());
  const auto is = [&](int64_t i, EntityId id) {
    return i >= 0 && i < count && siblings_[static_cast<size_t>(i)].id == id;
  };
  for (int64_t i = 0; i < count; ++i) {
    const Sibling& child = siblings_[static_cast<size_t>(i)];
    if (child.parent == SpanColumns::Parent::kAbsent) continue;
    if (child.parent == SpanColumns::Parent::kEmpty) {
      AppendVarint(kParentEmpty, parents_);
      continue;
    }
    std::optional<int64_t> distance;
    for (int64_t d = 1;
         !distance && d <= static_cast<int64_t>(kParentDistanceMax) &&
         d < count;
         ++d) {
      if (is(i + d, child.parent_id)) distance = d;
      if (is(i - d, child.parent_id)) distance = -d;
    }
    if (distance) {
      AppendVarint(*distance < 0 ? static_cast<uint64_t>(-*distance) * 2
                                 : static_cast<uint64_t>(*distance) * 2 + 1,
                   parents_);
    } else {
      AppendVarint(kParentElsewhere, parents_);
      AppendFixed64(child.parent_id.value, plain_parents_);
    }
  }
  siblings_.clear();
}

std::string RecordBlockBuilder::Finish() {
  FinishTrace();
  std::string raw;
  raw.reserve(raw_bytes() + fields_.bytes() / 8 + 64);
  AppendVarint(has_spans_ ? kWithSpans : kDocumentsOnly, raw);
  AppendVarint(count_, raw);
  AppendVarint(sequences_ == Sequences::kIncluded ? kHasSequences : 0, raw);
  if (has_spans_) {
    AppendContexts(own_.contexts(), raw);
    fields_.AppendTo(raw);
  }
  raw += heads_;
  raw += parents_;
  raw += rests_;
  plain_ += plain_parents_;
  std::string stored;
  CompressBlock(plain_, raw, stored);
  count_ = 0;
  has_spans_ = false;
  own_.Clear();
  fields_.Clear();
  for (std::string* s :
       {&heads_, &parents_, &rests_, &plain_, &plain_parents_}) {
    s->clear();
  }
  last_sequence_ = {};
  last_received_ = {};
  last_start_ns_ = 0;
  return stored;
}

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
    if (!in_.Varint(version) || version < kDocumentsOnly ||
        version > kWithSpans || !in_.BoundedVarint(out_.raw_.size(), count) ||
        !in_.Varint(flags_)) {
      return false;
    }
    if (version == kWithSpans && (!ReadContexts(in_, own_) || !ReadFields())) {
      return false;
    }
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
    if (!ReadParents() || in_.rest().size() != rest_ ||
        !plain_.rest().empty()) {
      return false;
    }
    const size_t begin = out_.raw_.size() - rest_;
    for (Entry& entry : out_.entries_) entry.rest_offset += begin;
    return true;
  }

 private:
  bool ReadFields() {
    uint64_t count;
    if (!in_.BoundedVarint(out_.raw_.size(), count)) return false;
    out_.fields_.reserve(count);
    for (uint64_t i = 0; i < count; ++i) {
      std::string_view field;
      if (!in_.Bytes(field)) return false;
      out_.fields_.push_back(
          {static_cast<size_t>(field.data() - out_.raw_.data()), field.size()});
    }
    return true;
  }

  bool ReadEntry() {
    uint8_t head;
    if (!in_.Byte(head)) return false;
    const bool first = out_.entries_.empty();
    const TraceId last = first ? TraceId() : out_.entries_.back().trace_id;
    Entry& entry = out_.entries_.emplace_back();
    entry.format = static_cast<RecordFormat>(head >> kFormatShift);
    entry.trace_id = last;
    if (first && (head & kNewTrace) == 0) return false;
    switch (entry.format) {
      case RecordFormat::kXrayJson:
        return ReadDocument(head, entry);
      case RecordFormat::kOtlpSpan:
        return ReadSpan(head, entry);
    }
    return false;
  }

  static bool ReadTraceId(ByteReader& in, Entry& entry) {
    std::string_view bytes;
    if (!in.Raw(16, bytes)) return false;
    entry.trace_id = TraceId::FromBytes(bytes);
    return true;
  }

  bool ReadDocument(uint8_t head, Entry& entry) {
    uint64_t number;
    entry.trace_id_cut = head & kTraceIdCut;
    entry.own_id_cut = head & kOwnIdCut;
    if ((head & kNewTrace) && !ReadTraceId(in_, entry)) return false;
    if (entry.trace_id_cut) {
      if (!in_.BoundedVarint(out_.raw_.size(), number)) return false;
      entry.trace_id_offset = number;
    }
    if (entry.own_id_cut) {
      if (!in_.Fixed64(entry.own_id.value) ||
          !in_.BoundedVarint(out_.raw_.size(), number)) {
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
    if (!in_.Varint(context) || !ReadSequence(entry) || !ReadRest(entry)) {
      return false;
    }
    if ((head & kNewTrace) && !ReadTraceId(plain_, entry)) return false;
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
    int64_t commit, position, received;
    if (!in_.Zigzag(commit) || !in_.Zigzag(position) || !in_.Zigzag(received)) {
      return false;
    }
    last_.sequence.commit += static_cast<uint64_t>(commit);
    last_.sequence.position += static_cast<uint32_t>(position);
    last_.received.ns =
        static_cast<int64_t>(static_cast<uint64_t>(last_.received.ns) +
                             static_cast<uint64_t>(received));
    entry.sequence = last_.sequence;
    entry.received = last_.received;
    return true;
  }

  bool ReadRest(Entry& entry) {
    uint64_t number;
    if (!in_.BoundedVarint(out_.raw_.size(), number)) return false;
    entry.rest_offset = rest_;
    entry.rest_size = number;
    rest_ += number;
    return true;
  }

  bool ReadParents() {
    std::vector<Entry*> siblings;
    for (size_t i = 0; i <= out_.entries_.size(); ++i) {
      const bool end = i == out_.entries_.size();
      if (end || (i > 0 &&
                  out_.entries_[i].trace_id != out_.entries_[i - 1].trace_id)) {
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
  Entry last_;
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

StoredRecord RecordBlock::Get(size_t i) const {
  const Entry& e = entries_[i];
  StoredRecord record{.sequence = e.sequence,
                      .received = e.received,
                      .format = e.format,
                      .document = {},
                      .context = e.context};
  const std::string_view rest =
      std::string_view(raw_).substr(e.rest_offset, e.rest_size);
  if (e.span_cut) {
    std::vector<std::string_view> fields;
    ByteReader in(rest);
    uint64_t number;
    // Numbers that are damaged give bytes that are no span, or another one.
    while (!in.rest().empty() && in.BoundedVarint(fields_.size(), number) &&
           number < fields_.size()) {
      fields.push_back(std::string_view(raw_).substr(fields_[number].begin,
                                                     fields_[number].size));
    }
    RestoreSpan(e.trace_id, e.columns, fields, record.document);
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
  if (e.trace_id_cut) restore(e.trace_id_offset, e.trace_id.ToString());
  if (e.own_id_cut && !id_first) {
    restore(e.own_id_offset, e.own_id.ToString());
  }
  return record;
}

}  // namespace roentgen::storage
