// Open traces -> the blocks, locators, columns and groups of a sealed batch.
//
// Threads: one thread per builder; nothing is written here.
#ifndef ROENTGEN_STORAGE_LIVE_BATCH_BUILDER_H_
#define ROENTGEN_STORAGE_LIVE_BATCH_BUILDER_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/limits.h"
#include "base/seeded_hash.h"
#include "storage/engine/trace_engine.h"
#include "storage/index/group_rows.h"
#include "storage/index/index_columns.h"
#include "storage/index/index_format.h"
#include "storage/live/open_table.h"
#include "storage/live/sealed_batch.h"
#include "storage/record/context_table.h"
#include "storage/record/record_block.h"
#include "trace/assembly/message_links.h"
#include "trace/assembly/trace.h"
#include "trace/mapping/attribute_notes.h"
#include "trace/mapping/record_document.h"

namespace roentgen::storage {

// Reads open records; parses each block once, and in it each field of spans.
class BlockReader {
 public:
  // A field that spans of any block have, read once.
  struct Field {
    NotedField noted;
    // Its number in the block that is being sealed, if that is `sealed_block`.
    uint64_t sealed_block = UINT64_MAX;
    uint32_t sealed_number = 0;
  };
  // A block, parsed.
  struct Parsed {
    // By whose address it is known.
    std::shared_ptr<const std::string> stored;
    RecordBlock block;
    // By the block's number of a field; null for those not read yet.
    std::vector<Field*> fields;
  };

  // Told of each record of a trace that is assembled, in order, with its block
  // and, of a span that is kept cut, its fields; none of others. They live as
  // long as the call.
  using OnRecord = absl::FunctionRef<absl::Status(
      const OpenRecord&, const RecordBlock&, std::span<Field* const>)>;

  // Documents after so many attributes of a trace leave theirs out.
  explicit BlockReader(
      size_t attributes_max = limits::kIndexedTraceAttributesMax);

  // The record with its document restored.
  absl::StatusOr<StoredRecord> Read(const TraceId& id,
                                    const OpenRecord& record);
  // Makes the records of a sealed block readable as those of open traces; as
  // long as this object lives, or until DropSealed. `shared` as in
  // RecordBlock::Parse. Errors: DataLoss.
  absl::StatusOr<const RecordBlock*> AddSealed(
      const std::shared_ptr<const std::string>& stored,
      const ContextTable* shared);
  // Forgets those blocks, and the trace that was assembled of them.
  void DropSealed();
  // Stands for this reader where attributes of the trace assembled last are
  // numbered.
  uint64_t numbering() const { return numbering_; }
  // The trace stays until the assembler's next call, and as long as this
  // object lives. Errors: DataLoss; those of `on_record`.
  absl::StatusOr<const Trace*> Assemble(const TraceId& id,
                                        const std::vector<OpenRecord>& records,
                                        TraceAssembler& assembler,
                                        OnRecord on_record);
  absl::StatusOr<const Trace*> Assemble(const TraceId& id,
                                        const std::vector<OpenRecord>& records,
                                        TraceAssembler& assembler) {
    const auto nothing = [](const auto&...) { return absl::OkStatus(); };
    return Assemble(id, records, assembler, nothing);
  }

 private:
  static std::unique_ptr<Parsed> Keep(
      const std::shared_ptr<const std::string>& stored, RecordBlock block);
  // The block of a record, which has it. Errors: DataLoss.
  absl::StatusOr<Parsed*> Find(const OpenRecord& record);
  // Sets `found_` to the fields of a span that is kept cut. Errors: DataLoss.
  absl::Status FindFields(Parsed& from, uint32_t record);
  absl::Status ReadDocument(const TraceId& id, const OpenRecord& record,
                            SpanPlace place, OnRecord on_record,
                            RecordDocuments& documents, SegmentDocument& out);
  // Sets `slot`, which is null, if the field is remembered. Null: it does not
  // read.
  Field* AddField(std::string_view whole, Field*& slot);
  // Spans that share nothing make very many.
  void ForgetFields();

  size_t attributes_max_;
  uint64_t numbering_;
  absl::flat_hash_map<const std::string*, std::unique_ptr<Parsed>> blocks_;
  std::vector<const std::string*> sealed_;  // Of those.
  ContextTableBuilder contexts_;
  std::deque<Field> fields_;
  // Of the span that was read last: those that are not remembered.
  std::deque<Field> unnoted_;
  // By their bytes, which the blocks hold.
  absl::flat_hash_map<std::string_view, Field*, SeededHash> by_bytes_;
  // Of the record or the trace that is being read.
  std::vector<Field*> found_;
  std::vector<const NotedField*> noted_;
  std::vector<TraceAssembler::Arrival> arrivals_;
  size_t attributes_ = 0;  // Of the trace, as far as they are told.
};

// A sealed trace's records as open ones again, in a block of their own.
absl::StatusOr<ReopenedTrace> ToOpenRecords(
    const TraceId& id, const std::vector<StoredRecord>& records);

// All records of an open trace, in order, for `reader`.
struct JoinedRecords {
  std::vector<OpenRecord> records;
  size_t earlier = 0;  // The first so many stay where they are.
  // Why the earlier ones are left out: DataLoss, or what may go well another
  // time.
  absl::Status missing;
};
JoinedRecords JoinRecords(const OpenPart& part, BlockReader& reader);

struct TraceToSeal {
  TraceId id;
  OpenPart part;  // Its `records` are packed; earlier ones stay where they are.
  // As Locator has them.
  size_t bytes = 0;
  std::vector<uint64_t> contexts = {};
};

struct BuiltBatch {
  BatchHead head;  // `through_commit` is the caller's to set.
  std::vector<std::string> blocks;
  std::string contexts;  // What the blocks share, packed; empty for none.
  std::vector<Locator> locators;  // One per trace; `batch` is not set.
  // Traces whose rows lack their earlier records, by ordinal, ascending, and
  // why.
  std::vector<std::pair<uint32_t, absl::Status>> lacking;
  // What the chunks were packed of, and the groups that are in it.
  IndexColumns columns{IndexColumns::Summaries::kTold};
  std::vector<GroupRows> groups;
  std::vector<IndexChunk> chunks;
};

// Edges to a trace from the senders of its messages.
struct ResolvedLinks {
  std::vector<LinkEdge> edges;
  bool missing = false;  // Some sender is not stored.
};
using ResolveLinks = std::function<ResolvedLinks(const Trace&)>;

// `traces` in order of arrival, best; `groups` decide what they belong to;
// `rules` are those of the store. Errors: DataLoss when a record does not
// decode.
absl::StatusOr<BuiltBatch> BuildBatch(const std::vector<TraceToSeal>& traces,
                                      const std::vector<GroupTest>& groups,
                                      const ResolveLinks& resolve_links,
                                      AssemblyRules rules = {});

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_LIVE_BATCH_BUILDER_H_
