#include "storage/rocks/batch_check.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <tuple>
#include <utility>

#include "base/status_macros.h"
#include "storage/record/context_table.h"
#include "storage/rocks/sealed_pieces.h"

namespace roentgen::storage {
namespace {

constexpr size_t kColumnsNamedMax = 8;

bool IsDead(const BatchToCheck& batch, uint32_t ordinal) {
  return std::binary_search(batch.dead.begin(), batch.dead.end(), ordinal);
}

// The chunks of a batch that was built and not written.
class BuiltChunks final : public ChunkReader {
 public:
  explicit BuiltChunks(const std::vector<IndexChunk>& chunks) {
    for (const IndexChunk& chunk : chunks) {
      chunks_[{chunk.column, chunk.part, chunk.annotation_key}] = &chunk.bytes;
    }
  }

  absl::Status Read(
      Column column, Part part, std::string_view key,
      const std::function<absl::Status(std::string_view)>& use) const override {
    const auto at = chunks_.find({column, part, std::string(key)});
    if (at == chunks_.end()) return absl::DataLossError("no such chunk");
    return use(*at->second);
  }

 private:
  std::map<std::tuple<Column, Part, std::string>, const std::string*> chunks_;
};

std::string Join(const std::vector<std::string>& names) {
  std::string text;
  for (size_t i = 0; i < names.size() && i < kColumnsNamedMax; ++i) {
    text += (i == 0 ? "" : ", ") + names[i];
  }
  if (names.size() > kColumnsNamedMax) text += " and others";
  return text;
}

}  // namespace

void BatchCheck::Add(const Looked& looked, FindingKind kind, std::string text,
                     std::optional<TraceId> trace) {
  notes_.Add({.kind = kind,
              .bucket = bucket_.id,
              .batch = looked.batch.id,
              .trace = trace,
              .text = std::move(text)});
}

// What is neither damage nor absence ends the check.
absl::Status BatchCheck::Pass(const absl::Status& status) const {
  return absl::IsDataLoss(status) || absl::IsNotFound(status) ? absl::OkStatus()
                                                              : status;
}

absl::Status BatchCheck::Run(const BatchToCheck& batch) {
  RTG_RETURN_IF_ERROR(call_.Check());
  Looked looked{.batch = batch};
  RTG_RETURN_IF_ERROR(ReadBlocks(looked));
  RTG_RETURN_IF_ERROR(ReadIds(looked));
  if (!batch.dead.empty() && batch.dead.back() >= batch.head.traces) {
    Add(looked, FindingKind::kDeadMark,
        "a dead mark names ordinal " + std::to_string(batch.dead.back()) +
            ", the batch has " + std::to_string(batch.head.traces));
  }
  ++notes_.report.batches;
  if (looked.ids.empty()) return absl::OkStatus();
  RTG_RETURN_IF_ERROR(CheckLocators(looked));
  return CheckIndex(looked);
}

absl::StatusOr<ContextTable> BatchCheck::ReadContexts(BatchId batch) const {
  rocksdb::PinnableSlice value;
  const absl::Status status =
      reader_.Get(bucket_.batches->get(), ContextsKey(batch), value);
  if (absl::IsNotFound(status)) return ContextTable();
  RTG_RETURN_IF_ERROR(status);
  return UnpackContexts(FromSlice(value));
}

absl::Status BatchCheck::ReadBlocks(Looked& looked) {
  rocksdb::ColumnFamilyHandle* family = bucket_.batches->get();
  const BatchHead& head = looked.batch.head;
  absl::StatusOr<ContextTable> contexts = ReadContexts(looked.batch.id);
  RTG_RETURN_IF_ERROR(Pass(contexts.status()));
  if (contexts.ok()) {
    looked.contexts = *std::move(contexts);
  } else {
    looked.whole = false;
    Add(looked, FindingKind::kBlock,
        "its contexts: " + std::string(contexts.status().message()));
  }
  rocksdb::PinnableSlice value;
  absl::Status status;
  uint64_t records = 0;
  for (uint32_t i = 0; i < head.blocks; ++i) {
    RTG_RETURN_IF_ERROR(call_.Check());
    looked.blocks.emplace_back();
    status = reader_.Get(family, BlockKey(looked.batch.id, i), value);
    RTG_RETURN_IF_ERROR(Pass(status));
    if (status.ok()) {
      absl::StatusOr<RecordBlock> block =
          RecordBlock::Parse(FromSlice(value), &looked.contexts);
      status = block.status();
      if (block.ok()) {
        records += block->size();
        looked.blocks.back() = *std::move(block);
        continue;
      }
    }
    looked.whole = false;
    Add(looked, FindingKind::kBlock,
        "block " + std::to_string(i) + ": " +
            (absl::IsNotFound(status) ? "missing"
                                      : std::string(status.message())));
  }
  if (looked.whole && records != head.records) {
    Add(looked, FindingKind::kHead,
        "its head tells of " + std::to_string(head.records) +
            " records, its blocks have " + std::to_string(records));
  }
  status = reader_.Get(family, BlockKey(looked.batch.id, head.blocks), value);
  RTG_RETURN_IF_ERROR(Pass(status));
  if (!absl::IsNotFound(status)) {
    Add(looked, FindingKind::kHead,
        "it has more than the " + std::to_string(head.blocks) +
            " blocks that its head tells of");
  }
  return absl::OkStatus();
}

absl::Status BatchCheck::ReadIds(Looked& looked) {
  const SnapshotChunks chunks(reader_, bucket_.batches->get(), looked.batch.id);
  const absl::Status status =
      chunks.Read(Column::kTraceId, Part::kValues, {}, [&](std::string_view b) {
        looked.ids = b;
        return absl::OkStatus();
      });
  RTG_RETURN_IF_ERROR(Pass(status));
  const size_t wanted = size_t{looked.batch.head.traces} * 16;
  if (!status.ok()) {
    Add(looked, FindingKind::kColumn,
        "its trace ids: " + std::string(status.message()));
    looked.ids.clear();
  } else if (looked.ids.size() != wanted) {
    Add(looked, FindingKind::kHead,
        "its head tells of " + std::to_string(looked.batch.head.traces) +
            " traces, it has the ids of " +
            std::to_string(looked.ids.size() / 16));
    looked.ids.clear();
  }
  return absl::OkStatus();
}

// That each row that counts has one locator, and no locator names another
// trace's row: as many name this batch as rows of it are named by their own.
absl::Status BatchCheck::CheckLocators(Looked& looked) {
  const BatchToCheck& batch = looked.batch;
  uint64_t own = 0;
  rocksdb::PinnableSlice value;
  for (uint32_t i = 0; i < batch.head.traces; ++i) {
    RTG_RETURN_IF_ERROR(call_.CheckAt(i));
    const TraceId id = TraceId::FromBytes(
        std::string_view(looked.ids).substr(size_t{i} * 16, 16));
    const absl::Status status =
        reader_.Get(bucket_.locators->get(), id.AsBytes(), value);
    RTG_RETURN_IF_ERROR(Pass(status));
    std::optional<Locator> place;
    if (status.ok()) place = DecodeLocator(FromSlice(value));
    const bool here = place && place->batch == batch.id && place->ordinal == i;
    own += here ? 1 : 0;
    if (absl::IsDataLoss(status)) {
      Add(looked, FindingKind::kLocator,
          "its locator does not read: " + std::string(status.message()), id);
      continue;
    }
    if (IsDead(batch, i)) {
      if (here) RTG_RETURN_IF_ERROR(CheckDead(looked, id));
    } else {
      RTG_RETURN_IF_ERROR(CheckLive(looked, i, id, place));
    }
  }
  if (own != batch.locators) return NameForeign(looked);
  return absl::OkStatus();
}

absl::Status BatchCheck::CheckLive(Looked& looked, uint32_t ordinal,
                                   const TraceId& id,
                                   const std::optional<Locator>& place) {
  const BatchToCheck& batch = looked.batch;
  ++notes_.report.traces;
  if (!place) {
    Add(looked, FindingKind::kLocator,
        "the trace at ordinal " + std::to_string(ordinal) +
            " has no locator: it is not found by its id",
        id);
    return absl::OkStatus();
  }
  if (place->batch != batch.id || place->ordinal != ordinal) {
    // Where it says, there may be a later row of the trace, or nothing of it.
    const auto other = batches_.find(place->batch);
    bool same = false;
    if (other != batches_.end() && place->ordinal < other->second.head.traces) {
      const SnapshotChunks chunks(reader_, bucket_.batches->get(),
                                  place->batch);
      RTG_RETURN_IF_ERROR(Pass(chunks.Read(
          Column::kTraceId, Part::kValues, {}, [&](std::string_view ids) {
            same = ids.size() >= (size_t{place->ordinal} + 1) * 16 &&
                   ids.substr(size_t{place->ordinal} * 16, 16) == id.AsBytes();
            return absl::OkStatus();
          })));
    }
    Add(looked, same ? FindingKind::kDeadMark : FindingKind::kLocator,
        same ? "the row at ordinal " + std::to_string(ordinal) +
                   " counts, though the trace was sealed again in batch " +
                   std::to_string(place->batch)
             : "the locator names batch " + std::to_string(place->batch) +
                   ", ordinal " + std::to_string(place->ordinal) +
                   ", which is not the trace's; its row is at ordinal " +
                   std::to_string(ordinal),
        id);
    return absl::OkStatus();
  }
  RTG_ASSIGN_OR_RETURN(const Elsewhere elsewhere, is_elsewhere_(id));
  if (elsewhere == Elsewhere::kYes) {
    Add(looked, FindingKind::kDeadMark,
        "the row at ordinal " + std::to_string(ordinal) +
            " counts, though the trace was sealed again in a later bucket",
        id);
  }
  looked.located[ordinal] = {
      .block = place->block, .first = place->first, .records = place->records};
  if (!place->earlier.empty()) looked.earlier[ordinal] = place->earlier;
  return absl::OkStatus();
}

// A locator names a row that does not count: the trace must be elsewhere.
absl::Status BatchCheck::CheckDead(Looked& looked, const TraceId& id) {
  RTG_ASSIGN_OR_RETURN(const Elsewhere elsewhere, is_elsewhere_(id));
  if (elsewhere == Elsewhere::kNo) {
    Add(looked, FindingKind::kDeadMark,
        "the trace's only row is marked dead: it is not found any more", id);
  }
  return absl::OkStatus();
}

absl::Status BatchCheck::NameForeign(Looked& looked) {
  const BatchToCheck& batch = looked.batch;
  const absl::Status status = reader_.ForEach(
      bucket_.locators->get(), {},
      [&](std::string_view key, std::string_view value) -> absl::Status {
        const std::optional<Locator> place = DecodeLocator(value);
        if (!place || place->batch != batch.id || key.size() != 16) {
          return absl::OkStatus();
        }
        const TraceId id = TraceId::FromBytes(key);
        if (place->ordinal >= batch.head.traces) {
          Add(looked, FindingKind::kLocator,
              "the locator names ordinal " + std::to_string(place->ordinal) +
                  ", the batch has " + std::to_string(batch.head.traces),
              id);
        } else if (looked.ids.compare(size_t{place->ordinal} * 16, 16, key) !=
                   0) {
          Add(looked, FindingKind::kLocator,
              "the locator names ordinal " + std::to_string(place->ordinal) +
                  ", where the batch has another trace",
              id);
        }
        return absl::OkStatus();
      });
  return Pass(status);
}

absl::StatusOr<std::optional<std::vector<StoredRecord>>> BatchCheck::RecordsOf(
    Looked& looked, const RowPlace& place, const TraceId& id, bool counts) {
  std::vector<StoredRecord> records;
  uint32_t first = place.first;
  for (uint32_t block = place.block; records.size() < place.records;
       ++block, first = 0) {
    if (block >= looked.blocks.size()) {
      if (counts) {
        Add(looked, FindingKind::kLocator,
            "the locator names records beyond the end of the batch", id);
      }
      return std::optional<std::vector<StoredRecord>>();
    }
    // Said before.
    if (!looked.blocks[block]) {
      return std::optional<std::vector<StoredRecord>>();
    }
    const RecordBlock& from = *looked.blocks[block];
    for (size_t i = first; i < from.size() && records.size() < place.records;
         ++i) {
      RTG_RETURN_IF_ERROR(call_.CheckAt(i));
      records.push_back(from.Get(i, id));
      const StoredRecord& record = records.back();
      const bool ascends =
          records.size() < 2 ||
          records[records.size() - 2].sequence < record.sequence;
      const bool early =
          record.sequence.commit <= looked.batch.head.through_commit;
      if (counts && (!ascends || !early)) {
        Add(looked, FindingKind::kRecord,
            ascends ? "a record is of a commit after the batch"
                    : "its records are not in order of arrival",
            id);
        return std::optional<std::vector<StoredRecord>>();
      }
    }
  }
  return std::optional(std::move(records));
}

absl::StatusOr<std::optional<std::vector<StoredRecord>>>
BatchCheck::ReadEarlier(Looked& looked, const std::vector<Piece>& pieces,
                        const TraceId& id) {
  std::vector<StoredRecord> records;
  for (const Piece& piece : pieces) {
    RTG_RETURN_IF_ERROR(call_.Check());
    const absl::StatusOr<ContextTable> contexts = ReadContexts(piece.batch);
    std::optional<RecordBlock> block;
    absl::Status status = contexts.status();
    if (status.ok()) {
      status = ForEachRecord(
          piece,
          [&](uint32_t number) -> absl::StatusOr<const RecordBlock*> {
            rocksdb::PinnableSlice value;
            RTG_RETURN_IF_ERROR(reader_.Get(
                bucket_.batches->get(), BlockKey(piece.batch, number), value));
            RTG_ASSIGN_OR_RETURN(
                block, RecordBlock::Parse(FromSlice(value), &*contexts));
            return &*block;
          },
          [&](const RecordBlock& from, uint32_t index) -> absl::Status {
            if (!records.empty() &&
                records.back().sequence >= from.sequence(index)) {
              return absl::DataLossError("not in order of arrival");
            }
            records.push_back(from.Get(index, id));
            return absl::OkStatus();
          });
    }
    if (status.ok()) continue;
    RTG_RETURN_IF_ERROR(Pass(status));
    Add(looked, FindingKind::kLocator,
        "older records that its locator names in batch " +
            std::to_string(piece.batch) + ": " + std::string(status.message()),
        id);
    return std::optional<std::vector<StoredRecord>>();
  }
  return std::optional(std::move(records));
}

absl::Status BatchCheck::CheckIndex(Looked& looked) {
  const BatchToCheck& batch = looked.batch;
  std::vector<BlockStarts> starts;
  for (const auto& block : looked.blocks) {
    starts.push_back(block ? BlockStarts(StartsOf(*block)) : std::nullopt);
  }
  const std::map<uint32_t, RowPlace> placed =
      PlaceRows(starts, looked.located, batch.head.traces);
  std::vector<TraceToSeal> traces;
  std::vector<uint32_t> ordinals;
  bool all = looked.whole;
  for (uint32_t i = 0; i < batch.head.traces; ++i) {
    RTG_RETURN_IF_ERROR(call_.Check());
    const TraceId id = TraceId::FromBytes(
        std::string_view(looked.ids).substr(size_t{i} * 16, 16));
    const bool counts = !IsDead(batch, i);
    const auto at = placed.find(i);
    const auto located = looked.located.find(i);
    if (counts && located != looked.located.end() && looked.whole &&
        (at == placed.end() || at->second != located->second)) {
      Add(looked, FindingKind::kLocator,
          "the locator names records that are not where the trace lies", id);
    }
    if (at == placed.end()) {
      all = false;
      continue;
    }
    RTG_ASSIGN_OR_RETURN(auto records,
                         RecordsOf(looked, at->second, id, counts));
    const auto earlier = looked.earlier.find(i);
    if (records && earlier != looked.earlier.end()) {
      RTG_ASSIGN_OR_RETURN(auto older,
                           ReadEarlier(looked, earlier->second, id));
      if (older) {
        older->insert(older->end(), std::make_move_iterator(records->begin()),
                      std::make_move_iterator(records->end()));
      }
      records = std::move(older);
    }
    if (!records) {
      all = false;
      continue;
    }
    absl::StatusOr<ReopenedTrace> opened = ToOpenRecords(id, *records);
    if (!opened.ok()) {
      all = false;
      Add(looked, FindingKind::kRecord, std::string(opened.status().message()),
          id);
      continue;
    }
    if (counts) notes_.report.records += records->size();
    traces.push_back(
        {.id = id, .part = {.records = std::move(opened->records)}});
    ordinals.push_back(i);
  }
  looked.whole = all;
  looked.blocks.clear();
  const ResolveLinks no_links = [](const Trace&) { return ResolvedLinks(); };
  absl::StatusOr<BuiltBatch> built = BuildBatch(traces, {}, no_links, rules_);
  if (!built.ok()) {
    Add(looked, FindingKind::kRecord, std::string(built.status().message()));
    return Pass(built.status());
  }
  traces.clear();
  Compare(looked, *built, ordinals);
  return absl::OkStatus();
}

void BatchCheck::Compare(Looked& looked, const BuiltBatch& built,
                         const std::vector<uint32_t>& ordinals) {
  const BatchToCheck& batch = looked.batch;
  const SnapshotChunks chunks(reader_, bucket_.batches->get(), batch.id);
  const BuiltChunks right(built.chunks);
  const absl::StatusOr<IndexDirectory> directory = ReadDirectory(chunks);
  const absl::StatusOr<IndexDirectory> right_directory = ReadDirectory(right);
  for (const auto* read : {&directory, &right_directory}) {
    if (read->ok()) continue;
    Add(looked, FindingKind::kColumn,
        "its directory: " + std::string(read->status().message()));
    return;
  }
  std::set<std::string> damaged;
  const auto note = [&](const std::string& column, const absl::Status& status) {
    if (!damaged.insert(column).second) return;
    Add(looked, FindingKind::kColumn,
        column + ": " + std::string(status.message()));
  };
  const ChunkedIndex stored{
      .chunks = chunks, .directory = *directory, .traces = batch.head.traces};
  const ChunkedIndex rebuilt{.chunks = right,
                             .directory = *right_directory,
                             .traces = built.columns.traces()};
  ReadColumns(stored, note);
  RowPairs rows;
  for (uint32_t i = 0; i < ordinals.size(); ++i) {
    if (!IsDead(batch, ordinals[i])) rows.push_back({ordinals[i], i});
  }
  for (const auto& [place, columns] :
       CompareColumns(stored, rebuilt, rows, note)) {
    const uint32_t ordinal = rows[place].first;
    Add(looked, FindingKind::kColumn,
        "the index says other than the records do: " + Join(columns),
        TraceId::FromBytes(
            std::string_view(looked.ids).substr(size_t{ordinal} * 16, 16)));
  }
  if (looked.whole && !batch.dead_in_pieces) {
    CompareBytes(looked, built, chunks);
  }
}

// What is of the batch and not of one trace: filters, and its head.
void BatchCheck::CompareBytes(Looked& looked, const BuiltBatch& built,
                              const SnapshotChunks& chunks) {
  for (const IndexChunk& chunk : built.chunks) {
    if (chunk.part != Part::kFilter) continue;
    bool same = true;
    const absl::Status read =
        chunks.Read(chunk.column, chunk.part, chunk.annotation_key,
                    [&](std::string_view bytes) {
                      same = bytes == chunk.bytes;
                      return absl::OkStatus();
                    });
    if (read.ok() && same) continue;
    Add(looked, FindingKind::kColumn,
        "the filter of " + NameOfColumn(chunk.column, chunk.annotation_key) +
            (read.ok() ? " is another than that of the records"
                       : ": " + std::string(read.message())));
  }
  const auto same = [](const BatchHead::Span& a, const BatchHead::Span& b) {
    return a.min == b.min && a.max == b.max;
  };
  const BatchHead& head = looked.batch.head;
  const BatchHead& right = built.head;
  if (!same(head.start, right.start) || !same(head.event, right.event) ||
      !same(head.service_end, right.service_end) ||
      !same(head.received, right.received) ||
      !same(head.latest_start, right.latest_start)) {
    Add(looked, FindingKind::kHead,
        "the times of its head are not those of its traces");
  }
}

}  // namespace roentgen::storage
