// Every key of the RocksDB store. docs/on_disk_format.md draws the values.
//
// Families: `default` (settings of the store), `log` (commits that are not
// sealed whole), and per bucket `loc-<id>` (where a trace lies) and
// `dat-<id>` (blocks, columns, heads of sealed batches).
//
//   default   "format"                                 store format version
//             "marks"                                  numbers not used yet
//             "bucket" id:4                            bucket head
//             "setting/" key                           a setting, see
//                                                      storage/settings
//   log       commit:8                                 commit (commit_log.h)
//   loc-*     trace_id:16                              locator
//   dat-*     0x01 batch:4                             batch head
//             0x02 batch:4 block:4                     record block
//             0x03 batch:4 column:1 part:1 annotation  index chunk
//             0x04 batch:4 ordinal:4                   dead trace (kDead...)
//             0x05 length:1 group level:1 slot:4       roll-up
//             0x06 batch:4                             contexts of its spans
//             0x07 batch:4                             operations that the
//                                                      bucket did not have yet
//
// All integers are big-endian, so that keys sort like their numbers.
//
// Threads: pure.
#ifndef ROENTGEN_STORAGE_ROCKS_KEY_LAYOUT_H_
#define ROENTGEN_STORAGE_ROCKS_KEY_LAYOUT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "base/timestamp.h"
#include "storage/index/index_format.h"
#include "storage/live/sealed_batch.h"
#include "trace/model/ids.h"

namespace roentgen::storage {

inline constexpr uint32_t kStoreFormatVersion = 1;

using BucketId = uint32_t;

inline constexpr char kFormatKey[] = "format";
inline constexpr char kMarksKey[] = "marks";
inline constexpr char kBucketPrefix[] = "bucket";
inline constexpr char kSettingPrefix[] = "setting/";
inline constexpr char kLogFamily[] = "log";

std::string LocatorFamily(BucketId bucket);
std::string BatchFamily(BucketId bucket);

std::string BucketKey(BucketId bucket);
std::optional<BucketId> ParseBucketKey(std::string_view key);
// The value there: when it was made, or the start of the day it is for.
std::string EncodeBucketHead(Timestamp opened);
std::optional<Timestamp> DecodeBucketHead(std::string_view value);

std::string SettingKey(std::string_view key);

std::string LogKey(uint64_t commit);
std::optional<uint64_t> ParseLogKey(std::string_view key);

inline constexpr char kHeadKind = 1;
inline constexpr char kBlockKind = 2;
inline constexpr char kColumnKind = 3;
inline constexpr char kDeadKind = 4;

inline constexpr char kRollUpKind = 5;
inline constexpr char kContextsKind = 6;
inline constexpr char kOperationsKind = 7;

std::string HeadKey(BatchId batch);
std::string BlockKey(BatchId batch, uint32_t block);
std::string ColumnKey(BatchId batch, Column column, Part part,
                      std::string_view annotation_key);
std::string DeadKey(BatchId batch, uint32_t ordinal);
// The value there: whether the row was of records in other batches, too.
inline constexpr char kDeadWhole[] = "";
inline constexpr char kDeadInPieces[] = "\1";
std::string ContextsKey(BatchId batch);
std::string OperationsKey(BatchId batch);

// `group_id`: up to 255 bytes; empty for every trace. `level`: place in
// kRollUpUnits (trace/graph). `slot`: such units since the epoch, within
// 2^31; keys of a group and level sort by it.
std::string RollUpKey(std::string_view group_id, uint8_t level, int64_t slot);
// The slot of a key that RollUpKey made.
std::optional<int64_t> ParseRollUpSlot(std::string_view key);

struct DeadTrace {
  BatchId batch = 0;
  uint32_t ordinal = 0;
};
// The batch that any key of a batch family is of.
std::optional<BatchId> ParseBatchOfKey(std::string_view key);
std::optional<BatchId> ParseHeadKey(std::string_view key);
std::optional<DeadTrace> ParseDeadKey(std::string_view key);

std::string EncodeLocator(const Locator& locator);
std::optional<Locator> DecodeLocator(std::string_view value);

// What no later start may go behind, whatever else it finds.
struct StoreMarks {
  // No number from here on was used for anything that counts.
  uint64_t next_commit = 1;
  BatchId next_batch = 1;
  BucketId next_bucket = 1;
  // It was later for sure (BelievedTime). Min(): unknown.
  Timestamp latest = Timestamp::Min();
  // The log has every commit from the first on, up to the last, that was not
  // answered with an error. 0: unknown, and none.
  uint64_t log_begin = 0;
  uint64_t last_commit = 0;

  friend bool operator==(const StoreMarks&, const StoreMarks&) = default;
};
std::string EncodeMarks(const StoreMarks& marks);
std::optional<StoreMarks> DecodeMarks(std::string_view value);

std::string EncodeHead(const BatchHead& head);
// Errors: FailedPrecondition when a newer program wrote it, DataLoss.
absl::StatusOr<BatchHead> DecodeHead(std::string_view value);

}  // namespace roentgen::storage

#endif  // ROENTGEN_STORAGE_ROCKS_KEY_LAYOUT_H_
