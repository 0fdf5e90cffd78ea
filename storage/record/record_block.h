// A block of records: what one request brought, or a run of sealed traces.
//
// Documents are kept byte for byte, but what the block knows anyway is cut out
// where it stands in canonical form: of X-Ray documents the trace id and their
// own id, of spans their ids and times (span_cut.h). What spans have in common
// is kept once per block, or once for many blocks (context_table.h).
//
// Layout before compression (see block_codec.h), varints unless said:
//   version 1, record count, flags (1: records carry sequences; 2: the block
//   knows the trace ids; 4: there are spans)
//   flag 4: count of contexts, each three byte strings (SpanContext); count of
//   distinct fields of spans, each a byte string
//   flag 1: count of commits, per commit its number and when its records were
//   received, as zigzag differences to the one before
//   five streams, each a byte string, with a value for each record:
//     head byte: 1 another trace begins; format in bits 4 to 7;
//                of X-Ray documents 2 trace id cut out, 4 id cut out; of spans
//                2 cut (else kept whole), 4 has a parent, 8 times are in
//                microseconds
//     details: of X-Ray documents [16 bytes trace id, of the first of a trace]
//              [offset of the trace id] [8 bytes id, its offset]; of spans the
//              context: twice its number in the shared table, or twice its
//              number in this block plus one
//     flag 1: place of the commit, as zigzag difference to the record before
//     flag 1: position in the commit, likewise
//     length of what is left of the document
//   per cut span that names a parent: 0 it stands nowhere in this block, 1 the
//     name is empty; else how far before it among the cut spans of its trace,
//     twice, or how far after it, twice plus one
//   then what is left of each document, one after the other; of cut spans the
//     numbers of their other fields
// Plain bytes, for each record:
//     [16 bytes trace id, of the first of a trace if that is a span]
//     cut spans: 8 bytes id, start as zigzag difference to the cut span
//     before, end as zigzag difference to the start
//   then 8 bytes for each parent that is not there
//
// Threads: builders and readers belong to one thread.
#ifndef ROENTGEN_STORAGE_RECORD_RECORD_BLOCK_H_
#define ROENTGEN_STORAGE_RECORD_RECORD_BLOCK_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/timestamp.h"
#include "storage/record/context_table.h"
#include "storage/record/field_dictionary.h"
#include "storage/record/span_cut.h"
#include "trace/model/ids.h"
#include "trace/model/record.h"

namespace roentgen::storage {

class RecordBlockBuilder {
 public:
  // What of its records a block knows. A request does not know when it is
  // committed; who looks for a sealed trace knows its id.
  enum class Form { kRequest, kSealed };
  // `shared`: takes the contexts of spans as far as it has room; outlives this
  // object. Without it each block keeps its own.
  explicit RecordBlockBuilder(Form form, ContextTableBuilder* shared = nullptr)
      : form_(form), shared_(shared) {}

  // `own_id` is the id of the document's own entity: a hint of what to cut.
  void Add(const TraceId& trace_id, EntityId own_id,
           const StoredRecord& record) {
    Add(trace_id, own_id, record, record.document, record.context);
  }
  // For records that have no sequence yet.
  void Add(const TraceId& trace_id, EntityId own_id, RecordFormat format,
           std::string_view document,
           const std::shared_ptr<const SpanContext>& context = nullptr);

  // A span that another block keeps cut, without restoring it: its other
  // fields are told by the numbers that AddField gave them for this block.
  void AddCut(const TraceId& trace_id, RecordSequence sequence,
              Timestamp received, const SpanColumns& columns,
              std::span<const uint32_t> fields,
              const std::shared_ptr<const SpanContext>& context);
  uint32_t AddField(std::string_view field) { return fields_.Add(field); }
  // How many blocks were finished: numbers of fields hold for one block.
  uint64_t blocks() const { return blocks_; }

  size_t records() const { return count_; }
  bool has_spans() const { return has_spans_; }
  size_t raw_bytes() const {
    return heads_.size() + details_.size() + places_.size() +
           positions_.size() + sizes_.size() + plain_.size() + rests_.size() +
           own_.bytes() + fields_.bytes();
  }

  // The stored form of all that was added; the builder is empty again.
  std::string Finish();

 private:
  // A cut span of the trace that is being added.
  struct Sibling {
    EntityId id;
    SpanColumns::Parent parent = SpanColumns::Parent::kAbsent;
    EntityId parent_id;
  };

  void Add(const TraceId& trace_id, EntityId own_id, const StoredRecord& record,
           std::string_view document,
           const std::shared_ptr<const SpanContext>& context);
  // Of the next record; whether it is the first of its trace.
  bool Begin(const TraceId& trace_id);
  void FinishSpan(bool new_trace, size_t rest_begin, RecordSequence sequence,
                  Timestamp received, const SpanColumns* cut,
                  const std::shared_ptr<const SpanContext>& context);
  void AddDocument(const TraceId& trace_id, EntityId own_id, bool new_trace,
                   const StoredRecord& record, std::string_view document);
  void AddSpan(const TraceId& trace_id, bool new_trace,
               const StoredRecord& record, std::string_view span,
               const std::shared_ptr<const SpanContext>& context);
  void AddSequence(RecordSequence sequence, Timestamp received);
  void AppendStreams(std::string& raw);
  uint64_t ReferTo(const std::shared_ptr<const SpanContext>& context);
  void FinishTrace();

  struct Commit {
    uint64_t number = 0;
    Timestamp received;

    friend bool operator==(const Commit&, const Commit&) = default;
  };
  // Its place among those of the block.
  uint32_t PlaceOf(const Commit& commit);

  const Form form_;
  ContextTableBuilder* const shared_;
  ContextTableBuilder own_;
  size_t count_ = 0;
  uint64_t blocks_ = 0;
  bool has_spans_ = false;
  TraceId last_trace_;
  std::vector<Commit> commits_;
  absl::flat_hash_map<uint64_t, uint32_t> commit_places_;
  uint32_t last_place_ = 0;
  uint32_t last_position_ = 0;
  uint64_t last_start_ns_ = 0;
  std::vector<Sibling> siblings_;
  FieldDictionary fields_;
  // Of the span being added.
  std::vector<std::string_view> fields_left_;
  std::vector<uint32_t> numbers_;  // Of those fields.
  // Streams, by record.
  std::string heads_;
  std::string details_;
  std::string places_;
  std::string positions_;
  std::string sizes_;
  std::string parents_;
  std::string rests_;
  std::string plain_;
  std::string plain_parents_;
};

class RecordBlock {
 public:
  // `shared`: the table that the block's builder filled; null for none.
  // `interned`: makes equal contexts of many blocks one.
  // Errors: DataLoss when the bytes are no record block.
  static absl::StatusOr<RecordBlock> Parse(
      std::string_view stored, const ContextTable* shared = nullptr,
      ContextTableBuilder* interned = nullptr);

  size_t size() const { return entries_.size(); }
  // Whether it knows the trace ids of its records: blocks of requests do.
  bool has_trace_ids() const { return has_trace_ids_; }
  const TraceId& trace_id(size_t i) const { return entries_[i].trace_id; }
  // Whether the record is the first of its trace in this block.
  bool first_of_trace(size_t i) const { return entries_[i].first_of_trace; }
  // The record with its document restored. Sequence and arrival are zero when
  // the block does not carry them. `trace_id` is that of the record.
  StoredRecord Get(size_t i, const TraceId& trace_id) const;
  // Of a block that has trace ids.
  StoredRecord Get(size_t i) const { return Get(i, entries_[i].trace_id); }

  // Zero when the block does not carry them.
  RecordSequence sequence(size_t i) const { return entries_[i].sequence; }
  Timestamp received(size_t i) const { return entries_[i].received; }

  // Of a span that is kept cut: what was cut out, and the numbers of its other
  // fields.
  bool is_cut(size_t i) const { return entries_[i].span_cut; }
  const SpanColumns& columns(size_t i) const { return entries_[i].columns; }
  const std::shared_ptr<const SpanContext>& context(size_t i) const {
    return entries_[i].context;
  }
  // All are below fields().
  std::span<const uint32_t> FieldNumbers(size_t i) const {
    return std::span(numbers_).subspan(entries_[i].numbers_begin,
                                       entries_[i].numbers);
  }
  size_t fields() const { return fields_.size(); }
  std::string_view field(uint32_t number) const {
    return std::string_view(raw_).substr(fields_[number].begin,
                                         fields_[number].size);
  }

  // Without contexts that are shared with other blocks.
  size_t MemoryBytes() const {
    return sizeof(*this) + raw_.capacity() +
           entries_.capacity() * sizeof(Entry) +
           fields_.capacity() * sizeof(Field) +
           numbers_.capacity() * sizeof(uint32_t) + own_bytes_;
  }

 private:
  struct Entry {
    TraceId trace_id;  // Zero where the block has none.
    bool first_of_trace = false;
    RecordSequence sequence;
    Timestamp received;
    RecordFormat format = RecordFormat::kXrayJson;
    // Of X-Ray documents.
    bool trace_id_cut = false;
    bool own_id_cut = false;
    EntityId own_id;
    size_t trace_id_offset = 0;
    size_t own_id_offset = 0;
    // Of spans.
    bool span_cut = false;
    SpanColumns columns;
    std::shared_ptr<const SpanContext> context;
    // Of the cut span's fields, in `numbers_`.
    size_t numbers_begin = 0;
    size_t numbers = 0;

    size_t rest_offset = 0;
    size_t rest_size = 0;
  };
  class Reader;

  // In `raw_`, which moves with the block and is no longer than
  // limits::kBlockBytesMax. There may be very many.
  struct Field {
    uint32_t begin = 0;
    uint32_t size = 0;
  };

  std::string raw_;
  std::vector<Field> fields_;
  std::vector<uint32_t> numbers_;  // Of fields, span after span.
  std::vector<Entry> entries_;
  size_t own_bytes_ = 0;
  bool has_trace_ids_ = true;
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_RECORD_RECORD_BLOCK_H_
