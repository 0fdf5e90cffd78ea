// A block of records: what one request brought, or a run of sealed traces.
//
// Documents are kept byte for byte, but what the block knows anyway is cut out
// where it stands in canonical form: of X-Ray documents the trace id and their
// own id, of spans their ids and times (span_cut.h). What spans have in common
// is kept once per block, or once for many blocks (context_table.h).
//
// Layout before compression (see block_codec.h), varints unless said:
//   version (1; 2 when there are spans), record count, flags (1: records carry
//   sequences)
//   version 2: count of contexts, each three byte strings (SpanContext);
//   count of distinct fields of spans, each a byte string
//   per record:
//     head byte: 1 trace id follows (else that of the record before);
//                format in bits 4 to 7; of X-Ray documents
//                2 trace id cut out, 4 id cut out; of spans
//                2 cut (else kept whole), 4 has a parent, 8 times are in
//                microseconds
//     X-Ray: [16 bytes trace id] [offset of the trace id]
//            [8 bytes id, its offset]
//     spans: context: twice its number in the shared table, or twice its
//            number in this block plus one
//     [commit, position, received as zigzag differences to the record before]
//     length of what is left of the document
//   version 2, per cut span that names a parent: 0 it stands nowhere in this
//     block, 1 the name is empty; else how far before it among the cut spans
//     of its trace, twice, or how far after it, twice plus one
//   then what is left of each document, one after the other; of cut spans the
//     numbers of their other fields
// Plain bytes of version 2, for each record:
//     [16 bytes trace id, when it follows]
//     cut spans: 8 bytes id, start as zigzag difference to the cut span
//     before, end as zigzag difference to the start
//   then 8 bytes for each parent that is not there
//
// Threads: builders and readers belong to one thread.
#ifndef ROENTGEN_STORAGE_RECORD_RECORD_BLOCK_H_
#define ROENTGEN_STORAGE_RECORD_RECORD_BLOCK_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/wire.h"
#include "storage/model/ids.h"
#include "storage/model/record.h"
#include "storage/record/context_table.h"
#include "storage/record/field_dictionary.h"
#include "storage/record/span_cut.h"

namespace roentgen::storage {

class RecordBlockBuilder {
 public:
  enum class Sequences { kOmitted, kIncluded };
  // `shared`: takes the contexts of spans as far as it has room; outlives this
  // object. Without it each block keeps its own.
  explicit RecordBlockBuilder(Sequences sequences,
                              ContextTableBuilder* shared = nullptr)
      : sequences_(sequences), shared_(shared) {}

  // `own_id` is the id of the document's own entity: a hint of what to cut.
  void Add(const TraceId& trace_id, EntityId own_id,
           const StoredRecord& record) {
    Add(trace_id, own_id, record, record.document, record.context);
  }
  // For records that have no sequence yet.
  void Add(const TraceId& trace_id, EntityId own_id, RecordFormat format,
           std::string_view document,
           const std::shared_ptr<const SpanContext>& context = nullptr);

  size_t records() const { return count_; }
  bool has_spans() const { return has_spans_; }
  size_t raw_bytes() const {
    return heads_.size() + plain_.size() + rests_.size() + own_.bytes() +
           fields_.bytes();
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
  void AddDocument(const TraceId& trace_id, EntityId own_id, bool new_trace,
                   const StoredRecord& record, std::string_view document);
  void AddSpan(const TraceId& trace_id, bool new_trace,
               const StoredRecord& record, std::string_view span,
               const std::shared_ptr<const SpanContext>& context);
  void AddSequence(const StoredRecord& record);
  uint64_t ReferTo(const std::shared_ptr<const SpanContext>& context);
  void FinishTrace();

  const Sequences sequences_;
  ContextTableBuilder* const shared_;
  ContextTableBuilder own_;
  size_t count_ = 0;
  bool has_spans_ = false;
  TraceId last_trace_;
  RecordSequence last_sequence_;
  Timestamp last_received_;
  uint64_t last_start_ns_ = 0;
  std::vector<Sibling> siblings_;
  FieldDictionary fields_;
  std::vector<std::string_view> fields_left_;  // Of the span being added.
  std::string heads_;
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
  const TraceId& trace_id(size_t i) const { return entries_[i].trace_id; }
  // The record with its document restored. Sequence and arrival are zero when
  // the block does not carry them.
  StoredRecord Get(size_t i) const;

  // Without contexts that are shared with other blocks.
  size_t MemoryBytes() const {
    return sizeof(*this) + raw_.capacity() +
           entries_.capacity() * sizeof(Entry) +
           fields_.capacity() * sizeof(Field) + own_bytes_;
  }

 private:
  struct Entry {
    TraceId trace_id;
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

    size_t rest_offset = 0;
    size_t rest_size = 0;
  };
  class Reader;

  // In `raw_`, which moves with the block.
  struct Field {
    size_t begin = 0;
    size_t size = 0;
  };

  std::string raw_;
  std::vector<Field> fields_;
  std::vector<Entry> entries_;
  size_t own_bytes_ = 0;
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_RECORD_RECORD_BLOCK_H_
