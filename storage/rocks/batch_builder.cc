#include "storage/rocks/batch_builder.h"

#include <utility>

#include "base/limits.h"
#include "base/status_macros.h"
#include "storage/assembly/trace.h"
#include "storage/index/batch_index.h"
#include "storage/index/trace_bitmap.h"
#include "storage/mapping/record_document.h"
#include "storage/record/context_table.h"

namespace roentgen::storage {
namespace {

class Builder {
 public:
  explicit Builder(const ResolveLinks& resolve_links)
      : resolve_links_(resolve_links) {}

  absl::StatusOr<BuiltBatch> Run(const std::vector<TraceToSeal>& traces,
                                 const std::vector<GroupTest>& groups) && {
    for (const TraceToSeal& trace : traces) {
      RTG_RETURN_IF_ERROR(AddTrace(trace));
    }
    if (block_.records() > 0) batch_.blocks.push_back(block_.Finish());
    batch_.head.traces = batch_.columns.traces();
    batch_.head.blocks = static_cast<uint32_t>(batch_.blocks.size());
    RTG_ASSIGN_OR_RETURN(
        batch_.groups,
        FindGroupRows(groups, batch_.columns,
                      TraceBitmap(batch_.columns.traces(), true),
                      [&](uint32_t i) { return Read(traces[i]); }));
    SetGroups();
    if (!contexts_.contexts().empty()) {
      batch_.contexts = PackContexts(contexts_.contexts());
    }
    batch_.chunks = PackColumns(batch_.columns);
    return std::move(batch_);
  }

 private:
  void SetGroups() {
    if (batch_.groups.empty()) return;
    std::vector<std::string> ids;
    for (uint32_t i = 0; i < batch_.columns.traces(); ++i) {
      ids.clear();
      for (const GroupRows& group : batch_.groups) {
        if (group.traces.Test(i)) ids.push_back(group.group_id);
      }
      if (!ids.empty()) batch_.columns.SetGroups(i, ids);
    }
  }

  absl::StatusOr<TraceRecords> Read(const TraceToSeal& trace) {
    TraceRecords records{.trace_id = trace.id, .records = {}};
    for (const OpenRecord& record : trace.records) {
      RTG_ASSIGN_OR_RETURN(StoredRecord stored, reader_.Read(record));
      records.records.push_back(std::move(stored));
    }
    return records;
  }

  absl::Status AddTrace(const TraceToSeal& trace) {
    RTG_ASSIGN_OR_RETURN(const TraceRecords records, Read(trace));
    size_t bytes = 0;
    for (const StoredRecord& record : records.records) {
      bytes += record.document.size();
    }
    // Whole traces in a block, as far as they fit.
    if (block_.records() > 0 && !Fits(records.records.size(), bytes)) {
      batch_.blocks.push_back(block_.Finish());
    }
    batch_.locators.push_back(
        {.ordinal = batch_.columns.traces(),
         .block = static_cast<uint32_t>(batch_.blocks.size()),
         .first = static_cast<uint32_t>(block_.records()),
         .records = static_cast<uint32_t>(records.records.size())});
    for (size_t i = 0; i < records.records.size(); ++i) {
      const StoredRecord& record = records.records[i];
      if (block_.records() > 0 && !Fits(1, record.document.size())) {
        batch_.blocks.push_back(block_.Finish());
      }
      const EntityId own = trace.records[i].facts.entities.front().id;
      block_.Add(trace.id, own, record);
    }
    return AddIndex(records);
  }

  bool Fits(size_t records, size_t bytes) const {
    // Spans take little room beside others that say the same.
    if (block_.has_spans()) {
      return block_.records() + records <= limits::kSealedSpanBlockRecordsMax &&
             block_.raw_bytes() + bytes <= limits::kSealedSpanBlockBytesMax;
    }
    return block_.records() + records <= limits::kSealedBlockRecordsMax &&
           block_.raw_bytes() + bytes <= limits::kSealedBlockBytesMax;
  }

  absl::Status AddIndex(const TraceRecords& records) {
    RTG_ASSIGN_OR_RETURN(const Trace* assembled, assembler_.Assemble(records));
    const Trace& trace = *assembled;
    const Timestamp received = records.records.back().received;
    batch_.columns.Add(trace, received, resolve_links_(trace).edges);
    BatchHead& head = batch_.head;
    head.records += static_cast<uint32_t>(records.records.size());
    head.start.Add(trace.times.start.ns);
    head.latest_start.Add(trace.times.latest_start.ns);
    head.event.Add(trace.times.event.ns);
    if (trace.times.service_end) {
      head.service_end.Add(trace.times.service_end->ns);
    }
    head.received.Add(received.ns);
    return absl::OkStatus();
  }

  const ResolveLinks& resolve_links_;
  BlockReader reader_;
  TraceAssembler assembler_;
  ContextTableBuilder contexts_{limits::kBatchContextBytesMax};
  RecordBlockBuilder block_{RecordBlockBuilder::Form::kSealed, &contexts_};
  BuiltBatch batch_;
};

}  // namespace

absl::StatusOr<StoredRecord> BlockReader::Read(const OpenRecord& record) {
  std::unique_ptr<RecordBlock>& block = blocks_[record.block.get()];
  if (block == nullptr) {
    RTG_ASSIGN_OR_RETURN(
        RecordBlock parsed,
        RecordBlock::Parse(*record.block, nullptr, &contexts_));
    block = std::make_unique<RecordBlock>(std::move(parsed));
  }
  if (record.index >= block->size()) {
    return absl::DataLossError("record block: shorter than its records");
  }
  StoredRecord stored = block->Get(record.index);
  stored.sequence = record.sequence;
  stored.received = record.received;
  return stored;
}

absl::StatusOr<std::vector<OpenRecord>> ToOpenRecords(
    const TraceId& id, const std::vector<StoredRecord>& records) {
  RecordDocuments documents;
  SegmentDocument document;
  RecordBlockBuilder builder(RecordBlockBuilder::Form::kRequest);
  std::vector<OpenRecord> out;
  size_t first = 0;  // Of the block that is being built.
  const auto finish_block = [&] {
    const auto block = std::make_shared<const std::string>(builder.Finish());
    for (; first < out.size(); ++first) out[first].block = block;
  };
  for (const StoredRecord& record : records) {
    RTG_RETURN_IF_ERROR(documents.Read(record, Texts::kOmitted, document));
    out.push_back(
        {.sequence = record.sequence,
         .received = record.received,
         .block = nullptr,
         .index = static_cast<uint32_t>(builder.records()),
         .in_log = false,
         .document_bytes = static_cast<uint32_t>(record.document.size()),
         .facts = document.Facts()});
    builder.Add(id, document.root().id, record.format, record.document,
                record.context);
    if (builder.raw_bytes() > limits::kSealedBlockBytesMax) finish_block();
  }
  if (builder.records() > 0) finish_block();
  return out;
}

absl::StatusOr<BuiltBatch> BuildBatch(const std::vector<TraceToSeal>& traces,
                                      const std::vector<GroupTest>& groups,
                                      const ResolveLinks& resolve_links) {
  return Builder(resolve_links).Run(traces, groups);
}

}  // namespace roentgen::storage
