#include <algorithm>
#include <cstring>
#include <utility>

#include "base/wire.h"
#include "storage/record/block_codec.h"
#include "storage/record/record_block.h"
#include "storage/record/record_block_format.h"

namespace roentgen::storage {
namespace {

using namespace record_block;  // NOLINT: numbers of the format.

// How far a span's parent is looked for among its trace's spans in the block.
constexpr size_t kParentDistanceMax = 64;

size_t Find(std::string_view text, std::string_view what) {
  const void* at = memmem(text.data(), text.size(), what.data(), what.size());
  if (at == nullptr) return std::string_view::npos;
  return static_cast<size_t>(static_cast<const char*>(at) - text.data());
}

void AppendNumbers(std::span<const uint32_t> numbers, std::string& out) {
  constexpr size_t kBytesMax = 5;  // Of a 32-bit varint.
  const size_t size = out.size();
  out.resize(size + numbers.size() * kBytesMax);
  char* to = out.data() + size;
  for (uint32_t number : numbers) to = WriteVarint(number, to);
  out.resize(static_cast<size_t>(to - out.data()));
}

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
  const bool new_trace = Begin(trace_id);
  if (record.format == RecordFormat::kOtlpSpan) {
    AddSpan(trace_id, new_trace, record, document, context);
  } else {
    AddDocument(trace_id, own_id, new_trace, record, document);
  }
}

bool RecordBlockBuilder::Begin(const TraceId& trace_id) {
  const bool new_trace = count_ == 0 || trace_id != last_trace_;
  if (new_trace) FinishTrace();
  last_trace_ = trace_id;
  ++count_;
  return new_trace;
}

void RecordBlockBuilder::AddCut(
    const TraceId& trace_id, RecordSequence sequence, Timestamp received,
    const SpanColumns& columns, std::span<const uint32_t> fields,
    const std::shared_ptr<const SpanContext>& context) {
  const bool new_trace = Begin(trace_id);
  const size_t rest_begin = rests_.size();
  AppendNumbers(fields, rests_);
  FinishSpan(new_trace, rest_begin, sequence, received, &columns, context);
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
  if (new_trace && form_ == Form::kRequest) {
    details_.append(trace_id.AsBytes());
  }
  if (cut_trace) AppendVarint(trace_at, details_);
  if (cut_id) {
    AppendFixed64(own_id.value, details_);
    AppendVarint(id_at, details_);
  }
  AddSequence(record.sequence, record.received);
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
  AppendVarint(rests_.size() - rest_begin, sizes_);
}

void RecordBlockBuilder::AddSpan(
    const TraceId& trace_id, bool new_trace, const StoredRecord& record,
    std::string_view span, const std::shared_ptr<const SpanContext>& context) {
  const size_t rest_begin = rests_.size();
  const std::optional<SpanColumns> cut = CutSpan(trace_id, span, fields_left_);
  if (cut) {
    numbers_.clear();
    for (std::string_view field : fields_left_) {
      numbers_.push_back(fields_.Add(field));
    }
    AppendNumbers(numbers_, rests_);
  } else {
    rests_.append(span);
  }
  FinishSpan(new_trace, rest_begin, record.sequence, record.received,
             cut ? &*cut : nullptr, context);
}

// `rest_begin`: where what is left of the span begins; `cut`: null when it was
// kept whole.
void RecordBlockBuilder::FinishSpan(
    bool new_trace, size_t rest_begin, RecordSequence sequence,
    Timestamp received, const SpanColumns* cut,
    const std::shared_ptr<const SpanContext>& context) {
  has_spans_ = true;
  // Both are whole microseconds, and so are their differences.
  const bool micros =
      cut && cut->start_ns % 1'000 == 0 && cut->end_ns % 1'000 == 0;
  uint8_t head = static_cast<uint8_t>(
      static_cast<uint8_t>(RecordFormat::kOtlpSpan) << kFormatShift);
  if (new_trace) head |= kNewTrace;
  if (cut) head |= kSpanCut;
  if (cut && cut->parent != SpanColumns::Parent::kAbsent) head |= kHasParent;
  if (micros) head |= kMicroseconds;
  heads_.push_back(static_cast<char>(head));
  AppendVarint(ReferTo(context), details_);
  AddSequence(sequence, received);
  AppendVarint(rests_.size() - rest_begin, sizes_);
  if (new_trace && form_ == Form::kRequest) {
    plain_.append(last_trace_.AsBytes());
  }
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

void RecordBlockBuilder::AddSequence(RecordSequence sequence,
                                     Timestamp received) {
  if (form_ == Form::kRequest) return;
  const uint32_t place = PlaceOf({sequence.commit, received});
  AppendZigzag(int64_t{place} - int64_t{last_place_}, places_);
  AppendZigzag(int64_t{sequence.position} - int64_t{last_position_},
               positions_);
  last_place_ = place;
  last_position_ = sequence.position;
}

uint32_t RecordBlockBuilder::PlaceOf(const Commit& commit) {
  // Mostly it is the one before.
  if (last_place_ < commits_.size() && commits_[last_place_] == commit) {
    return last_place_;
  }
  const auto [at, fresh] = commit_places_.try_emplace(
      commit.number, static_cast<uint32_t>(commits_.size()));
  // What a commit brought was received at once; any other order of the two is
  // kept all the same.
  if (!fresh && commits_[at->second].received != commit.received) {
    at->second = static_cast<uint32_t>(commits_.size());
  }
  if (at->second == commits_.size()) commits_.push_back(commit);
  return at->second;
}

void RecordBlockBuilder::AppendStreams(std::string& raw) {
  if (form_ == Form::kSealed) {
    AppendVarint(commits_.size(), raw);
    Commit last;
    for (const Commit& commit : commits_) {
      AppendZigzag(Minus(commit.number, last.number), raw);
      AppendZigzag(Minus(static_cast<uint64_t>(commit.received.ns),
                         static_cast<uint64_t>(last.received.ns)),
                   raw);
      last = commit;
    }
  }
  for (std::string* stream :
       {&heads_, &details_, &places_, &positions_, &sizes_}) {
    AppendBytes(*stream, raw);
    stream->clear();
  }
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
  AppendVarint(kVersion, raw);
  AppendVarint(count_, raw);
  AppendVarint((form_ == Form::kSealed ? kHasSequences : kHasTraceIds) |
                   (has_spans_ ? kHasSpans : 0),
               raw);
  if (has_spans_) {
    AppendContexts(own_.contexts(), raw);
    fields_.AppendTo(raw);
  }
  AppendStreams(raw);
  raw += parents_;
  raw += rests_;
  plain_ += plain_parents_;
  std::string stored;
  // Request blocks of spans are read once more and dropped: fields that came
  // twice are in them once already.
  CompressBlock(plain_, raw,
                form_ == Form::kRequest && has_spans_ ? Compression::kLz4
                                                      : Compression::kZstd,
                stored);
  count_ = 0;
  ++blocks_;
  has_spans_ = false;
  own_.Clear();
  fields_.Clear();
  for (std::string* s : {&parents_, &rests_, &plain_, &plain_parents_}) {
    s->clear();
  }
  commits_.clear();
  commit_places_.clear();
  last_place_ = 0;
  last_position_ = 0;
  last_start_ns_ = 0;
  return stored;
}

}  // namespace roentgen::storage
