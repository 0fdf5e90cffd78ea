#include "storage/rocks/sealed_pieces.h"

#include <string>
#include <utility>

#include "base/limits.h"
#include "base/status_macros.h"
#include "storage/live/batch_builder.h"

namespace roentgen::storage {
namespace {

absl::Status Damaged(std::string_view what, const Piece& piece,
                     uint32_t block) {
  return absl::DataLossError(std::string(what) + ": block " +
                             std::to_string(block) + " of batch " +
                             std::to_string(piece.batch));
}

class KeptPieces final : public EarlierRecords {
 public:
  KeptPieces(const SealedStore& sealed, std::shared_ptr<const Bucket> bucket,
             std::vector<Piece> pieces)
      : sealed_(sealed),
        bucket_(std::move(bucket)),
        pieces_(std::move(pieces)) {}

  const std::vector<Piece>& pieces() const override { return pieces_; }

  absl::StatusOr<std::vector<OpenRecord>> Read(
      BlockReader& reader) const override {
    std::vector<OpenRecord> records;
    records.reserve(EarlierRecords::records());
    for (const Piece& piece : pieces_) {
      std::shared_ptr<const std::string> stored;
      const absl::Status walked = ForEachRecord(
          piece,
          [&](uint32_t block) -> absl::StatusOr<const RecordBlock*> {
            rocksdb::PinnableSlice value;
            RTG_RETURN_IF_ERROR(
                sealed_.ReadStoredBlock(*bucket_, piece.batch, block, value));
            RTG_ASSIGN_OR_RETURN(
                const std::shared_ptr<const ContextTable> contexts,
                sealed_.ReadContexts(*bucket_, piece.batch));
            stored = std::make_shared<const std::string>(FromSlice(value));
            return reader.AddSealed(stored, contexts.get());
          },
          [&](const RecordBlock& block, uint32_t index) {
            records.push_back({.sequence = block.sequence(index),
                               .received = block.received(index),
                               .block = stored,
                               .index = index,
                               .in_log = false,
                               .document_bytes = 0,
                               .own_id = {}});
            return absl::OkStatus();
          });
      RTG_RETURN_IF_ERROR(walked);
    }
    return records;
  }

 private:
  const SealedStore& sealed_;
  const std::shared_ptr<const Bucket> bucket_;
  const std::vector<Piece> pieces_;
};

}  // namespace

absl::Status ForEachRecord(
    const Piece& piece,
    absl::FunctionRef<absl::StatusOr<const RecordBlock*>(uint32_t)> read,
    absl::FunctionRef<absl::Status(const RecordBlock&, uint32_t)> use) {
  uint32_t left = piece.records;
  uint32_t first = piece.first;
  for (uint32_t block = piece.block; left > 0; ++block, first = 0) {
    RTG_ASSIGN_OR_RETURN(const RecordBlock* const parsed, read(block));
    if (parsed->size() <= first) return Damaged("too short", piece, block);
    // Blocks of requests have ids; those of seals go by their locators.
    if (parsed->has_trace_ids()) return Damaged("not sealed", piece, block);
    for (uint32_t i = first; i < parsed->size() && left > 0; ++i, --left) {
      RTG_RETURN_IF_ERROR(use(*parsed, i));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<StoredRecord>> ReadPieces(
    const SealedStore& sealed, const Bucket& bucket,
    std::span<const Piece> pieces, const TraceId& id, MemoryMeter& meter) {
  absl::Status missing;
  RTG_ASSIGN_OR_RETURN(
      std::vector<StoredRecord> records,
      ReadPiecesInPart(sealed, bucket, pieces, id, meter, missing));
  RTG_RETURN_IF_ERROR(missing);
  return records;
}

absl::StatusOr<std::vector<StoredRecord>> ReadPiecesInPart(
    const SealedStore& sealed, const Bucket& bucket,
    std::span<const Piece> pieces, const TraceId& id, MemoryMeter& meter,
    absl::Status& missing) {
  std::vector<StoredRecord> records;
  absl::Status counted;
  for (const Piece& piece : pieces) {
    std::shared_ptr<const RecordBlock> held;
    missing = ForEachRecord(
        piece,
        [&](uint32_t block) -> absl::StatusOr<const RecordBlock*> {
          RTG_ASSIGN_OR_RETURN(held,
                               sealed.ReadBlock(bucket, piece.batch, block));
          return held.get();
        },
        [&](const RecordBlock& block, uint32_t index) {
          records.push_back(block.Get(index, id));
          counted = meter.AddRecord(records.back());
          return counted;
        });
    RTG_RETURN_IF_ERROR(counted);
    if (!missing.ok()) break;
  }
  return records;
}

std::shared_ptr<const EarlierRecords> KeepPieces(
    const SealedStore& sealed, std::shared_ptr<const Bucket> bucket,
    std::vector<Piece> pieces) {
  return std::make_shared<const KeptPieces>(sealed, std::move(bucket),
                                            std::move(pieces));
}

size_t PiecesToJoin(std::span<const Piece> pieces, size_t records,
                    size_t ratio) {
  size_t joined = 0;
  for (auto piece = pieces.rbegin(); piece != pieces.rend(); ++piece) {
    // One more is written now.
    const size_t stay = pieces.size() - joined;
    if (stay < limits::kTracePiecesMax && piece->records > ratio * records) {
      break;
    }
    records += piece->records;
    ++joined;
  }
  return joined;
}

}  // namespace roentgen::storage
