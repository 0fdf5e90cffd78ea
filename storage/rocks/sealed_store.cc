#include "storage/rocks/sealed_store.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/escaping.h"
#include "absl/strings/string_view.h"
#include "base/crash_point.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/seeded_hash.h"
#include "base/status_macros.h"
#include "base/wire.h"
#include "storage/index/text_dictionary.h"
#include "storage/record/block_codec.h"
#include "trace/model/operation.h"

namespace roentgen::storage {
namespace {

absl::Status Damaged(std::string_view what, std::string_view key) {
  const std::string hex =
      absl::BytesToHexString(absl::string_view(key.data(), key.size()));
  return absl::DataLossError(std::string(what) + " at key " + hex);
}

// Larger ones are left to the block cache.
constexpr size_t kKeptDictionaryBytesMax = 4096;

bool IsDead(const SealedView& view, const Locator& locator) {
  const SealedBatch* batch = view.FindBatch(locator.batch);
  return batch != nullptr &&
         std::binary_search(batch->dead.begin(), batch->dead.end(),
                            locator.ordinal);
}

}  // namespace

const SealedBatch* SealedView::FindBatch(BatchId id) const {
  for (const auto* of : {&batches, &damaged}) {
    const auto at = std::lower_bound(
        of->begin(), of->end(), id,
        [](const auto& batch, BatchId wanted) { return batch->id < wanted; });
    if (at != of->end() && (*at)->id == id) return at->get();
  }
  return nullptr;
}

std::string PackOperations(const std::vector<std::string>& keys) {
  std::string raw;
  for (const std::string& key : keys) AppendBytes(key, raw);
  std::string stored;
  CompressBlock(raw, stored);
  return stored;
}

absl::StatusOr<std::vector<std::string>> UnpackOperations(
    std::string_view stored) {
  std::string raw;
  std::string_view plain;
  RTG_RETURN_IF_ERROR(DecompressBlock(stored, plain, raw));
  ByteReader in(raw);
  std::vector<std::string> keys;
  std::string_view key;
  while (!in.rest().empty() && in.Bytes(key)) keys.emplace_back(key);
  if (!in.done()) return absl::DataLossError("a list of operations");
  return keys;
}

absl::Status SealedStore::Load() {
  auto view = std::make_shared<SealedView>();
  RTG_RETURN_IF_ERROR(LoadMarks());
  RTG_RETURN_IF_ERROR(LoadBuckets(*view));
  // What is left was being made or dropped when the process died.
  for (const std::string& name : db_.UntakenFamilies()) {
    if (name == rocksdb::kDefaultColumnFamilyName || name == kLogFamily ||
        db_.read_only()) {
      continue;
    }
    const std::unique_ptr<Family> family = db_.TakeFamily(name);
    RTG_RETURN_IF_ERROR(db_.DropFamily(*family));
  }
  for (const auto& bucket : view->buckets) {
    RTG_RETURN_IF_ERROR(LoadBatches(bucket, *view));
    RTG_RETURN_IF_ERROR(LoadOperations(*bucket));
  }
  std::sort(view->batches.begin(), view->batches.end(),
            [](const auto& a, const auto& b) { return a->id < b->id; });
  if (!view->batches.empty()) {
    marks_.next_batch =
        std::max(marks_.next_batch, view->batches.back()->id + 1);
  }
  MutexLock lock(mu_);
  view_ = std::move(view);
  return absl::OkStatus();
}

absl::Status SealedStore::LoadMarks() {
  rocksdb::PinnableSlice value;
  const absl::Status status =
      db_.Get(db_.db().DefaultColumnFamily(), kMarksKey, value,
              "while reading the numbers in use");
  if (absl::IsNotFound(status)) return absl::OkStatus();
  RTG_RETURN_IF_ERROR(status);
  const std::optional<StoreMarks> marks = DecodeMarks(FromSlice(value));
  if (!marks) return Damaged("numbers in use", kMarksKey);
  marks_ = *marks;
  marks_found_ = true;
  return absl::OkStatus();
}

void SealedStore::NoteProgress(uint64_t next_commit, uint64_t log_begin,
                               uint64_t last_commit, Timestamp latest) {
  marks_.next_commit = std::max(marks_.next_commit, next_commit);
  marks_.log_begin = log_begin;
  marks_.last_commit = last_commit;
  marks_.latest = latest;
}

void SealedStore::PutMarks(rocksdb::WriteBatch& batch) const {
  batch.Put(kMarksKey, EncodeMarks(marks_));
}

absl::Status SealedStore::LoadBuckets(SealedView& view) {
  return db_.ForEach(
      db_.db().DefaultColumnFamily(), KeyRange::WithPrefix(kBucketPrefix),
      "while reading buckets",
      [&](std::string_view key, std::string_view value) -> absl::Status {
        const auto id = ParseBucketKey(key);
        const auto opened = DecodeBucketHead(value);
        if (!id || !opened) return Damaged("bucket head", key);
        auto bucket = std::make_shared<Bucket>();
        bucket->id = *id;
        bucket->opened = *opened;
        marks_.next_bucket = std::max(marks_.next_bucket, *id + 1);
        bucket->locators = db_.TakeFamily(LocatorFamily(*id));
        bucket->batches = db_.TakeFamily(BatchFamily(*id));
        if (bucket->locators == nullptr || bucket->batches == nullptr) {
          return Damaged("bucket without its families", key);
        }
        view.buckets.push_back(std::move(bucket));
        return absl::OkStatus();
      });
}

absl::Status SealedStore::LoadBatches(
    const std::shared_ptr<const Bucket>& bucket, SealedView& view) {
  absl::flat_hash_map<BatchId, std::shared_ptr<SealedBatch>> batches;
  const auto add_head = [&](std::string_view key,
                            std::string_view value) -> absl::Status {
    const auto id = ParseHeadKey(key);
    absl::StatusOr<BatchHead> head = DecodeHead(value);
    if (!id || absl::IsDataLoss(head.status())) {
      return Damaged("batch head", key);
    }
    RTG_RETURN_IF_ERROR(head.status());
    batches[*id] = std::make_shared<SealedBatch>(SealedBatch{
        .bucket = bucket, .id = *id, .head = *std::move(head), .dead = {}});
    return absl::OkStatus();
  };
  const auto add_dead = [&](std::string_view key,
                            std::string_view) -> absl::Status {
    const auto dead = ParseDeadKey(key);
    if (!dead) return Damaged("dead mark", key);
    const auto batch = batches.find(dead->batch);
    if (batch != batches.end()) batch->second->dead.push_back(dead->ordinal);
    return absl::OkStatus();
  };
  rocksdb::ColumnFamilyHandle* family = bucket->batches->get();
  RTG_RETURN_IF_ERROR(db_.ForEach(
      family, KeyRange::WithPrefix(std::string(1, kHeadKind)),
      "while reading batch heads of bucket " + std::to_string(bucket->id),
      add_head));
  RTG_RETURN_IF_ERROR(db_.ForEach(
      family, KeyRange::WithPrefix(std::string(1, kDeadKind)),
      "while reading dead marks of bucket " + std::to_string(bucket->id),
      add_dead));
  for (auto& [id, batch] : batches) view.batches.push_back(std::move(batch));
  return marks_found_ ? absl::OkStatus() : FindUsedBatches(*bucket);
}

// A seal that never got its head may have left keys: not to be mixed with those
// of a later batch. Marks tell where they are kept.
absl::Status SealedStore::FindUsedBatches(const Bucket& bucket) {
  for (const char kind : {kHeadKind, kBlockKind, kColumnKind}) {
    const std::string next_kind(1, static_cast<char>(kind + 1));
    RTG_ASSIGN_OR_RETURN(const std::optional<std::string> last,
                         db_.LastKeyBefore(bucket.batches->get(), next_kind,
                                           "while looking for used numbers"));
    if (!last) continue;
    if (const auto used = ParseBatchOfKey(*last)) {
      marks_.next_batch = std::max(marks_.next_batch, *used + 1);
    }
  }
  return absl::OkStatus();
}

absl::Status SealedStore::LoadOperations(const Bucket& bucket) {
  return db_.ForEach(
      bucket.batches->get(),
      KeyRange::WithPrefix(std::string(1, kOperationsKind)),
      "while reading operations",
      [&](std::string_view key, std::string_view value) -> absl::Status {
        absl::StatusOr<std::vector<std::string>> keys = UnpackOperations(value);
        if (!keys.ok()) return Damaged("operations", key);
        AddOperations(bucket, *std::move(keys));
        return absl::OkStatus();
      });
}

std::vector<std::string> SealedStore::NewOperations(
    const Bucket& bucket, const TextDictionary& seen) const {
  std::vector<std::string> fresh;
  MutexLock lock(mu_);
  const auto found = operations_.find(bucket.id);
  static const KnownOperations kNone;
  const KnownOperations& known =
      found == operations_.end() ? kNone : found->second;
  size_t bytes = known.bytes;
  absl::flat_hash_set<std::string_view, SeededHash, TextEqual> services;
  for (uint32_t code = 0; code < seen.size(); ++code) {
    const std::string_view key = seen.at(code);
    if (IsAnyOperation(key) || known.keys.contains(key)) continue;
    const size_t count = known.keys.size() + fresh.size();
    const bool full =
        bytes + key.size() > limits::kOperationBytesPerBucketMax ||
        count >= limits::kOperationsPerBucketMax;
    // One service with ids in its names must not hide the others: each may
    // still come with one operation, up to as many again.
    if (full &&
        (known.HasService(key) || services.contains(ServicePartOf(key)) ||
         bytes > limits::kOperationBytesPerBucketMax * 2 ||
         count >= limits::kOperationsPerBucketMax * 2)) {
      continue;
    }
    bytes += key.size();
    services.insert(ServicePartOf(key));
    fresh.emplace_back(key);
  }
  return fresh;
}

bool SealedStore::KnownOperations::HasService(std::string_view key) const {
  const std::string_view service = ServicePartOf(key);
  const auto at = keys.lower_bound(service);
  return at != keys.end() && ServicePartOf(*at) == service;
}

void SealedStore::AddOperations(const Bucket& bucket,
                                std::vector<std::string> keys) {
  if (keys.empty()) return;
  auto list = std::make_shared<const std::vector<std::string>>(std::move(keys));
  MutexLock lock(mu_);
  KnownOperations& known = operations_[bucket.id];
  for (const std::string& key : *list) {
    known.bytes += key.size();
    known.keys.insert(key);
  }
  known.lists.push_back(std::move(list));
}

void SealedStore::VisitOperations(
    const TimeRange& range,
    const std::function<void(std::string_view key)>& visit) const {
  std::vector<OperationList> lists;
  {
    MutexLock lock(mu_);
    std::set<BucketId> in_range;
    view_->ForEachBatch([&](const SealedBatch& batch) {
      // The head knows the last arrivals of its traces, not the first ones.
      if (batch.head.received.max >= range.begin.ns) {
        in_range.insert(batch.bucket->id);
      }
    });
    for (const auto& [bucket, known] : operations_) {
      if (!in_range.contains(bucket)) continue;
      lists.insert(lists.end(), known.lists.begin(), known.lists.end());
    }
  }
  for (const OperationList& list : lists) {
    for (const std::string& key : *list) visit(key);
  }
}

std::shared_ptr<const SealedView> SealedStore::View() const {
  MutexLock lock(mu_);
  return view_;
}

absl::Status SealedStore::NoteDamage(const SealedBatch& batch,
                                     absl::Status status) {
  if (!absl::IsDataLoss(status)) return status;
  bool left_out = false;
  {
    MutexLock lock(mu_);
    if (suspects_.insert(batch.id).second) {
      ++damage_noted_;
      return status;
    }
    const auto at =
        std::find_if(view_->batches.begin(), view_->batches.end(),
                     [&](const auto& other) { return other->id == batch.id; });
    if (at != view_->batches.end()) {
      auto view = std::make_shared<SealedView>(*view_);
      view->damaged.push_back(*at);
      std::sort(view->damaged.begin(), view->damaged.end(),
                [](const auto& a, const auto& b) { return a->id < b->id; });
      view->batches.erase(view->batches.begin() +
                          (at - view_->batches.begin()));
      view_ = std::move(view);
      left_out = true;
    }
    // Whoever read an older view begins again, too.
    ++damage_noted_;
  }
  if (left_out) {
    LogError("a sealed batch is damaged and is left out of searches",
             {{"batch", batch.id},
              {"bucket", batch.bucket->id},
              {"traces", batch.head.traces},
              {"error", status.ToString()}});
  }
  return status;
}

absl::Status SealedStore::NoteRollUpDamage(const Bucket& bucket,
                                           absl::Status status) {
  if (!absl::IsDataLoss(status)) return status;
  {
    MutexLock lock(mu_);
    if (!damaged_roll_ups_.insert(bucket.id).second) return status;
    ++damage_noted_;
  }
  LogError("roll-ups are damaged, the service map is made of the index",
           {{"bucket", bucket.id}, {"error", status.ToString()}});
  return status;
}

bool SealedStore::IsSuspect(const SealedBatch& batch) const {
  MutexLock lock(mu_);
  return suspects_.contains(batch.id);
}

bool SealedStore::HasDamagedRollUps(const Bucket& bucket) const {
  MutexLock lock(mu_);
  return damaged_roll_ups_.contains(bucket.id);
}

absl::StatusOr<std::optional<SealedPlace>> SealedStore::Locate(
    const TraceId& id) const {
  const std::shared_ptr<const SealedView> view = View();
  for (auto it = view->buckets.rbegin(); it != view->buckets.rend(); ++it) {
    rocksdb::PinnableSlice value;
    const absl::Status status = db_.Get(*(*it)->locators, id.AsBytes(), value,
                                        "while locating a trace");
    if (absl::IsNotFound(status)) continue;
    RTG_RETURN_IF_ERROR(status);
    const auto locator = DecodeLocator(FromSlice(value));
    if (!locator) return Damaged("locator", id.AsBytes());
    // It was sealed again, in a bucket that was dropped before this one.
    if (IsDead(*view, *locator)) continue;
    return SealedPlace{.bucket = *it, .locator = *locator};
  }
  return std::optional<SealedPlace>();
}

absl::Status SealedStore::ReadStoredBlock(const Bucket& bucket, BatchId batch,
                                          uint32_t block,
                                          rocksdb::PinnableSlice& value) const {
  const std::string key = BlockKey(batch, block);
  const absl::Status status =
      db_.Get(*bucket.batches, key, value, "while reading a block");
  return absl::IsNotFound(status) ? Damaged("missing block", key) : status;
}

absl::StatusOr<std::shared_ptr<const RecordBlock>> SealedStore::ReadBlock(
    const Bucket& bucket, BatchId batch, uint32_t block) const {
  const std::string key = BlockKey(batch, block);
  if (auto kept = blocks_.Find(key)) return kept;
  rocksdb::PinnableSlice value;
  RTG_RETURN_IF_ERROR(ReadStoredBlock(bucket, batch, block, value));
  RTG_ASSIGN_OR_RETURN(const std::shared_ptr<const ContextTable> contexts,
                       ReadContexts(bucket, batch));
  RTG_ASSIGN_OR_RETURN(RecordBlock parsed,
                       RecordBlock::Parse(FromSlice(value), contexts.get()));
  auto shared = std::make_shared<const RecordBlock>(std::move(parsed));
  blocks_.Add(key, shared, shared->MemoryBytes());
  return shared;
}

absl::StatusOr<std::shared_ptr<const ContextTable>> SealedStore::ReadContexts(
    const Bucket& bucket, BatchId batch) const {
  const std::string key = ContextsKey(batch);
  if (auto kept = contexts_.Find(key)) return kept;
  rocksdb::PinnableSlice value;
  const absl::Status status =
      db_.Get(*bucket.batches, key, value, "while reading contexts");
  ContextTable table;
  if (!absl::IsNotFound(status)) {
    RTG_RETURN_IF_ERROR(status);
    RTG_ASSIGN_OR_RETURN(table, UnpackContexts(FromSlice(value)));
  }
  auto shared = std::make_shared<const ContextTable>(std::move(table));
  contexts_.Add(key, shared, MemoryOf(*shared));
  return shared;
}

absl::Status SealedChunks::Read(
    Column column, Part part, std::string_view annotation_key,
    const std::function<absl::Status(std::string_view)>& use) const {
  const std::string key = ColumnKey(batch_.id, column, part, annotation_key);
  const bool asked_first = part == Part::kFilter || part == Part::kDictionary;
  if (asked_first) {
    if (const auto kept = asked_.Find(key)) return use(*kept);
  }
  rocksdb::PinnableSlice value;
  const absl::Status status = db_.Get(*batch_.bucket->batches, key, value,
                                      "while reading an index chunk");
  if (absl::IsNotFound(status)) return Damaged("missing index chunk", key);
  RTG_RETURN_IF_ERROR(status);
  if (part == Part::kFilter ||
      (asked_first && value.size() <= kKeptDictionaryBytesMax)) {
    asked_.Add(key, std::make_shared<const std::string>(FromSlice(value)),
               value.size());
  }
  return use(FromSlice(value));
}

absl::StatusOr<std::shared_ptr<const IndexDirectory>> SealedStore::Directory(
    const SealedBatch& batch) const {
  const std::string key =
      ColumnKey(batch.id, Column::kDirectory, Part::kValues, {});
  if (auto kept = directories_.Find(key)) return kept;
  RTG_ASSIGN_OR_RETURN(IndexDirectory directory, ReadDirectory(Chunks(batch)));
  auto shared = std::make_shared<const IndexDirectory>(std::move(directory));
  directories_.Add(key, shared, shared->MemoryBytes());
  return shared;
}

absl::StatusOr<std::shared_ptr<const Bucket>> SealedStore::CurrentBucket(
    Timestamp now, bool make_new) {
  const std::shared_ptr<const SealedView> old = View();
  if (!old->buckets.empty() && !make_new) return old->buckets.back();
  auto bucket = std::make_shared<Bucket>();
  bucket->id = marks_.next_bucket++;
  bucket->opened = now;
  RTG_ASSIGN_OR_RETURN(bucket->locators,
                       db_.CreateFamily(LocatorFamily(bucket->id)));
  RTG_ASSIGN_OR_RETURN(bucket->batches,
                       db_.CreateFamily(BatchFamily(bucket->id)));
  rocksdb::WriteBatch batch;
  batch.Put(BucketKey(bucket->id), EncodeBucketHead(bucket->opened));
  PutMarks(batch);
  RTG_RETURN_IF_ERROR(db_.Write(batch, true, "while making a bucket"));
  ChangeView([&](SealedView& view) { view.buckets.push_back(bucket); });
  return std::shared_ptr<const Bucket>(std::move(bucket));
}

void SealedStore::AddBatch(SealedBatch batch,
                           const std::vector<SealedPlace>& superseded) {
  absl::flat_hash_map<BatchId, std::vector<uint32_t>> dead;
  for (const SealedPlace& place : superseded) {
    dead[place.locator.batch].push_back(place.locator.ordinal);
  }
  ChangeView([&](SealedView& view) {
    for (auto* batches : {&view.batches, &view.damaged}) {
      for (auto& old : *batches) {
        const auto ordinals = dead.find(old->id);
        if (ordinals == dead.end()) continue;
        auto changed = std::make_shared<SealedBatch>(*old);
        changed->dead.insert(changed->dead.end(), ordinals->second.begin(),
                             ordinals->second.end());
        std::sort(changed->dead.begin(), changed->dead.end());
        old = std::move(changed);
      }
    }
    view.batches.push_back(std::make_shared<SealedBatch>(std::move(batch)));
  });
}

absl::Status SealedStore::DropBucket(const Bucket& bucket) {
  rocksdb::WriteBatch batch;
  batch.Delete(BucketKey(bucket.id));
  RTG_RETURN_IF_ERROR(db_.Write(batch, true, "while dropping a bucket"));
  ChangeView([&](SealedView& view) {
    std::erase_if(view.buckets,
                  [&](const auto& b) { return b->id == bucket.id; });
    for (auto* batches : {&view.batches, &view.damaged}) {
      std::erase_if(*batches,
                    [&](const auto& b) { return b->bucket->id == bucket.id; });
    }
  });
  {
    MutexLock lock(mu_);
    operations_.erase(bucket.id);
  }
  RTG_CRASH_POINT("mid_bucket_drop");
  RTG_RETURN_IF_ERROR(db_.DropFamily(*bucket.locators));
  return db_.DropFamily(*bucket.batches);
}

uint64_t SealedStore::BucketBytes(const Bucket& bucket) const {
  uint64_t total = 0;
  for (const Family* family : {bucket.locators.get(), bucket.batches.get()}) {
    for (const auto& property :
         {rocksdb::DB::Properties::kTotalSstFilesSize,
          rocksdb::DB::Properties::kCurSizeAllMemTables}) {
      uint64_t bytes = 0;
      if (db_.db().GetIntProperty(family->get(), property, &bytes)) {
        total += bytes;
      }
    }
  }
  return total;
}

Timestamp SealedStore::NewestRecord(const Bucket& bucket, Timestamp now) const {
  const std::shared_ptr<const SealedView> view = View();
  std::optional<Timestamp> newest;
  view->ForEachBatch([&](const SealedBatch& batch) {
    if (batch.bucket->id != bucket.id || batch.head.traces == 0) return;
    const Timestamp received{batch.head.received.max};
    if (!newest || received > *newest) newest = received;
  });
  Timestamp known = newest.value_or(bucket.opened);
  // Each was sealed before the next bucket was begun. That one's clock may have
  // been wrong instead, so that another one must agree. One that is still to
  // come says nothing: the clock was as wrong then.
  std::vector<Timestamp> later;
  for (const auto& other : view->buckets) {
    if (other->id > bucket.id && other->opened <= now && later.size() < 2) {
      later.push_back(other->opened);
    }
  }
  if (later.size() == 2) {
    known = std::min(known, std::max(later.front(), later.back()));
  } else if (later.size() == 1 && known > now) {
    known = std::min(known, later.front());
  }
  return known;
}

void BoundMissing(std::vector<std::string>& names) {
  std::sort(names.begin(), names.end());
  if (names.size() <= limits::kDamagesNamedMax) return;
  const size_t others = names.size() - limits::kDamagesNamedMax;
  names.resize(limits::kDamagesNamedMax);
  names.push_back("damaged batches besides: " + std::to_string(others));
}

}  // namespace roentgen::storage
