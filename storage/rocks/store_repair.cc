#include "storage/rocks/store_repair.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "base/clock.h"
#include "base/status_macros.h"
#include "base/wire.h"
#include "storage/live/batch_builder.h"
#include "storage/record/record_block.h"
#include "storage/rocks/commit_log.h"
#include "storage/rocks/logged_records.h"
#include "storage/rocks/repair_folder.h"
#include "storage/rocks/salvage.h"
#include "storage/rocks/salvaged_batch.h"
#include "storage/rocks/sealed_pieces.h"
#include "storage/rocks/store_life.h"
#include "trace/assembly/memory_meter.h"

namespace roentgen::storage {
namespace {

constexpr char kDoing[] = "while reading what was collected";

// The groups that traces belonged to.
class KnownGroups final : public GroupTests {
 public:
  using ByTrace = std::map<TraceId, std::set<std::string>>;

  void Set(ByTrace groups) {
    ids_.clear();
    for (const auto& [trace, ids] : groups) ids_.insert(ids.begin(), ids.end());
    groups_ = std::move(groups);
  }

  std::vector<GroupTest> Tests() const override {
    std::vector<GroupTest> tests;
    for (const std::string& id : ids_) {
      tests.push_back(
          {.group_id = id,
           .in_force = {},
           .predicate = {.node = TracePredicate::Constant{Truth::kMaybe}},
           .matches = [this, id](const TraceRecords& trace) {
             const auto at = groups_.find(trace.trace_id);
             return at != groups_.end() && at->second.contains(id);
           }});
    }
    return tests;
  }

 private:
  ByTrace groups_;
  std::set<std::string> ids_;
};

// Both by ascending sequence; each once.
std::vector<StoredRecord> Joined(std::vector<StoredRecord> a,
                                 std::vector<StoredRecord> b) {
  std::vector<StoredRecord> joined;
  std::merge(std::make_move_iterator(a.begin()),
             std::make_move_iterator(a.end()),
             std::make_move_iterator(b.begin()),
             std::make_move_iterator(b.end()), std::back_inserter(joined),
             [](const StoredRecord& x, const StoredRecord& y) {
               return x.sequence < y.sequence;
             });
  joined.erase(std::unique(joined.begin(), joined.end(),
                           [](const StoredRecord& x, const StoredRecord& y) {
                             return x.sequence == y.sequence;
                           }),
               joined.end());
  return joined;
}

// The traces of a commit. Errors: DataLoss when it does not read whole.
absl::StatusOr<std::set<TraceId>> TracesOf(const Commit& commit) {
  std::set<TraceId> traces;
  RTG_RETURN_IF_ERROR(ForEachLogged(commit, [&](const LoggedRecord& record) {
    traces.insert(record.trace_id);
    return absl::OkStatus();
  }));
  return traces;
}

class Repair {
 public:
  Repair(Salvage& salvage, const std::function<void(RepairNote)>& tell,
         RepairReport& report, const Call& call)
      : salvage_(salvage), tell_(tell), report_(report), call_(call) {}

  absl::Status Run(const RocksEngineOptions& damaged,
                   const std::string& new_folder) {
    RTG_RETURN_IF_ERROR(ReadMeta());
    RTG_RETURN_IF_ERROR(ReadLog());
    RocksEngineOptions options = damaged;
    options.path = new_folder;
    // The new store's own start drops what has expired.
    options.retention = absl::Hours(24 * 365 * 200);
    options.disk_budget_bytes = 0;
    options.await_groups = false;
    options.on_reopen = {};
    options.on_sync = {};
    shared_.groups = &groups_;
    RTG_ASSIGN_OR_RETURN(life_, StoreLife::Open(options, clock_, shared_));
    RTG_RETURN_IF_ERROR(SaveSettings());
    for (const auto& [id, bucket] : InOrder()) {
      RTG_RETURN_IF_ERROR(call_.Check());
      RTG_RETURN_IF_ERROR(SaveBatch(id, bucket));
    }
    RTG_RETURN_IF_ERROR(salvage_.Flush());
    for (const auto& [id, bucket] : InOrder()) {
      if (has_lost_ || has_gaps_ || !salvage_.is_whole()) {
        RTG_RETURN_IF_ERROR(SaveSuperseded(id, bucket));
      }
    }
    RTG_RETURN_IF_ERROR(salvage_.Flush());
    RTG_RETURN_IF_ERROR(SayWhatIsLost());
    RTG_RETURN_IF_ERROR(SaveLog());
    life_->Stop();
    return life_->sealer.FlushAll();
  }

 private:
  absl::Status ReadMeta() {
    rocksdb::PinnableSlice value;
    const absl::Status read =
        salvage_.db().Get(salvage_.meta(), kMarksKey, value, kDoing);
    if (read.ok()) {
      if (const auto marks = DecodeMarks(FromSlice(value))) {
        marks_ = *marks;
        return ReadBuckets();
      }
    } else if (!absl::IsNotFound(read)) {
      return read;
    } else if (salvage_.is_meta_whole()) {
      return ReadBuckets();  // Nothing was sealed yet.
    }
    Damage("marks",
           "the numbers in use are lost: commits of the log that are missing "
           "at its ends are not noticed");
    report_.unsure = true;
    return ReadBuckets();
  }

  absl::Status ReadBuckets() {
    return salvage_.db().ForEach(
        salvage_.meta(), KeyRange::WithPrefix(kBucketPrefix), kDoing,
        [&](std::string_view key, std::string_view value) {
          const auto id = ParseBucketKey(key);
          const auto opened = DecodeBucketHead(value);
          if (id && opened) opened_[*id] = *opened;
          return absl::OkStatus();
        });
  }

  // Which commits there are, and which are missing between them.
  absl::Status ReadLog() {
    std::set<uint64_t> there;
    std::set<uint64_t> wanted;
    if (marks_.last_commit != 0) wanted.insert(marks_.last_commit);
    const absl::Status read = salvage_.db().ForEach(
        salvage_.log(), {}, kDoing,
        [&](std::string_view key, std::string_view value) -> absl::Status {
          RTG_RETURN_IF_ERROR(call_.Check());
          const auto number = ParseLogKey(key);
          const absl::StatusOr<Commit> commit = DecodeCommit(value);
          if (!number) return absl::OkStatus();
          const absl::StatusOr<std::set<TraceId>> traces =
              commit.ok() ? TracesOf(*commit) : commit.status();
          if (!traces.ok()) {
            wanted.insert(*number);
            return absl::OkStatus();
          }
          for (const TraceId& id : *traces) logged_[id].push_back(*number);
          if (commit->previous && !there.empty()) {
            wanted.insert(*commit->previous);
          } else if (commit->previous && marks_.log_begin != 0) {
            wanted.insert(*commit->previous);
          }
          there.insert(*number);
          return absl::OkStatus();
        });
    RTG_RETURN_IF_ERROR(read);
    commits_ = std::move(there);
    for (uint64_t number : wanted) {
      if (number < std::max<uint64_t>(marks_.log_begin, 1) ||
          commits_.contains(number)) {
        continue;
      }
      ++report_.commits_lost;
      report_.unsure = true;
      tell_({.kind = RepairNote::Kind::kLostCommit,
             .name = std::to_string(number),
             .text = "it was acknowledged, and does not read or is not there; "
                     "so may others before it, as far as numbers are missing"});
    }
    return absl::OkStatus();
  }

  absl::Status SaveSettings() {
    rocksdb::WriteBatch batch;
    RTG_RETURN_IF_ERROR(salvage_.db().ForEach(
        salvage_.meta(), KeyRange::WithPrefix(kSettingPrefix), kDoing,
        [&](std::string_view key, std::string_view value) {
          ++report_.settings;
          batch.Put(ToSlice(key), ToSlice(value));
          return absl::OkStatus();
        }));
    return life_->state.db->Write(batch, true, "while saving settings");
  }

  // Oldest first, by the bucket that each is of.
  std::vector<std::pair<BatchId, BucketId>> InOrder() const {
    std::vector<std::pair<BatchId, BucketId>> order(salvage_.buckets().begin(),
                                                    salvage_.buckets().end());
    std::stable_sort(
        order.begin(), order.end(),
        [](const auto& a, const auto& b) { return a.second < b.second; });
    return order;
  }

  absl::Status SaveBatch(BatchId id, BucketId bucket) {
    RTG_ASSIGN_OR_RETURN(const SalvagedBatch batch,
                         SalvagedBatch::Read(salvage_, id));
    if (batch.ordinals().empty()) return absl::OkStatus();
    if (!batch.head()) {
      // It was never finished, and the log has its traces.
      if (salvage_.is_whole() && !batch.is_located()) return absl::OkStatus();
      Damage("batch " + std::to_string(id),
             "its head does not read, or it was never finished; its traces "
             "are saved as far as they are known");
    }
    has_gaps_ |= batch.has_gaps();
    UseBatch(batch, bucket);
    std::vector<SalvagedBatch::Row> with_log;
    uint64_t unnamed = 0;
    for (uint32_t ordinal : batch.ordinals()) {
      RTG_RETURN_IF_ERROR(call_.Check());
      RTG_ASSIGN_OR_RETURN(SalvagedBatch::Row row, batch.Get(ordinal));
      if (!row.id) {
        ++unnamed;
        continue;
      }
      if (row.lost != 0) {
        const uint64_t through =
            batch.head() ? batch.head()->through_commit : 0;
        RTG_RETURN_IF_ERROR(
            NoteLost(*row.id, row.records.size(), row.lost, through));
      }
      if (row.lost != 0 || !batch.head()) {
        with_log.push_back(std::move(row));
      } else {
        RTG_RETURN_IF_ERROR(Add(*row.id, std::move(row.records)));
      }
    }
    if (unnamed > 0) {
      report_.traces_lost += unnamed;
      tell_({.kind = RepairNote::Kind::kLostTrace,
             .name = "batch " + std::to_string(id),
             .text = std::to_string(unnamed) +
                     " traces, of which the ids are lost, too"});
    }
    // What the batch says of the log holds for the new one.
    if (batch.head()) RTG_RETURN_IF_ERROR(Seal(batch.head()->through_commit));
    return AddWithLog(std::move(with_log));
  }

  // Rows that were superseded: of traces whose later rows do not read, and,
  // where locators may be lost, of all. Those of a large trace have what its
  // later rows have not.
  absl::Status SaveSuperseded(BatchId id, BucketId bucket) {
    RTG_ASSIGN_OR_RETURN(const SalvagedBatch batch,
                         SalvagedBatch::Read(salvage_, id));
    std::vector<SalvagedBatch::Row> rows;
    for (uint32_t ordinal : batch.dead()) {
      RTG_RETURN_IF_ERROR(call_.Check());
      RTG_ASSIGN_OR_RETURN(SalvagedBatch::Row row, batch.Get(ordinal));
      if (!row.id) continue;
      // A later row has what this one had, unless it was made of what read.
      if (row.lost != 0 && batch.head()) {
        RTG_RETURN_IF_ERROR(NoteLost(*row.id, row.records.size(),
                                     row.lost.value_or(1),
                                     batch.head()->through_commit, id));
      }
      rocksdb::PinnableSlice value;
      const absl::Status lost =
          salvage_.db().Get(salvage_.lost(), row.id->AsBytes(), value, kDoing);
      if (!absl::IsNotFound(lost)) {
        RTG_RETURN_IF_ERROR(lost);
      } else if (salvage_.is_whole()) {
        continue;
      }
      rows.push_back(std::move(row));
    }
    if (rows.empty()) return absl::OkStatus();
    UseBatch(batch, bucket);
    return AddWithLog(std::move(rows));
  }

  // Where a batch does not say what of the log is in it, all that the log has
  // of its traces is sealed with it.
  absl::Status AddWithLog(std::vector<SalvagedBatch::Row> rows) {
    if (rows.empty()) return absl::OkStatus();
    for (SalvagedBatch::Row& row : rows) {
      // The log alone has it: then it is opened again from there.
      if (row.records.empty()) continue;
      RTG_ASSIGN_OR_RETURN(std::vector<StoredRecord> logged, FromLog(*row.id));
      RTG_RETURN_IF_ERROR(
          Add(*row.id, Joined(std::move(row.records), std::move(logged))));
    }
    return Seal(LastCommit());
  }

  absl::Status Seal(uint64_t through) {
    {
      MutexLock lock(life_->state.commit_mu);
      life_->state.next_commit = through + 1;
    }
    return life_->sealer.Seal(true);
  }

  uint64_t LastCommit() const {
    return std::max(marks_.next_commit - 1,
                    commits_.empty() ? 0 : *commits_.rbegin());
  }

  // Buckets go by the day on which they were sealed, and traces keep the groups
  // that the batch says.
  void UseBatch(const SalvagedBatch& batch, BucketId bucket) {
    Timestamp time = clock_.Now();
    if (const auto opened = opened_.find(bucket); opened != opened_.end()) {
      time = opened->second;
    } else if (batch.head() && batch.head()->traces > 0) {
      time = {batch.head()->received.max};
    }
    clock_.Set(time);
    absl::StatusOr<KnownGroups::ByTrace> groups = batch.Groups();
    if (!groups.ok()) {
      groups = KnownGroups::ByTrace();
      tell_({.kind = RepairNote::Kind::kRemark,
             .name = "batch " + std::to_string(batch.id()),
             .text = "to which groups its traces belong does not read"});
    }
    groups_.Set(*std::move(groups));
  }

  // A trace that does not read whole, unless a later row of it does.
  // `through`: the last commit of which the row has all; 0: not known.
  // `superseded`: the batch of a row that does not count.
  absl::Status NoteLost(const TraceId& id, uint64_t there,
                        std::optional<uint64_t> lost, uint64_t through,
                        std::optional<BatchId> superseded = {}) {
    std::string key(id.AsBytes());
    if (superseded) key += HeadKey(*superseded);
    std::string value;
    AppendVarint(there, value);
    AppendVarint(lost ? *lost : 0, value);
    AppendVarint(through, value);
    has_lost_ |= !superseded;
    return salvage_.Put(salvage_.lost(), key, value);
  }

  absl::Status Add(const TraceId& id, std::vector<StoredRecord> records) {
    EngineState& state = life_->state;
    RTG_ASSIGN_OR_RETURN(const std::optional<SealedPlace> place,
                         state.sealed.Locate(id));
    if (place) {
      MemoryMeter meter(UnattendedCall());
      RTG_ASSIGN_OR_RETURN(std::vector<StoredRecord> old,
                           ReadPieces(state.sealed, *place->bucket,
                                      place->locator.Pieces(), id, meter));
      const size_t before = old.size();
      records = Joined(std::move(old), std::move(records));
      if (records.size() == before) return absl::OkStatus();
      report_.records += records.size() - before;
    } else {
      ++report_.traces;
      report_.records += records.size();
    }
    absl::StatusOr<ReopenedTrace> opened = ToOpenRecords(id, records);
    if (!opened.ok()) {
      tell_({.kind = RepairNote::Kind::kLostTrace,
             .name = id.ToString(),
             .text = std::string(opened.status().message())});
      ++report_.traces_lost;
      report_.records_lost += records.size();
      report_.records -= records.size();
      --report_.traces;
      return absl::OkStatus();
    }
    state.live.Change([&](OpenTable& table, auto& places) {
      if (table.Find(id) != nullptr) table.Erase(id);
      table.Reopen(id, *std::move(opened));
      if (place) places[id] = *place;
    });
    return absl::OkStatus();
  }

  absl::StatusOr<std::vector<StoredRecord>> FromLog(const TraceId& id) {
    std::vector<StoredRecord> records;
    const auto numbers = logged_.find(id);
    if (numbers == logged_.end()) return records;
    for (uint64_t number : numbers->second) {
      RTG_RETURN_IF_ERROR(call_.Check());
      RTG_RETURN_IF_ERROR(Unpack(number));
      uint32_t position = 0;
      for (const RecordBlock& block : unpacked_) {
        for (size_t i = 0; i < block.size(); ++i, ++position) {
          if (block.trace_id(i) != id) continue;
          records.push_back(block.Get(i));
          records.back().sequence = {number, position};
          records.back().received = unpacked_received_;
        }
      }
    }
    return records;
  }

  // Neighbours came with the same commit: one is kept.
  absl::Status Unpack(uint64_t number) {
    if (unpacked_number_ == number) return absl::OkStatus();
    RTG_ASSIGN_OR_RETURN(const Commit commit, CommitAt(number));
    unpacked_number_ = number;
    unpacked_received_ = commit.received;
    unpacked_.clear();
    for (const auto& block : commit.blocks) {
      RTG_ASSIGN_OR_RETURN(RecordBlock parsed, RecordBlock::Parse(*block));
      unpacked_.push_back(std::move(parsed));
    }
    return absl::OkStatus();
  }

  absl::StatusOr<Commit> CommitAt(uint64_t number) const {
    rocksdb::PinnableSlice value;
    RTG_RETURN_IF_ERROR(
        salvage_.db().Get(salvage_.log(), LogKey(number), value, kDoing));
    return DecodeCommit(FromSlice(value));
  }

  // Records of the trace that came with a commit up to `through`: what is not
  // sealed comes from the log.
  absl::StatusOr<uint64_t> CountSaved(const TraceId& id, uint64_t through) {
    RTG_ASSIGN_OR_RETURN(const std::optional<SealedPlace> place,
                         life_->state.sealed.Locate(id));
    std::vector<StoredRecord> records;
    if (place) {
      MemoryMeter meter(UnattendedCall());
      RTG_ASSIGN_OR_RETURN(records,
                           ReadPieces(life_->state.sealed, *place->bucket,
                                      place->locator.Pieces(), id, meter));
    } else {
      RTG_ASSIGN_OR_RETURN(records, FromLog(id));
    }
    return static_cast<uint64_t>(std::count_if(
        records.begin(), records.end(),
        [&](const auto& record) { return record.sequence.commit <= through; }));
  }

  // Of those that did not read somewhere: what no other place has.
  absl::Status SayWhatIsLost() {
    std::optional<TraceId> told;
    return salvage_.db().ForEach(
        salvage_.lost(), {}, kDoing,
        [&](std::string_view key, std::string_view value) -> absl::Status {
          const TraceId id = TraceId::FromBytes(key.substr(0, 16));
          // The row that counts comes before those that do not.
          if (told == id) return absl::OkStatus();
          ByteReader in(value);
          uint64_t there = 0;
          uint64_t lost = 0;
          uint64_t through = 0;
          if (!in.Varint(there) || !in.Varint(lost) || !in.Varint(through)) {
            return absl::OkStatus();
          }
          RTG_ASSIGN_OR_RETURN(const uint64_t found, CountSaved(id, through));
          const uint64_t all = there + lost;
          const uint64_t saved = std::max(there, found);
          if (lost != 0 && saved >= all) return absl::OkStatus();
          told = id;
          ++report_.traces_lost;
          report_.records_lost += lost == 0 ? 0 : all - saved;
          tell_({.kind = RepairNote::Kind::kLostTrace,
                 .name = id.ToString(),
                 .text = lost == 0 ? "its records, nobody knows how many"
                                   : std::to_string(all - saved) + " of " +
                                         std::to_string(all) + " records"});
          return absl::OkStatus();
        });
  }

  // What is not sealed is opened again by the new store's first start.
  absl::Status SaveLog() {
    EngineState& state = life_->state;
    uint64_t previous = 0;
    for (uint64_t number : commits_) {
      RTG_RETURN_IF_ERROR(call_.Check());
      RTG_ASSIGN_OR_RETURN(Commit commit, CommitAt(number));
      commit.previous = previous;
      rocksdb::WriteBatch batch;
      batch.Put(state.log->get(), LogKey(number), EncodeCommit(commit));
      RTG_RETURN_IF_ERROR(
          state.db->Write(batch, false, "while saving the log"));
      previous = number;
      ++report_.commits;
    }
    MutexLock seal_lock(state.seal_mu);
    MutexLock commit_lock(state.commit_mu);
    // Else the new store's clock would be doubted at its first start.
    clock_.Set(marks_.latest);
    state.time.Begin(marks_.latest);
    state.next_commit = LastCommit() + 1;
    state.log_begin = commits_.empty() ? state.next_commit : *commits_.begin();
    state.last_commit = previous;
    rocksdb::WriteBatch batch;
    state.PutMarks(batch);
    return state.db->Write(batch, true, "while saving the log");
  }

  void Damage(std::string name, std::string text) {
    tell_({.kind = RepairNote::Kind::kDamage,
           .name = std::move(name),
           .text = std::move(text)});
  }

  Salvage& salvage_;
  const std::function<void(RepairNote)>& tell_;
  RepairReport& report_;
  const Call& call_;
  StoreMarks marks_;
  std::map<BucketId, Timestamp> opened_;
  std::set<uint64_t> commits_;
  // By trace: the commits that brought records of it.
  absl::flat_hash_map<TraceId, std::vector<uint64_t>> logged_;
  bool has_lost_ = false;
  bool has_gaps_ = false;
  uint64_t unpacked_number_ = 0;
  Timestamp unpacked_received_;
  std::vector<RecordBlock> unpacked_;
  ManualClock clock_{Timestamp{0}};
  KnownGroups groups_;
  EngineShared shared_;
  std::unique_ptr<StoreLife> life_;
};

}  // namespace

absl::StatusOr<RepairReport> RepairStore(const RocksEngineOptions& damaged,
                                         const std::string& new_folder,
                                         const RepairOptions& options,
                                         const Call& call) {
  RTG_ASSIGN_OR_RETURN(const RepairFolder folder,
                       RepairFolder::For(damaged.path, new_folder));
  RepairReport report;
  const std::function<void(RepairNote)> tell = [&](RepairNote note) {
    if (note.kind == RepairNote::Kind::kDamage) ++report.damages;
    if (options.tell) options.tell(note);
  };
  RTG_ASSIGN_OR_RETURN(const std::unique_ptr<Salvage> salvage,
                       Salvage::Collect(damaged, folder.salvage(), tell));
  report.unsure = !salvage->is_meta_whole() || salvage->has_gone_tables();
  absl::Status done =
      Repair(*salvage, tell, report, call).Run(damaged, folder.unfinished());
  if (done.ok()) done = folder.Publish();
  if (!done.ok()) {
    folder.Remove();
    return done;
  }
  return report;
}

}  // namespace roentgen::storage
