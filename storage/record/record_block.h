// A block of records: what one request brought, or a run of sealed traces.
//
// The document is kept byte for byte, but its trace id and its own id, which
// the block knows anyway, are cut out where they stand in canonical form.
//
// Layout before compression (see block_codec.h), varints unless said:
//   version (1), record count, flags (1: records carry sequences)
//   per record:
//     head byte: 1 trace id follows (else that of the record before)
//                2 trace id cut out, 4 id cut out; format in bits 4 to 7
//     [16 bytes trace id] [offset of the trace id] [8 bytes id, its offset]
//     [commit, position, received as zigzag differences to the record before]
//     length of what is left of the document
//   then what is left of each document, one after the other
//
// Threads: builders and readers belong to one thread.
#ifndef ROENTGEN_STORAGE_RECORD_RECORD_BLOCK_H_
#define ROENTGEN_STORAGE_RECORD_RECORD_BLOCK_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/model/ids.h"
#include "storage/model/record.h"

namespace roentgen::storage {

class RecordBlockBuilder {
 public:
  enum class Sequences { kOmitted, kIncluded };
  explicit RecordBlockBuilder(Sequences sequences) : sequences_(sequences) {}

  // `own_id` is the id of the document's own entity: a hint of what to cut.
  void Add(const TraceId& trace_id, EntityId own_id,
           const StoredRecord& record) {
    Add(trace_id, own_id, record, record.document);
  }
  // For records that have no sequence yet.
  void Add(const TraceId& trace_id, EntityId own_id, RecordFormat format,
           std::string_view document);

  size_t records() const { return count_; }
  size_t raw_bytes() const { return heads_.size() + rests_.size(); }

  // The stored form of all that was added; the builder is empty again.
  std::string Finish();

 private:
  void Add(const TraceId& trace_id, EntityId own_id, const StoredRecord& record,
           std::string_view document);

  const Sequences sequences_;
  size_t count_ = 0;
  TraceId last_trace_;
  RecordSequence last_sequence_;
  Timestamp last_received_;
  std::string heads_;
  std::string rests_;
};

class RecordBlock {
 public:
  // Errors: DataLoss when the bytes are no record block.
  static absl::StatusOr<RecordBlock> Parse(std::string_view stored);

  size_t size() const { return entries_.size(); }
  const TraceId& trace_id(size_t i) const { return entries_[i].trace_id; }
  // The record with its document restored. Sequence and arrival are zero when
  // the block does not carry them.
  StoredRecord Get(size_t i) const;

  size_t MemoryBytes() const {
    return sizeof(*this) + raw_.capacity() +
           entries_.capacity() * sizeof(Entry);
  }

 private:
  struct Entry {
    TraceId trace_id;
    EntityId own_id;
    RecordSequence sequence;
    Timestamp received;
    RecordFormat format = RecordFormat::kXrayJson;
    bool trace_id_cut = false;
    bool own_id_cut = false;
    size_t trace_id_offset = 0;
    size_t own_id_offset = 0;
    size_t rest_offset = 0;
    size_t rest_size = 0;
  };

  absl::Status ReadEntries();

  std::string raw_;
  std::vector<Entry> entries_;
};

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_RECORD_RECORD_BLOCK_H_
