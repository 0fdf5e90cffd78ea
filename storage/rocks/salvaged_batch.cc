#include "storage/rocks/salvaged_batch.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/limits.h"
#include "base/status_macros.h"
#include "storage/index/chunk_columns.h"
#include "storage/index/group_rows.h"
#include "storage/rocks/batch_check.h"
#include "storage/rocks/snapshot_reader.h"

namespace roentgen::storage {
namespace {

constexpr char kDoing[] = "while reading what was collected";

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
        const auto place = PlaceOf(value);
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

absl::Status SalvagedBatch::AppendPiece(
    const Piece& piece, const TraceId& id,
    std::vector<StoredRecord>& records) const {
  RTG_ASSIGN_OR_RETURN(const auto contexts, Value(ContextsKey(piece.batch)));
  absl::StatusOr<ContextTable> table =
      contexts ? UnpackContexts(*contexts) : ContextTable();
  if (!table.ok()) return absl::OkStatus();
  uint32_t left = piece.records;
  uint32_t first = piece.first;
  for (uint32_t number = piece.block; left > 0; ++number, first = 0) {
    RTG_ASSIGN_OR_RETURN(const auto stored,
                         Value(BlockKey(piece.batch, number)));
    if (!stored) return absl::OkStatus();
    const absl::StatusOr<RecordBlock> block =
        RecordBlock::Parse(*stored, &*table);
    if (!block.ok() || block->size() <= first) return absl::OkStatus();
    for (size_t i = first; i < block->size() && left > 0; ++i, --left) {
      // Another trace begins: the locator was wrong.
      if (i > first && block->first_of_trace(i)) return absl::OkStatus();
      records.push_back(block->Get(i, id));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<SalvagedBatch::Row> SalvagedBatch::Get(uint32_t ordinal) const {
  Row row{.ordinal = ordinal, .id = IdOf(ordinal)};
  const auto placed = placed_.find(ordinal);
  row.lost = std::nullopt;
  if (placed == placed_.end()) return row;
  const RowPlace& place = placed->second;
  uint32_t first = place.first;
  bool ends = !row.id;
  for (uint32_t block = place.block;
       !ends && block < blocks_.size() && blocks_[block] &&
       row.records.size() < place.records;
       ++block, first = 0) {
    const RecordBlock& from = *blocks_[block];
    for (size_t i = first;
         i < from.size() && row.records.size() < place.records; ++i) {
      // Another trace begins: the locator was wrong.
      ends = i > first && from.first_of_trace(i);
      if (ends) break;
      row.records.push_back(from.Get(i, *row.id));
    }
  }
  row.lost = place.records - row.records.size();
  const auto earlier = earlier_.find(ordinal);
  if (!row.id || earlier == earlier_.end()) return row;
  std::vector<StoredRecord> records;
  for (const Piece& piece : earlier->second) {
    const size_t before = records.size();
    RTG_RETURN_IF_ERROR(AppendPiece(piece, *row.id, records));
    *row.lost += piece.records - (records.size() - before);
  }
  records.insert(records.end(), std::make_move_iterator(row.records.begin()),
                 std::make_move_iterator(row.records.end()));
  row.records = std::move(records);
  return row;
}

absl::StatusOr<std::map<TraceId, std::set<std::string>>> SalvagedBatch::Groups()
    const {
  std::map<TraceId, std::set<std::string>> groups;
  const size_t traces = ids_.size() / 16;
  RTG_ASSIGN_OR_RETURN(
      const auto stored,
      Value(ColumnKey(id_, Column::kDirectory, Part::kValues, {})));
  if (!stored || traces == 0) return absl::DataLossError("no directory");
  RTG_ASSIGN_OR_RETURN(const IndexDirectory directory,
                       IndexDirectory::Decode(*stored));
  const SnapshotReader reader(salvage_->db());
  const SnapshotChunks chunks(reader, salvage_->batches(), id_);
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
