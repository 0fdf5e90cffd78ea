#include "storage/rocks/sealer.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "base/crash_point.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "storage/index/chunk_columns.h"
#include "storage/index/group_rows.h"
#include "storage/rocks/due_traces.h"
#include "storage/rocks/link_finder.h"
#include "storage/rocks/roll_up_store.h"

namespace roentgen::storage {
namespace {

// How long a trace is not sealed of which older records did not read.
constexpr absl::Duration kHeldBack = absl::Minutes(1);

// A bucket holds a day, but never more than this part of the disk budget.
constexpr uint64_t kBucketsPerBudget = 16;

int64_t DayOf(Timestamp t) {
  constexpr int64_t kDay = int64_t{86'400} * 1'000'000'000;
  return t.ns >= 0 ? t.ns / kDay : (t.ns - kDay + 1) / kDay;
}

bool IsUnchanged(const OpenTrace* now, const TraceToSeal& then) {
  return now != nullptr &&
         now->records.back().sequence == then.part.records.back().sequence;
}

}  // namespace

absl::Status Sealer::Seal(bool all) {
  MutexLock lock(state_.seal_mu);
  if (state_.options.await_groups && state_.groups == nullptr) {
    return absl::OkStatus();
  }
  std::erase_if(held_, [&](const auto& held) {
    return held.second <= state_.clock.Elapsed();
  });
  while (true) {
    DueTraces due = FindDue(state_, all, held_);
    if (due.traces.empty()) return absl::OkStatus();
    do {
      RTG_ASSIGN_OR_RETURN(const std::shared_ptr<const Bucket> bucket,
                           BucketForSeal());
      std::vector<TraceToSeal> traces = TakeBatch(state_, *bucket, due);
      if (traces.empty()) break;
      RTG_RETURN_IF_ERROR(
          SealBatch(bucket, std::move(traces), Unread::kDamagedLeftOut));
    } while (all ||
             (due.pressed ? IsPressed(state_)
                          : due.records >= state_.options.seal_batch_records));
  }
}

absl::StatusOr<std::shared_ptr<const Bucket>> Sealer::BucketForSeal() {
  const Timestamp now = state_.time.ForArrival();
  RTG_ASSIGN_OR_RETURN(std::shared_ptr<const Bucket> bucket,
                       state_.sealed.CurrentBucket(now, false));
  const uint64_t budget = state_.options.disk_budget_bytes;
  const bool full = budget != 0 && state_.sealed.BucketBytes(*bucket) >
                                       budget / kBucketsPerBudget;
  if (DayOf(bucket->opened) == DayOf(now) && !full) return bucket;
  return state_.sealed.CurrentBucket(now, true);
}

void Sealer::HoldBack(const TraceId& id, const absl::Status& why) {
  held_[id] = state_.clock.Elapsed() + kHeldBack;
  LogError("older records of a trace do not read, it is not sealed yet",
           {{"trace", id.ToString()}, {"error", why.ToString()}});
}

absl::Status Sealer::SealBatch(const std::shared_ptr<const Bucket>& bucket,
                               std::vector<TraceToSeal> traces, Unread older) {
  std::vector<TraceToSeal> all = std::exchange(traces, {});
  for (TraceToSeal& trace : all) {
    held_.erase(trace.id);
    const absl::Status decided = DecidePieces(state_, *bucket, older, trace);
    if (decided.ok()) {
      traces.push_back(std::move(trace));
    } else {
      HoldBack(trace.id, decided);
    }
  }
  if (traces.empty()) return absl::OkStatus();
  LinkFinder links(state_);
  RTG_ASSIGN_OR_RETURN(BuiltBatch built, BuildBatch(
                                             traces, state_.Groups(),
                                             [&](const Trace& trace) {
                                               return links.Resolve(trace);
                                             },
                                             state_.options.rules));
  for (const auto& [ordinal, why] : built.lacking) {
    const TraceId& trace = traces[ordinal].id;
    if (!absl::IsDataLoss(why)) {
      HoldBack(trace, why);
      continue;
    }
    LogError("older records of a trace are damaged, its index lacks them",
             {{"trace", trace.ToString()}, {"error", why.ToString()}});
  }
  // Not given back when something fails: what was written under it stays.
  const BatchId id = state_.sealed.TakeBatchId();
  RTG_RETURN_IF_ERROR(WriteBlocks(*bucket, id, built));
  RTG_CRASH_POINT("mid_seal");
  rocksdb::WriteBatch batch;
  RTG_RETURN_IF_ERROR(PutRollUps(*bucket, built.columns,
                                 TraceBitmap(built.columns.traces(), true),
                                 built.groups, 1, batch));
  std::set<BatchId> unread;
  TakeSuperseded(traces, -1, unread, batch);
  RTG_RETURN_IF_ERROR(Publish(bucket, id, traces, built, unread, batch));
  return TrimLog();
}

// What the places that these traces are sealed at by now have in the roll-ups.
// What a damaged index says stays in them: the seal must go on.
void Sealer::TakeSuperseded(const std::vector<TraceToSeal>& traces,
                            int64_t sign, std::set<BatchId>& unread,
                            rocksdb::WriteBatch& batch) {
  std::map<BatchId, std::vector<uint32_t>> places;
  state_.live.Read([&](const auto&, const auto& reopened) {
    for (const TraceToSeal& trace : traces) {
      const auto old = reopened.find(trace.id);
      if (old == reopened.end()) continue;
      const Locator& locator = old->second.locator;
      places[locator.batch].push_back(locator.ordinal);
    }
  });
  if (places.empty()) return;
  // Those that searches leave out are in the roll-ups as well.
  state_.sealed.View()->ForEachBatch([&](const SealedBatch& sealed) {
    const auto ordinals = places.find(sealed.id);
    if (ordinals == places.end() || unread.contains(sealed.id)) return;
    batch.SetSavePoint();
    const absl::Status status =
        PutPlaces(sealed, ordinals->second, sign, batch);
    if (status.ok()) {
      batch.PopSavePoint();
      return;
    }
    batch.RollbackToSavePoint();
    unread.insert(sealed.id);
    LogError(
        "damaged index: the service map keeps what it says of traces that "
        "were sealed again",
        {{"batch", std::to_string(sealed.id)}, {"error", status.ToString()}});
  });
}

absl::Status Sealer::PutPlaces(const SealedBatch& sealed,
                               const std::vector<uint32_t>& ordinals,
                               int64_t sign, rocksdb::WriteBatch& batch) {
  RTG_ASSIGN_OR_RETURN(const std::shared_ptr<const IndexDirectory> directory,
                       state_.sealed.Directory(sealed));
  const SealedChunks chunks = state_.sealed.Chunks(sealed);
  ChunkColumns columns(chunks, *directory, sealed.head.traces,
                       limits::kQueryMemoryBytes);
  TraceBitmap traces(sealed.head.traces);
  for (uint32_t ordinal : ordinals) traces.Set(ordinal);
  RTG_ASSIGN_OR_RETURN(const std::vector<GroupRows> groups,
                       ReadGroupRows(columns, traces));
  return PutRollUps(*sealed.bucket, columns, traces, groups, sign, batch);
}

// Traces that stay open, because news came while the batch was built.
absl::Status Sealer::KeepOut(const Bucket& bucket,
                             const std::vector<TraceToSeal>& traces,
                             const std::vector<uint32_t>& dead,
                             BuiltBatch& built, std::set<BatchId>& unread,
                             rocksdb::WriteBatch& batch) {
  if (dead.empty()) return absl::OkStatus();
  TraceBitmap rows(built.columns.traces());
  std::vector<TraceToSeal> kept;
  for (uint32_t ordinal : dead) {
    rows.Set(ordinal);
    kept.push_back({.id = traces[ordinal].id, .part = {}});
  }
  std::vector<GroupRows> groups = built.groups;
  for (GroupRows& group : groups) group.traces.And(rows);
  TakeSuperseded(kept, 1, unread, batch);
  return PutRollUps(bucket, built.columns, rows, groups, -1, batch);
}

// Until the batch's head is written nothing refers to these. It comes after
// they are synced: a power cut may leave a later file of the log and take the
// end of the one before. Writes are short, so that the committer does not wait
// behind one for long.
absl::Status Sealer::WriteBlocks(const Bucket& bucket, BatchId id,
                                 const BuiltBatch& built) {
  rocksdb::ColumnFamilyHandle* family = bucket.batches->get();
  rocksdb::WriteBatch batch;
  state_.sealed.PutMarks(batch);
  const auto write_when = [&](size_t bytes) {
    if (batch.GetDataSize() <= bytes) return absl::OkStatus();
    RTG_RETURN_IF_ERROR(
        state_.db->Write(batch, false, "while writing sealed blocks"));
    batch.Clear();
    return state_.db->SyncLog("while writing sealed blocks");
  };
  for (uint32_t i = 0; i < built.blocks.size(); ++i) {
    batch.Put(family, BlockKey(id, i), built.blocks[i]);
    RTG_RETURN_IF_ERROR(write_when(limits::kSealSyncBytes));
  }
  if (!built.contexts.empty()) {
    batch.Put(family, ContextsKey(id), built.contexts);
  }
  for (const IndexChunk& chunk : built.chunks) {
    batch.Put(family,
              ColumnKey(id, chunk.column, chunk.part, chunk.annotation_key),
              chunk.bytes);
    RTG_RETURN_IF_ERROR(write_when(limits::kSealSyncBytes));
  }
  return write_when(0);
}

// The one write that makes the batch count, and the same change in memory.
absl::Status Sealer::Publish(std::shared_ptr<const Bucket> bucket, BatchId id,
                             const std::vector<TraceToSeal>& traces,
                             BuiltBatch& built, std::set<BatchId>& unread,
                             rocksdb::WriteBatch& batch) {
  MutexLock commit_lock(state_.commit_mu);
  built.head.through_commit = state_.next_commit - 1;
  SealedBatch sealed{
      .bucket = bucket, .id = id, .head = built.head, .dead = {}};
  std::vector<SealedPlace> superseded;
  // Rows that are not whole.
  TraceBitmap held(static_cast<uint32_t>(traces.size()));
  for (uint32_t i = 0; i < traces.size(); ++i) {
    if (held_.contains(traces[i].id)) held.Set(i);
  }
  std::vector<std::pair<const TraceId*, const Locator*>> places;
  state_.live.Read([&](const OpenTable& table, const auto& reopened) {
    for (uint32_t i = 0; i < traces.size(); ++i) {
      // News came while the batch was built: the trace stays open, as it does
      // when its row is not whole.
      if (!IsUnchanged(table.Find(traces[i].id), traces[i]) || held.Test(i)) {
        sealed.dead.push_back(i);
        batch.Put(
            bucket->batches->get(), DeadKey(id, i),
            traces[i].part.earlier == nullptr ? kDeadWhole : kDeadInPieces);
        continue;
      }
      built.locators[i].batch = id;
      places.push_back({&traces[i].id, &built.locators[i]});
      const auto old = reopened.find(traces[i].id);
      if (old != reopened.end()) superseded.push_back(old->second);
    }
  });
  // RocksDB takes keys in order for less.
  std::sort(places.begin(), places.end(),
            [](const auto& a, const auto& b) { return *a.first < *b.first; });
  for (const auto& [trace, locator] : places) {
    batch.Put(bucket->locators->get(), ToSlice(trace->AsBytes()),
              EncodeLocator(*locator));
  }
  // A bucket may have been dropped since the trace was read from it.
  const std::shared_ptr<const SealedView> view = state_.sealed.View();
  std::erase_if(superseded, [&](const SealedPlace& place) {
    return std::none_of(
        view->buckets.begin(), view->buckets.end(),
        [&](const auto& b) { return b->id == place.bucket->id; });
  });
  for (const SealedPlace& place : superseded) {
    batch.Put(place.bucket->batches->get(),
              DeadKey(place.locator.batch, place.locator.ordinal),
              place.locator.earlier.empty() ? kDeadWhole : kDeadInPieces);
  }
  RTG_RETURN_IF_ERROR(
      KeepOut(*bucket, traces, sealed.dead, built, unread, batch));
  batch.Put(bucket->batches->get(), HeadKey(id), EncodeHead(built.head));
  state_.PutMarks(batch);
  std::vector<std::string> operations = state_.sealed.NewOperations(
      *bucket, built.columns.texts(Column::kSpanOperation).dictionary);
  if (!operations.empty()) {
    batch.Put(bucket->batches->get(), OperationsKey(id),
              PackOperations(operations));
  }
  RTG_RETURN_IF_ERROR(state_.live.Publish(
      [&] {
        return state_.db->Write(batch, false,
                                "while publishing a sealed batch");
      },
      [&](OpenTable& table, auto& reopened) {
        state_.sealed.AddBatch(std::move(sealed), superseded);
        state_.sealed.AddOperations(*bucket, std::move(operations));
        for (const auto& [trace, locator] : places) {
          table.Erase(*trace);
          reopened.erase(*trace);
        }
      }));
  ++state_.unflushed_writes;
  return absl::OkStatus();
}

// Deletes the commits of which every record is sealed, once the seals are safe.
absl::Status Sealer::TrimLog() {
  RTG_RETURN_IF_ERROR(state_.db->SyncLog("while publishing a sealed batch"));
  RTG_CRASH_POINT("after_seal");
  MutexLock commit_lock(state_.commit_mu);
  const uint64_t end = state_.live
                           .Read([](const OpenTable& table, const auto&) {
                             return table.OldestCommit();
                           })
                           .value_or(state_.next_commit);
  if (end <= state_.log_begin) return absl::OkStatus();
  rocksdb::WriteBatch batch;
  batch.DeleteRange(state_.log->get(), LogKey(state_.log_begin), LogKey(end));
  state_.PutMarks(batch, end);
  RTG_RETURN_IF_ERROR(state_.db->Write(batch, false, "while trimming the log"));
  state_.log_begin = end;
  return absl::OkStatus();
}

// Each try is a write, too: a disk that is full to the last byte is left alone.
bool Sealer::IsDropHopeless() {
  if (state_.gate.HasRoomToSeal()) drop_failed_ = false;
  return drop_failed_ || !state_.gate.IsInPlace();
}

absl::Status Sealer::DropOldBuckets() {
  MutexLock lock(state_.seal_mu);
  if (IsDropHopeless()) return absl::OkStatus();
  const Timestamp now = state_.time.ForExpiry();
  const Timestamp cutoff = state_.Cutoff();
  const uint64_t budget = state_.options.disk_budget_bytes;
  // Files of a dropped bucket may stay while a reader holds them: counted
  // down here, not read again.
  uint64_t disk = budget == 0 ? 0 : state_.db->DiskBytes();
  size_t left = 0;  // Buckets that have to be written to first.
  while (true) {
    const std::shared_ptr<const SealedView> view = state_.sealed.View();
    if (left >= view->buckets.size()) return absl::OkStatus();
    const Bucket& oldest = *view->buckets[left];
    const bool current = view->buckets.size() == left + 1;
    const Timestamp newest = state_.sealed.NewestRecord(oldest, now);
    const bool expired =
        newest < cutoff && !(current && DayOf(oldest.opened) == DayOf(now));
    const bool over_budget = budget != 0 && !current && disk > budget;
    if (!expired && !over_budget) {
      SayWhatIsHeldBack(newest);
      return absl::OkStatus();
    }
    const uint64_t freed = state_.sealed.BucketBytes(oldest);
    const absl::StatusOr<bool> dropped = DropBucket(oldest);
    drop_failed_ = !dropped.ok();
    RTG_RETURN_IF_ERROR(dropped.status());
    if (!*dropped) {
      if (state_.gate.HasRoomToSeal()) return absl::OkStatus();  // Busy.
      ++left;
      continue;
    }
    LogInfo("bucket dropped",
            {{"bucket", oldest.id},
             {"opened", absl::FormatTime(oldest.opened.ToTime())},
             {"newest", absl::FormatTime(newest.ToTime())},
             {"bytes", freed},
             {"why", expired ? "retention" : "disk_budget"},
             {"kept_since", absl::FormatTime(cutoff.ToTime())}});
    disk -= std::min(disk, freed);
    ++state_.buckets_dropped;
  }
}

// Once per doubt: what the clock says has expired, and is kept.
void Sealer::SayWhatIsHeldBack(Timestamp newest) {
  const std::optional<absl::Duration> doubt = state_.time.Doubt();
  if (!doubt) {
    said_held_back_ = false;
    return;
  }
  if (said_held_back_ ||
      newest >= state_.clock.Now() - state_.options.retention) {
    return;
  }
  said_held_back_ = true;
  LogWarn(
      "the clock is not where it is expected; what retention would drop by it "
      "is kept until it has stayed there",
      {{"clock", absl::FormatTime(state_.clock.Now().ToTime())},
       {"expected", absl::FormatTime(state_.time.ForExpiry().ToTime())},
       {"ahead_seconds", absl::ToInt64Seconds(*doubt)}});
}

// A reopened trace keeps its older records only where they were sealed: it is
// sealed again, elsewhere, before that place goes. False: news kept coming, or
// there is no room to seal.
absl::StatusOr<bool> Sealer::DropBucket(const Bucket& bucket) {
  constexpr int kTries = 5;
  for (int i = 0; i < kTries; ++i) {
    std::vector<TraceToSeal> reopened = PickReopenedFrom(state_, bucket);
    if (!reopened.empty()) {
      if (!state_.gate.HasRoomToSeal()) return false;
      const bool is_current =
          state_.sealed.View()->buckets.back()->id == bucket.id;
      if (is_current) {
        RTG_RETURN_IF_ERROR(
            state_.sealed.CurrentBucket(state_.time.ForArrival(), true)
                .status());
      }
      RTG_ASSIGN_OR_RETURN(const std::shared_ptr<const Bucket> elsewhere,
                           BucketForSeal());
      while (!reopened.empty()) {
        RTG_RETURN_IF_ERROR(SealBatch(elsewhere, TakeBatch(state_, reopened),
                                      Unread::kLeftOut));
      }
    }
    // While nothing is committed nothing can be reopened from it.
    MutexLock commit_lock(state_.commit_mu);
    if (!PickReopenedFrom(state_, bucket).empty()) continue;
    const absl::Status dropped = state_.sealed.DropBucket(bucket);
    // After that: a look at the disk before it finds what is gone.
    state_.live.PlacesGo();
    RTG_RETURN_IF_ERROR(dropped);
    return true;
  }
  return false;
}

absl::Status Sealer::Purge() {
  MutexLock seal_lock(state_.seal_mu);
  MutexLock commit_lock(state_.commit_mu);
  rocksdb::WriteBatch batch;
  batch.DeleteRange(state_.log->get(), LogKey(state_.log_begin),
                    LogKey(state_.next_commit));
  state_.PutMarks(batch, state_.next_commit);
  // Tells it from a trimmed log, for which nobody waits (log_check.cc).
  batch.Delete("purge");
  RTG_RETURN_IF_ERROR(state_.db->Write(batch, true, "while purging the log"));
  state_.log_begin = state_.next_commit;
  state_.live.Change([](OpenTable& table, auto& reopened) {
    std::vector<TraceId> ids;
    for (const auto& [id, trace] : table.traces()) ids.push_back(id);
    for (const TraceId& id : ids) table.Erase(id);
    reopened.clear();
  });
  absl::Status dropped;
  const std::shared_ptr<const SealedView> view = state_.sealed.View();
  for (const auto& bucket : view->buckets) {
    dropped = state_.sealed.DropBucket(*bucket);
    if (!dropped.ok()) break;
  }
  // After that: a look at the disk before it finds what is gone.
  state_.live.PlacesGo();
  return dropped;
}

absl::Status Sealer::FlushAll() {
  state_.unflushed_writes = 0;
  {
    MutexLock seal_lock(state_.seal_mu);
    MutexLock commit_lock(state_.commit_mu);
    rocksdb::WriteBatch batch;
    state_.PutMarks(batch);
    RTG_RETURN_IF_ERROR(state_.db->Write(batch, false, "while flushing"));
  }
  std::vector<rocksdb::ColumnFamilyHandle*> families = {
      state_.db->db().DefaultColumnFamily(), state_.log->get()};
  const std::shared_ptr<const SealedView> view = state_.sealed.View();
  for (const auto& bucket : view->buckets) {
    families.push_back(bucket->locators->get());
    families.push_back(bucket->batches->get());
  }
  rocksdb::DB& db = state_.db->db();
  RTG_RETURN_IF_ERROR(
      FromRocks(db.Flush(rocksdb::FlushOptions(), families), "while flushing"));
  // What is left of the log are deletions; give their space back.
  rocksdb::CompactRangeOptions options;
  const absl::Status compacted =
      FromRocks(db.CompactRange(options, state_.log->get(), nullptr, nullptr),
                "while compacting the log");
  if (!absl::IsDataLoss(compacted)) return compacted;
  LogError("a table of the log is damaged", {{"error", compacted.ToString()}});
  return absl::OkStatus();
}

}  // namespace roentgen::storage
