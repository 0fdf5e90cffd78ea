#include "storage/live/batch_builder.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "base/limits.h"
#include "base/status_macros.h"
#include "storage/index/batch_index.h"
#include "storage/index/trace_bitmap.h"
#include "storage/record/context_table.h"
#include "trace/assembly/trace.h"
#include "trace/mapping/record_document.h"

namespace roentgen::storage {
namespace {

class Builder {
 public:
  Builder(const ResolveLinks& resolve_links, AssemblyRules rules)
      : resolve_links_(resolve_links), rules_(rules), assembler_(rules) {}

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
    TraceRecords records{.trace_id = trace.id, .records = {}, .rules = rules_};
    const JoinedRecords joined = JoinRecords(trace.part, reader_);
    for (const OpenRecord& record : joined.records) {
      RTG_ASSIGN_OR_RETURN(StoredRecord stored, reader_.Read(trace.id, record));
      records.records.push_back(std::move(stored));
    }
    reader_.DropSealed();
    return records;
  }

  absl::Status AddTrace(const TraceToSeal& trace) {
    size_t bytes = 0;
    const std::vector<OpenRecord>& records = trace.part.records;
    for (const OpenRecord& record : records) bytes += record.document_bytes;
    // Whole traces in a block, as far as they fit.
    if (block_.records() > 0 && !Fits(records.size(), bytes)) {
      batch_.blocks.push_back(block_.Finish());
    }
    Locator& locator = batch_.locators.emplace_back(
        Locator{.ordinal = batch_.columns.traces(),
                .block = static_cast<uint32_t>(batch_.blocks.size()),
                .first = static_cast<uint32_t>(block_.records()),
                .records = static_cast<uint32_t>(records.size()),
                .bytes = trace.bytes,
                .contexts = trace.contexts});
    if (trace.part.earlier != nullptr) {
      locator.earlier = trace.part.earlier->pieces();
    }
    return AddIndex(trace);
  }

  absl::Status AddRecord(const TraceId& id, const OpenRecord& record,
                         const RecordBlock& block,
                         std::span<BlockReader::Field* const> fields) {
    if (block_.records() > 0 && !Fits(1, record.document_bytes)) {
      batch_.blocks.push_back(block_.Finish());
    }
    if (!block.is_cut(record.index)) {
      RTG_ASSIGN_OR_RETURN(const StoredRecord stored, reader_.Read(id, record));
      block_.Add(id, record.own_id, stored);
      return absl::OkStatus();
    }
    numbers_.clear();
    for (BlockReader::Field* field : fields) {
      if (field->sealed_block != block_.blocks()) {
        field->sealed_block = block_.blocks();
        field->sealed_number = block_.AddField(field->noted.field.whole);
      }
      numbers_.push_back(field->sealed_number);
    }
    block_.AddCut(id, record.sequence, record.received,
                  block.columns(record.index), numbers_,
                  block.context(record.index));
    return absl::OkStatus();
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

  absl::Status AddIndex(const TraceToSeal& sealed) {
    const std::vector<OpenRecord>& own = sealed.part.records;
    JoinedRecords joined;
    if (sealed.part.earlier != nullptr) {
      joined = JoinRecords(sealed.part, reader_);
      if (!joined.missing.ok()) {
        batch_.lacking.emplace_back(batch_.columns.traces(), joined.missing);
      }
    }
    const std::vector<OpenRecord>& records =
        sealed.part.earlier == nullptr ? own : joined.records;
    RTG_ASSIGN_OR_RETURN(
        const Trace* assembled,
        reader_.Assemble(
            sealed.id, records, assembler_,
            [&](const OpenRecord& record, const RecordBlock& block,
                std::span<BlockReader::Field* const> fields) -> absl::Status {
              if (&record < records.data() + joined.earlier) {
                return absl::OkStatus();
              }
              return AddRecord(sealed.id, record, block, fields);
            }));
    const Trace& trace = *assembled;
    const Timestamp received = own.back().received;
    batch_.columns.Add(trace, received, resolve_links_(trace).edges,
                       reader_.numbering());
    BatchHead& head = batch_.head;
    head.records += static_cast<uint32_t>(own.size());
    head.start.Add(trace.times.start.ns);
    head.latest_start.Add(trace.times.latest_start.ns);
    head.event.Add(trace.times.event.ns);
    if (const auto service_time = trace.times.ServiceTime()) {
      head.service_end.Add(service_time->ns);
    }
    head.received.Add(received.ns);
    reader_.DropSealed();
    return absl::OkStatus();
  }

  const ResolveLinks& resolve_links_;
  const AssemblyRules rules_;
  BlockReader reader_;
  TraceAssembler assembler_;
  // Of the span being added: the numbers of its fields in the block.
  std::vector<uint32_t> numbers_;
  ContextTableBuilder contexts_{limits::kBatchContextBytesMax};
  RecordBlockBuilder block_{RecordBlockBuilder::Form::kSealed, &contexts_};
  BuiltBatch batch_;
};

uint64_t NextNumbering() {
  static std::atomic<uint64_t> last = 0;
  return ++last;
}

}  // namespace

BlockReader::BlockReader(size_t attributes_max)
    : attributes_max_(attributes_max), numbering_(NextNumbering()) {}

std::unique_ptr<BlockReader::Parsed> BlockReader::Keep(
    const std::shared_ptr<const std::string>& stored, RecordBlock block) {
  auto parsed = std::make_unique<Parsed>(
      Parsed{.stored = stored, .block = std::move(block), .fields = {}});
  parsed->fields.resize(parsed->block.fields());
  return parsed;
}

absl::StatusOr<const RecordBlock*> BlockReader::AddSealed(
    const std::shared_ptr<const std::string>& stored,
    const ContextTable* shared) {
  RTG_ASSIGN_OR_RETURN(RecordBlock block,
                       RecordBlock::Parse(*stored, shared, &contexts_));
  std::unique_ptr<Parsed>& parsed = blocks_[stored.get()];
  parsed = Keep(stored, std::move(block));
  sealed_.push_back(stored.get());
  return &parsed->block;
}

void BlockReader::DropSealed() {
  if (sealed_.empty()) return;
  ForgetFields();
  for (const std::string* stored : sealed_) blocks_.erase(stored);
  sealed_.clear();
}

absl::StatusOr<BlockReader::Parsed*> BlockReader::Find(
    const OpenRecord& record) {
  std::unique_ptr<Parsed>& parsed = blocks_[record.block.get()];
  if (parsed == nullptr) {
    RTG_ASSIGN_OR_RETURN(
        RecordBlock block,
        RecordBlock::Parse(*record.block, nullptr, &contexts_));
    parsed = Keep(record.block, std::move(block));
  }
  if (record.index >= parsed->block.size()) {
    return absl::DataLossError("record block: shorter than its records");
  }
  return parsed.get();
}

absl::StatusOr<const Trace*> BlockReader::Assemble(
    const TraceId& id, const std::vector<OpenRecord>& records,
    TraceAssembler& assembler, OnRecord on_record) {
  if (fields_.size() >= limits::kRememberedFieldsMax) ForgetFields();
  attributes_ = 0;
  arrivals_.clear();
  for (const OpenRecord& record : records) {
    arrivals_.push_back({record.sequence, record.received});
  }
  return assembler.Assemble(
      id, arrivals_,
      [&](RecordDocuments& documents, size_t i, SpanPlace place,
          SegmentDocument& out) -> absl::Status {
        if (place == SpanPlace::kEntry) {
          // A second time: it was told, and its attributes counted.
          attributes_ -= std::min(attributes_, out.attributes());
          RTG_RETURN_IF_ERROR(ReadDocument(
              id, records[i], place,
              [](const auto&...) { return absl::OkStatus(); }, documents, out));
        } else {
          RTG_RETURN_IF_ERROR(
              ReadDocument(id, records[i], place, on_record, documents, out));
        }
        if (attributes_ + out.attributes() > attributes_max_) {
          out.LeaveOutAttributes();
        }
        attributes_ += out.attributes();
        return absl::OkStatus();
      });
}

absl::Status BlockReader::ReadDocument(const TraceId& id,
                                       const OpenRecord& record,
                                       SpanPlace place, OnRecord on_record,
                                       RecordDocuments& documents,
                                       SegmentDocument& out) {
  RTG_ASSIGN_OR_RETURN(Parsed* const parsed, Find(record));
  const RecordBlock& block = parsed->block;
  const bool is_cut = block.is_cut(record.index);
  found_.clear();
  if (is_cut) RTG_RETURN_IF_ERROR(FindFields(*parsed, record.index));
  RTG_RETURN_IF_ERROR(on_record(record, block, found_));
  if (is_cut) {
    noted_.clear();
    for (const Field* field : found_) noted_.push_back(&field->noted);
    const SpanColumns& columns = block.columns(record.index);
    SpanInParts span{.trace_id = id,
                     .id = columns.id,
                     .parent_id = std::nullopt,
                     .start_ns = columns.start_ns,
                     .end_ns = columns.end_ns,
                     .fields = noted_,
                     .context = block.context(record.index)};
    if (columns.parent == SpanColumns::Parent::kGiven) {
      span.parent_id = columns.parent_id;
    }
    RTG_ASSIGN_OR_RETURN(const bool is_read,
                         documents.ReadParts(span, place, out));
    if (is_read) return absl::OkStatus();
  }
  RTG_ASSIGN_OR_RETURN(const StoredRecord stored, Read(id, record));
  return documents.Read(stored, place, Texts::kOmitted, out);
}

absl::Status BlockReader::FindFields(Parsed& from, uint32_t record) {
  unnoted_.clear();
  for (uint32_t number : from.block.FieldNumbers(record)) {
    Field* field = from.fields[number];
    if (field == nullptr) {
      field = AddField(from.block.field(number), from.fields[number]);
    }
    if (field == nullptr) {
      return absl::DataLossError("a stored span does not read");
    }
    found_.push_back(field);
  }
  return absl::OkStatus();
}

void BlockReader::ForgetFields() {
  by_bytes_.clear();
  fields_.clear();
  for (auto& [block, parsed] : blocks_) {
    std::fill(parsed->fields.begin(), parsed->fields.end(), nullptr);
  }
  numbering_ = NextNumbering();
}

BlockReader::Field* BlockReader::AddField(std::string_view whole,
                                          Field*& slot) {
  const auto found = by_bytes_.find(whole);
  if (found != by_bytes_.end()) return slot = found->second;
  const bool remembered = fields_.size() < limits::kRememberedFieldsMax;
  std::deque<Field>& fields = remembered ? fields_ : unnoted_;
  Field& field = fields.emplace_back();
  SpanField& read = field.noted.field;
  if (!ReadSpanField(whole, read)) {
    fields.pop_back();
    return nullptr;
  }
  if (read.is_attribute) field.noted.notes = NotesOn(read.attribute);
  if (!remembered) return &field;
  if (read.is_attribute) {
    field.noted.notes.number = static_cast<uint32_t>(fields_.size());
  }
  by_bytes_.emplace(whole, &field);
  return slot = &field;
}

absl::StatusOr<StoredRecord> BlockReader::Read(const TraceId& id,
                                               const OpenRecord& record) {
  RTG_ASSIGN_OR_RETURN(const Parsed* const parsed, Find(record));
  StoredRecord stored = parsed->block.Get(record.index, id);
  stored.sequence = record.sequence;
  stored.received = record.received;
  return stored;
}

absl::StatusOr<ReopenedTrace> ToOpenRecords(
    const TraceId& id, const std::vector<StoredRecord>& records) {
  RecordDocuments documents;
  SegmentDocument document;
  RecordBlockBuilder builder(RecordBlockBuilder::Form::kRequest);
  ReopenedTrace reopened;
  std::vector<OpenRecord>& out = reopened.records;
  ContextPrinter prints;
  ContextHashes contexts;
  size_t first = 0;  // Of the block that is being built.
  const auto finish_block = [&] {
    const auto block = std::make_shared<const std::string>(builder.Finish());
    for (; first < out.size(); ++first) out[first].block = block;
  };
  for (const StoredRecord& record : records) {
    RTG_RETURN_IF_ERROR(documents.Read(record, SpanPlace::kInService,
                                       Texts::kOmitted, document));
    out.push_back(
        {.sequence = record.sequence,
         .received = record.received,
         .block = nullptr,
         .index = static_cast<uint32_t>(builder.records()),
         .in_log = false,
         .document_bytes = static_cast<uint32_t>(record.document.size()),
         .own_id = document.root().id});
    const ContextPrint& print = prints.Of(record.context);
    if (print.bytes > 0 && contexts.Add(print.hash)) {
      reopened.contexts.push_back(print);
    }
    builder.Add(id, document.root().id, record.format, record.document,
                record.context);
    if (builder.raw_bytes() > limits::kSealedBlockBytesMax) finish_block();
  }
  if (builder.records() > 0) finish_block();
  return reopened;
}

JoinedRecords JoinRecords(const OpenPart& part, BlockReader& reader) {
  JoinedRecords joined;
  if (part.earlier != nullptr) {
    absl::StatusOr<std::vector<OpenRecord>> earlier =
        part.earlier->Read(reader);
    // A read may have gone wrong once.
    if (!earlier.ok()) earlier = part.earlier->Read(reader);
    joined.missing = earlier.status();
    if (earlier.ok()) joined.records = *std::move(earlier);
  }
  joined.earlier = joined.records.size();
  joined.records.insert(joined.records.end(), part.records.begin(),
                        part.records.end());
  return joined;
}

absl::StatusOr<BuiltBatch> BuildBatch(const std::vector<TraceToSeal>& traces,
                                      const std::vector<GroupTest>& groups,
                                      const ResolveLinks& resolve_links,
                                      AssemblyRules rules) {
  return Builder(resolve_links, rules).Run(traces, groups);
}

}  // namespace roentgen::storage
