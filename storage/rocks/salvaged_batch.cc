#include "storage/rocks/salvaged_batch.h"

#include <algorithm>
#include <utility>

#include "base/limits.h"
#include "base/status_macros.h"
#include "storage/index/chunk_columns.h"
#include "storage/index/group_rows.h"
#include "storage/rocks/snapshot_reader.h"

namespace roentgen::storage {
namespace {

constexpr char kDoing[] = "while reading what was collected";

// Appends the records of the row at `place`, as far as they read. `block_at`
// answers with a block, or null for one that does not read. `end`: where the
// next row begins. Where nobody knows that, nothing behind a block that does
// not read is of the row for sure.
template <typename BlockAt>
absl::Status TakeRow(const RowPlace& place,
                     std::optional<std::pair<uint32_t, uint32_t>> end,
                     const TraceId& id, const BlockAt& block_at,
                     std::vector<StoredRecord>& records) {
  const size_t before = records.size();
  bool hole = false;
  uint32_t left = place.records;
  uint32_t first = place.first;
  for (uint32_t number = place.block; left > 0; ++number, first = 0) {
    RTG_ASSIGN_OR_RETURN(const RecordBlock* const block,
                         absl::StatusOr<const RecordBlock*>(block_at(number)));
    if (hole && std::pair(number, 0u) >= *end) return absl::OkStatus();
    if (block == nullptr) {
      if (!end || number >= end->first) return absl::OkStatus();
      hole = true;
      --left;  // It had one at least.
      continue;
    }
    if (block->size() <= first) return absl::OkStatus();
    for (size_t i = first; i < block->size() && left > 0; ++i, --left) {
      // Another trace begins: the locator was wrong.
      if (i > first && block->first_of_trace(i)) return absl::OkStatus();
      StoredRecord record = block->Get(i, id);
      // Those of a trace ascend.
      if (hole && records.size() > before &&
          record.sequence <= records.back().sequence) {
        return absl::OkStatus();
      }
      records.push_back(std::move(record));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<SalvagedBatch> SalvagedBatch::Read(const Salvage& salvage,
                                                  BatchId id) {
  SalvagedBatch batch(salvage, id);
  RTG_RETURN_IF_ERROR(batch.ReadHead());
  RTG_RETURN_IF_ERROR(batch.ReadRows());
  RTG_RETURN_IF_ERROR(batch.ReadBlocks());
  return batch;
}

absl::StatusOr<std::optional<std::string>> SalvagedBatch::Value(
    const std::string& key) const {
  rocksdb::PinnableSlice value;
  const absl::Status status =
      salvage_->db().Get(salvage_->batches(), key, value, kDoing);
  if (absl::IsNotFound(status)) return std::optional<std::string>();
  RTG_RETURN_IF_ERROR(status);
  return std::optional<std::string>(value.ToString());
}

absl::Status SalvagedBatch::ReadHead() {
  RTG_ASSIGN_OR_RETURN(const auto value, Value(HeadKey(id_)));
  if (!value) return absl::OkStatus();
  absl::StatusOr<BatchHead> head = DecodeHead(*value);
  if (absl::IsFailedPrecondition(head.status())) return head.status();
  if (head.ok()) head_ = *std::move(head);
  return absl::OkStatus();
}

absl::Status SalvagedBatch::ReadRows() {
  RTG_ASSIGN_OR_RETURN(const auto ids, Value(ColumnKey(id_, Column::kTraceId,
                                                       Part::kValues, {})));
  if (ids && ids->size() % 16 == 0 &&
      (!head_ || ids->size() == size_t{head_->traces} * 16)) {
    ids_ = *ids;
  }
  RTG_RETURN_IF_ERROR(salvage_->db().ForEach(
      salvage_->batches(), KeyRange::WithPrefix(DeadKey(id_, 0).substr(0, 5)),
      kDoing, [&](std::string_view key, std::string_view) {
        if (const auto dead = ParseDeadKey(key)) dead_.insert(dead->ordinal);
        return absl::OkStatus();
      }));
  std::set<uint32_t> ordinals;
  RTG_RETURN_IF_ERROR(salvage_->db().ForEach(
      salvage_->places(),
      KeyRange::WithPrefix(Salvage::PlaceKey(id_, 0, {}).substr(0, 4)), kDoing,
      [&](std::string_view key, std::string_view value) {
        const auto place = DecodeLocator(value);
        const TraceId id = TraceId::FromBytes(key.substr(key.size() - 16));
        // An id of the batch's own list counts more than a locator.
        const std::optional<TraceId> listed =
            place ? IdOf(place->ordinal) : std::nullopt;
        if (!place || (listed && *listed != id)) return absl::OkStatus();
        located_[place->ordinal] = {.block = place->block,
                                    .first = place->first,
                                    .records = place->records};
        earlier_[place->ordinal] = place->earlier;
        located_ids_.emplace(place->ordinal, id);
        ordinals.insert(place->ordinal);
        return absl::OkStatus();
      }));
  const size_t traces = head_ ? head_->traces : ids_.size() / 16;
  for (uint32_t i = 0; i < traces; ++i) ordinals.insert(i);
  for (uint32_t ordinal : ordinals) {
    if (!dead_.contains(ordinal)) ordinals_.push_back(ordinal);
  }
  return absl::OkStatus();
}

absl::Status SalvagedBatch::ReadBlocks() {
  RTG_ASSIGN_OR_RETURN(const auto contexts, Value(ContextsKey(id_)));
  if (contexts) {
    absl::StatusOr<ContextTable> table = UnpackContexts(*contexts);
    if (table.ok()) contexts_ = *std::move(table);
  }
  if (head_) blocks_.resize(head_->blocks);
  RTG_RETURN_IF_ERROR(salvage_->db().ForEach(
      salvage_->batches(), KeyRange::WithPrefix(BlockKey(id_, 0).substr(0, 5)),
      kDoing, [&](std::string_view key, std::string_view value) {
        ByteReader in(key.substr(5));
        uint32_t number;
        if (!in.BigEndian(number) || number > limits::kTraceRecordsMax) {
          return absl::OkStatus();
        }
        absl::StatusOr<RecordBlock> block =
            RecordBlock::Parse(value, &contexts_);
        if (!block.ok()) return absl::OkStatus();
        if (head_ && number >= head_->blocks) return absl::OkStatus();
        if (number >= blocks_.size()) blocks_.resize(number + 1);
        blocks_[number] = *std::move(block);
        return absl::OkStatus();
      }));
  std::vector<BlockStarts> starts;
  for (const auto& block : blocks_) {
    starts.push_back(block ? BlockStarts(StartsOf(*block)) : std::nullopt);
  }
  placed_ = PlaceRows(starts, located_,
                      head_ ? std::optional(head_->traces) : std::nullopt);
  // As far as it reads, also where other blocks of it do not.
  for (const auto& [ordinal, place] : located_) placed_[ordinal] = place;
  return absl::OkStatus();
}

std::optional<TraceId> SalvagedBatch::IdOf(uint32_t ordinal) const {
  if (size_t{ordinal} * 16 < ids_.size()) {
    return TraceId::FromBytes(
        std::string_view(ids_).substr(size_t{ordinal} * 16, 16));
  }
  const auto at = located_ids_.find(ordinal);
  if (at == located_ids_.end()) return std::nullopt;
  return at->second;
}

std::optional<SalvagedBatch::Spot> SalvagedBatch::EndOf(
    uint32_t ordinal) const {
  if (head_ && ordinal + 1 == head_->traces) {
    return Spot(static_cast<uint32_t>(blocks_.size()), 0);
  }
  const auto next = placed_.find(ordinal + 1);
  if (next == placed_.end()) return std::nullopt;
  return Spot(next->second.block, next->second.first);
}

absl::Status SalvagedBatch::Append(uint32_t ordinal, const RowPlace& place,
                                   const TraceId& id,
                                   std::vector<StoredRecord>& records) const {
  return TakeRow(
      place, EndOf(ordinal), id,
      [this](uint32_t number) -> const RecordBlock* {
        if (number >= blocks_.size() || !blocks_[number]) return nullptr;
        return &*blocks_[number];
      },
      records);
}

absl::Status SalvagedBatch::AppendPiece(
    const Piece& piece, const TraceId& id,
    std::vector<StoredRecord>& records) const {
  const RowPlace place{
      .block = piece.block, .first = piece.first, .records = piece.records};
  const size_t before = records.size();
  RTG_ASSIGN_OR_RETURN(const auto contexts, Value(ContextsKey(piece.batch)));
  const absl::StatusOr<ContextTable> table =
      contexts ? UnpackContexts(*contexts) : ContextTable();
  if (table.ok()) {
    std::optional<RecordBlock> block;
    RTG_RETURN_IF_ERROR(TakeRow(
        place, std::nullopt, id,
        [&](uint32_t number) -> absl::StatusOr<const RecordBlock*> {
          RTG_ASSIGN_OR_RETURN(const auto stored,
                               Value(BlockKey(piece.batch, number)));
          if (!stored) return nullptr;
          absl::StatusOr<RecordBlock> parsed =
              RecordBlock::Parse(*stored, &*table);
          if (!parsed.ok()) return nullptr;
          block = *std::move(parsed);
          return &*block;
        },
        records));
  }
  if (records.size() - before == piece.records) return absl::OkStatus();
  // What is behind a hole takes the whole batch to tell.
  RTG_ASSIGN_OR_RETURN(const SalvagedBatch batch, Read(*salvage_, piece.batch));
  const std::optional<uint32_t> ordinal = batch.OrdinalOf(id);
  if (!ordinal) return absl::OkStatus();
  records.resize(before);
  return batch.Append(*ordinal, place, id, records);
}

bool SalvagedBatch::has_gaps() const {
  return std::any_of(blocks_.begin(), blocks_.end(),
                     [](const auto& block) { return !block.has_value(); });
}

std::optional<uint32_t> SalvagedBatch::OrdinalOf(const TraceId& id) const {
  for (size_t at = 0; at < ids_.size(); at += 16) {
    if (TraceId::FromBytes(std::string_view(ids_).substr(at, 16)) == id) {
      return static_cast<uint32_t>(at / 16);
    }
  }
  return std::nullopt;
}

absl::StatusOr<SalvagedBatch::Row> SalvagedBatch::Get(uint32_t ordinal) const {
  Row row{.ordinal = ordinal, .id = IdOf(ordinal)};
  const auto placed = placed_.find(ordinal);
  row.lost = std::nullopt;
  if (placed == placed_.end()) return row;
  const RowPlace& place = placed->second;
  row.lost = place.records;
  if (!row.id) return row;
  if (const auto earlier = earlier_.find(ordinal); earlier != earlier_.end()) {
    for (const Piece& piece : earlier->second) {
      *row.lost += piece.records;
      RTG_RETURN_IF_ERROR(AppendPiece(piece, *row.id, row.records));
    }
  }
  RTG_RETURN_IF_ERROR(Append(ordinal, place, *row.id, row.records));
  *row.lost -= row.records.size();
  return row;
}

absl::StatusOr<std::map<TraceId, std::set<std::string>>> SalvagedBatch::Groups()
    const {
  std::map<TraceId, std::set<std::string>> groups;
  const size_t traces = ids_.size() / 16;
  if (traces == 0) return absl::DataLossError("no trace ids");
  const SnapshotReader reader(salvage_->db());
  const SnapshotChunks chunks(reader, salvage_->batches(), id_);
  RTG_ASSIGN_OR_RETURN(const IndexDirectory directory, ReadDirectory(chunks));
  ChunkColumns columns(chunks, directory, static_cast<uint32_t>(traces),
                       limits::kQueryMemoryBytes);
  RTG_ASSIGN_OR_RETURN(
      const std::vector<GroupRows> rows,
      ReadGroupRows(columns, TraceBitmap(static_cast<uint32_t>(traces), true)));
  for (const GroupRows& group : rows) {
    group.traces.ForEach([&](uint32_t ordinal) {
      if (const auto id = IdOf(ordinal)) groups[*id].insert(group.group_id);
    });
  }
  return groups;
}

}  // namespace roentgen::storage
