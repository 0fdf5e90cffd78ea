#include "storage/rocks/store_check.h"

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/limits.h"
#include "base/status_macros.h"
#include "storage/index/chunk_columns.h"
#include "storage/rocks/batch_check.h"
#include "storage/rocks/check_notes.h"
#include "storage/rocks/log_commits_check.h"
#include "storage/rocks/roll_up_check.h"
#include "storage/rocks/roll_up_store.h"
#include "storage/rocks/snapshot_reader.h"
#include "trace/model/operation.h"

namespace roentgen::storage {
namespace {

class StoreCheck {
 public:
  StoreCheck(RocksDb& db, const Family& log, AssemblyRules rules,
             std::vector<std::shared_ptr<const Bucket>> buckets,
             const CheckOptions& options, const Call& call)
      : buckets_(std::move(buckets)),
        reader_(db, options.findings_max),
        log_(log),
        rules_(rules),
        options_(options),
        call_(call),
        notes_(options.findings_max) {}

  absl::StatusOr<CheckReport> Run() && {
    RTG_RETURN_IF_ERROR(CheckMarks());
    RTG_RETURN_IF_ERROR(CheckCommits(reader_, log_, marks_, call_, notes_));
    RTG_RETURN_IF_ERROR(Progress());
    // Newest first: whether a trace is sealed in a later bucket is asked of
    // those that were looked at.
    for (auto bucket = buckets_.rbegin(); bucket != buckets_.rend(); ++bucket) {
      RTG_RETURN_IF_ERROR(CheckBucket(**bucket));
    }
    CheckNumbers();
    return std::move(notes_.report);
  }

 private:
  using Batches = std::map<BatchId, BatchToCheck>;

  absl::Status Progress() const {
    return options_.progress ? options_.progress(notes_.report)
                             : absl::OkStatus();
  }

  void Add(FindingKind kind, std::string text,
           std::optional<BucketId> bucket = {},
           std::optional<BatchId> batch = {}) {
    notes_.Add({.kind = kind,
                .bucket = bucket,
                .batch = batch,
                .text = std::move(text)});
  }

  absl::Status CheckMarks() {
    rocksdb::PinnableSlice value;
    const absl::Status status =
        reader_.Get(reader_.db().db().DefaultColumnFamily(), kMarksKey, value);
    // A store of before there were marks has none.
    if (absl::IsNotFound(status)) return absl::OkStatus();
    if (absl::IsDataLoss(status)) {
      Add(FindingKind::kMarks, std::string(status.message()));
      return absl::OkStatus();
    }
    RTG_RETURN_IF_ERROR(status);
    if (const auto marks = DecodeMarks(FromSlice(value))) {
      marks_ = *marks;
      has_marks_ = true;
    } else {
      Add(FindingKind::kMarks, "the numbers in use do not read");
    }
    return absl::OkStatus();
  }

  // What was found is not behind the marks.
  void CheckNumbers() {
    if (!has_marks_) return;
    const auto behind = [&](const char* what, uint64_t next, uint64_t used) {
      if (used < next) return;
      Add(FindingKind::kMarks, std::string("the next ") + what + " would be " +
                                   std::to_string(next) + ", but there is " +
                                   std::to_string(used));
    };
    behind("batch", marks_.next_batch, last_batch_);
    behind("commit", marks_.next_commit, last_commit_);
    for (const auto& bucket : buckets_) {
      behind("bucket", marks_.next_bucket, bucket->id);
    }
  }

  absl::Status CheckBucket(const Bucket& bucket) {
    ++notes_.report.buckets;
    Batches batches;
    RTG_RETURN_IF_ERROR(ReadHeads(bucket, batches));
    RTG_RETURN_IF_ERROR(CountLocators(bucket, batches));
    const BatchCheck::IsElsewhere is_elsewhere = [&](const TraceId& id) {
      return IsElsewhere(bucket, id);
    };
    BatchCheck check(reader_, bucket, batches, rules_, is_elsewhere, call_,
                     notes_);
    for (const auto& [id, batch] : batches) {
      RTG_RETURN_IF_ERROR(check.Run(batch));
      RTG_RETURN_IF_ERROR(Progress());
    }
    RTG_RETURN_IF_ERROR(CheckOperations(bucket, batches));
    RTG_RETURN_IF_ERROR(CheckRollUps(reader_, bucket, batches, call_, notes_));
    later_.push_back(&bucket);
    for (auto& [id, batch] : batches) {
      later_dead_.emplace(id, std::move(batch.dead));
      last_batch_ = std::max<uint64_t>(last_batch_, id);
      last_commit_ = std::max(last_commit_, batch.head.through_commit);
    }
    return absl::OkStatus();
  }

  absl::Status ReadHeads(const Bucket& bucket, Batches& batches) {
    rocksdb::ColumnFamilyHandle* family = bucket.batches->get();
    absl::Status read = reader_.ForEach(
        family, std::string(1, kHeadKind),
        [&](std::string_view key, std::string_view value) -> absl::Status {
          const auto id = ParseHeadKey(key);
          absl::StatusOr<BatchHead> head = DecodeHead(value);
          if (!id || !head.ok()) {
            Add(FindingKind::kHead,
                id ? std::string(head.status().message())
                   : "a key of a head names no batch",
                bucket.id, id);
            return absl::OkStatus();
          }
          batches[*id] = {.id = *id, .head = *std::move(head)};
          return absl::OkStatus();
        });
    RTG_RETURN_IF_ERROR(Pass(FindingKind::kHead, read, bucket));
    read = reader_.ForEach(
        family, std::string(1, kDeadKind),
        [&](std::string_view key, std::string_view value) -> absl::Status {
          const auto dead = ParseDeadKey(key);
          if (!dead) {
            Add(FindingKind::kDeadMark, "a key of a dead mark is damaged",
                bucket.id);
            return absl::OkStatus();
          }
          // Those of a batch without a head are of one that was not finished.
          const auto batch = batches.find(dead->batch);
          if (batch != batches.end()) {
            batch->second.dead.push_back(dead->ordinal);
            batch->second.dead_in_pieces |= value == kDeadInPieces;
          }
          return absl::OkStatus();
        });
    return Pass(FindingKind::kDeadMark, read, bucket);
  }

  absl::Status CountLocators(const Bucket& bucket, Batches& batches) {
    size_t count = 0;
    const absl::Status read = reader_.ForEach(
        bucket.locators->get(), {},
        [&](std::string_view key, std::string_view value) -> absl::Status {
          RTG_RETURN_IF_ERROR(call_.CheckAt(count++));
          const auto place = DecodeLocator(value);
          const auto batch = place ? batches.find(place->batch) : batches.end();
          if (key.size() == 16 && batch != batches.end()) {
            ++batch->second.locators;
            return absl::OkStatus();
          }
          Finding finding{.kind = FindingKind::kLocator,
                          .bucket = bucket.id,
                          .text = "the locator does not decode"};
          if (key.size() == 16) finding.trace = TraceId::FromBytes(key);
          if (place) {
            finding.batch = place->batch;
            finding.text = "the locator names a batch that is not there";
          }
          notes_.Add(std::move(finding));
          return absl::OkStatus();
        });
    return Pass(FindingKind::kLocator, read, bucket);
  }

  // Damage is noted; what else went wrong ends the check.
  absl::Status Pass(FindingKind kind, const absl::Status& status,
                    const Bucket& bucket) {
    if (!absl::IsDataLoss(status)) return status;
    Add(kind, std::string(status.message()), bucket.id);
    return absl::OkStatus();
  }

  // A place that counts, in a bucket that came later.
  absl::StatusOr<BatchCheck::Elsewhere> IsElsewhere(const Bucket& bucket,
                                                    const TraceId& id) const {
    for (const Bucket* other : later_) {
      rocksdb::PinnableSlice value;
      const absl::Status status =
          reader_.Get(other->locators->get(), id.AsBytes(), value);
      if (absl::IsNotFound(status) || absl::IsDataLoss(status)) continue;
      RTG_RETURN_IF_ERROR(status);
      const auto place = DecodeLocator(FromSlice(value));
      const auto dead =
          place ? later_dead_.find(place->batch) : later_dead_.end();
      if (dead != later_dead_.end() &&
          !std::binary_search(dead->second.begin(), dead->second.end(),
                              place->ordinal)) {
        return BatchCheck::Elsewhere::kYes;
      }
    }
    return HasGapAfter(bucket) ? BatchCheck::Elsewhere::kUnknown
                               : BatchCheck::Elsewhere::kNo;
  }

  // Whether a later bucket was dropped, and what it had with it.
  bool HasGapAfter(const Bucket& bucket) const {
    uint64_t next = bucket.id;
    for (const auto& other : buckets_) {
      if (other->id < bucket.id) continue;
      if (other->id != next) return true;
      ++next;
    }
    return has_marks_ && next < marks_.next_bucket;
  }

  // Names that the traces have and the lists lack, unless there was no room.
  absl::Status CheckOperations(const Bucket& bucket, const Batches& batches) {
    std::set<std::string, std::less<>> known;
    size_t bytes = 0;
    const absl::Status read = reader_.ForEach(
        bucket.batches->get(), std::string(1, kOperationsKind),
        [&](std::string_view, std::string_view value) -> absl::Status {
          RTG_ASSIGN_OR_RETURN(std::vector<std::string> names,
                               UnpackOperations(value));
          for (std::string& name : names) {
            bytes += name.size();
            known.insert(std::move(name));
          }
          return absl::OkStatus();
        });
    if (absl::IsDataLoss(read)) {
      Add(FindingKind::kOperations, std::string(read.message()), bucket.id);
      return absl::OkStatus();
    }
    RTG_RETURN_IF_ERROR(read);
    if (known.size() >= limits::kOperationsPerBucketMax ||
        bytes + 4 * limits::kOperationNameBytesMax >=
            limits::kOperationBytesPerBucketMax) {
      notes_.Note("bucket " + std::to_string(bucket.id) +
                  ": it has no room for more operations; those it has were "
                  "not compared");
      return absl::OkStatus();
    }
    for (const auto& entry : batches) {
      const BatchId id = entry.first;
      const BatchToCheck& batch = entry.second;
      RTG_RETURN_IF_ERROR(call_.Check());
      const SnapshotChunks chunks(reader_, bucket.batches->get(), id);
      // What does not read was noted with its batch.
      const absl::Status compared =
          ForEachOperation(chunks, batch, [&](std::string_view name) {
            if (IsAnyOperation(name) || known.contains(name)) return;
            Add(FindingKind::kOperations,
                "an operation of its traces is in no list", bucket.id, id);
          });
      if (!absl::IsDataLoss(compared)) RTG_RETURN_IF_ERROR(compared);
    }
    return absl::OkStatus();
  }

  static absl::Status ForEachOperation(
      const ChunkReader& chunks, const BatchToCheck& batch,
      const std::function<void(std::string_view)>& use) {
    RTG_ASSIGN_OR_RETURN(const IndexDirectory directory, ReadDirectory(chunks));
    ChunkColumns columns(chunks, directory, batch.head.traces,
                         limits::kQueryMemoryBytes);
    RTG_ASSIGN_OR_RETURN(const TextColumn names,
                         columns.Texts(Column::kSpanOperation, {}));
    if (names.dictionary == nullptr) return absl::OkStatus();
    for (uint32_t i = 0; i < names.dictionary->size(); ++i) {
      use(names.dictionary->at(i));
    }
    return absl::OkStatus();
  }

  const std::vector<std::shared_ptr<const Bucket>> buckets_;  // Oldest first.
  // After the buckets: a later one may have nothing yet.
  const SnapshotReader reader_;
  const Family& log_;
  const AssemblyRules rules_;
  const CheckOptions& options_;
  const Call& call_;
  CheckNotes notes_;
  StoreMarks marks_;
  bool has_marks_ = false;
  uint64_t last_batch_ = 0;
  uint64_t last_commit_ = 0;
  // What was looked at.
  std::vector<const Bucket*> later_;
  std::map<BatchId, std::vector<uint32_t>> later_dead_;
};

CheckReport DoesNotOpen(const absl::Status& status) {
  CheckNotes notes(1);
  notes.Add(
      {.kind = FindingKind::kStore, .text = std::string(status.message())});
  return std::move(notes.report);
}

}  // namespace

absl::StatusOr<CheckReport> CheckStore(RocksDb& db, const Family& log,
                                       const SealedStore& sealed,
                                       AssemblyRules rules,
                                       const CheckOptions& options,
                                       const Call& call) {
  return StoreCheck(db, log, rules, sealed.View()->buckets, options, call)
      .Run();
}

absl::StatusOr<CheckReport> CheckFolder(const RocksEngineOptions& store,
                                        const CheckOptions& options,
                                        const Call& call) {
  const absl::StatusOr<std::unique_ptr<RocksDb>> db =
      RocksDb::Open({.path = store.path,
                     .memtable_bytes = store.memtable_bytes,
                     .cache_bytes = store.cache_bytes / 2,
                     .merge = MakeRollUpMerge(),
                     .file_system = store.file_system,
                     .keys = store.keys,
                     .read_only = true});
  if (absl::IsDataLoss(db.status())) return DoesNotOpen(db.status());
  RTG_RETURN_IF_ERROR(db.status());
  const std::unique_ptr<Family> log = (*db)->TakeFamily(kLogFamily);
  SealedStore sealed(**db, store.cache_bytes / 2);
  const absl::Status loaded = sealed.Load();
  if (absl::IsDataLoss(loaded)) return DoesNotOpen(loaded);
  RTG_RETURN_IF_ERROR(loaded);
  // A first start that died before it was made.
  if (log == nullptr) return CheckReport();
  RTG_ASSIGN_OR_RETURN(
      CheckReport report,
      CheckStore(**db, *log, sealed, store.rules, options, call));
  if ((*db)->log_ends_in_damage()) {
    report.notes.push_back(
        "the log ends in what was never synced, or is damaged; the next start "
        "cuts it off");
  }
  return report;
}

}  // namespace roentgen::storage
