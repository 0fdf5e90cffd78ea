// What only the RocksDB engine has: files, buckets, budgets, damage.
#include "storage/rocks/rocks_engine.h"

#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/synchronization/notification.h"
#include "bench/support/segment_generator.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rocksdb/db.h"
#include "storage/index/index_format.h"
#include "storage/rocks/key_layout.h"
#include "storage/rocks/rocks_db.h"
#include "storage/rocks/roll_up_store.h"
#include "tests/support/calls.h"
#include "tests/support/engines.h"
#include "tests/support/segments.h"
#include "tests/support/spans.h"

namespace roentgen::storage {
namespace {

namespace fs = std::filesystem;
using testing_support::EngineKind;
using testing_support::EngineUnderTest;
using testing_support::Record;
using testing_support::SegmentSpec;
using testing_support::TempDir;
using testing_support::TraceNumber;

constexpr Timestamp kNow = Timestamp::FromSeconds(1'700'000'100);
constexpr int64_t kStartUs = 1'700'000'000'000'000;

uint64_t BytesIn(const std::string& path, const std::string& suffix) {
  uint64_t total = 0;
  for (const auto& entry : fs::directory_iterator(path)) {
    if (entry.path().string().ends_with(suffix)) total += entry.file_size();
  }
  return total;
}

// About 1.2 MB of documents, sealed and flushed by the restart.
void FillDay(EngineUnderTest& store, uint64_t seed) {
  std::vector<NewRecord> records;
  for (const std::string& d :
       bench::SegmentGenerator(seed).Documents(1'000, kStartUs)) {
    records.push_back(Record(d));
  }
  ASSERT_TRUE(WriteAndWait(store.engine(), std::move(records)).ok());
  store.Restart();
}

size_t CountAll(TraceEngine& engine) {
  auto found = engine.Find({.limit = 1'000'000}, testing_support::AnyCall());
  EXPECT_TRUE(found.ok()) << found.status();
  return found.ok() ? found->traces.size() : 0;
}

TEST(RocksRetentionTest, WholeDaysGoAndTheirSpaceComesBack) {
  EngineUnderTest store(EngineKind::kRocksOpen, kNow);
  uint64_t one_day = 0;
  for (uint64_t day = 0; day < 5; ++day) {
    FillDay(store, day + 1);
    if (day == 0) one_day = BytesIn(store.path() + "/store", ".sst");
    store.clock().Advance(absl::Hours(24));
  }
  const uint64_t full = BytesIn(store.path() + "/store", ".sst");
  const size_t traces = CountAll(store.engine());
  EXPECT_GT(one_day, 100'000u);
  EXPECT_GT(full, 4 * one_day);

  // Day 0 is 30 days old and a bit; the others are not.
  store.clock().Advance(testing_support::kTestRetention - absl::Hours(24 * 5) +
                        absl::Minutes(1));
  const size_t hidden = CountAll(store.engine());
  EXPECT_LT(hidden, traces);
  ASSERT_TRUE(store.engine().Retain().ok());
  EXPECT_EQ(store.engine().Usage().buckets_dropped, 1u);
  EXPECT_EQ(CountAll(store.engine()), hidden);
  EXPECT_LT(BytesIn(store.path() + "/store", ".sst"), full - one_day / 2);

  store.clock().Advance(absl::Hours(24 * 4));
  ASSERT_TRUE(store.engine().Retain().ok());
  EXPECT_EQ(CountAll(store.engine()), 0u);
  EXPECT_LT(BytesIn(store.path() + "/store", ".sst"), one_day);
  // And the store goes on.
  FillDay(store, 99);
  EXPECT_GT(CountAll(store.engine()), 100u);
}

TEST(RocksRetentionTest, TheDiskBudgetDropsTheOldestFirst) {
  RocksEngineOptions options;
  options.disk_budget_bytes = 1'200'000;
  EngineUnderTest store(EngineKind::kRocksOpen, kNow, options);
  for (uint64_t day = 0; day < 8; ++day) {
    FillDay(store, day + 1);
    store.clock().Advance(absl::Hours(1));
    ASSERT_TRUE(store.engine().Retain().ok());
  }
  EXPECT_LE(store.engine().Usage().disk_bytes, 1'500'000u);
  EXPECT_GT(store.engine().Usage().buckets_dropped, 0u);
  // The newest are all there.
  const NewRecord last =
      Record(bench::SegmentGenerator(8).Documents(1, kStartUs)[0]);
  auto found =
      store.engine().GetTraces({&last.trace_id, 1}, testing_support::AnyCall());
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(found->size(), 1u);
  const NewRecord first =
      Record(bench::SegmentGenerator(1).Documents(1, kStartUs)[0]);
  found = store.engine().GetTraces({&first.trace_id, 1},
                                   testing_support::AnyCall());
  ASSERT_TRUE(found.ok());
  EXPECT_TRUE(found->empty());
}

TEST(RocksRetentionTest, ADroppedBucketTakesNothingFromReopenedTraces) {
  RocksEngineOptions options;
  options.disk_budget_bytes = 1;  // Every bucket but the newest must go.
  EngineUnderTest store(EngineKind::kRocksOpen, kNow, options);
  ASSERT_TRUE(
      WriteAndWait(store.engine(), {Record(SegmentSpec{.id = 1})}).ok());
  ASSERT_TRUE(store.rocks()->SealAll().ok());
  store.clock().Advance(absl::Hours(24));
  ASSERT_TRUE(
      WriteAndWait(store.engine(), {Record(SegmentSpec{.trace = 2, .id = 1})})
          .ok());
  ASSERT_TRUE(store.rocks()->SealAll().ok());
  // Trace 1 comes back; its first segment is sealed in the oldest bucket.
  ASSERT_TRUE(
      WriteAndWait(store.engine(), {Record(SegmentSpec{.id = 2})}).ok());
  ASSERT_TRUE(store.engine().Retain().ok());
  EXPECT_GT(store.engine().Usage().buckets_dropped, 0u);
  // What a kill at this moment would leave: the files as they are.
  TempDir dir;
  options.path = dir.path() + "/store";
  fs::copy(store.path() + "/store", options.path, fs::copy_options::recursive);
  const auto killed = RocksEngine::Open(options, store.clock());
  ASSERT_TRUE(killed.ok()) << killed.status();
  const TraceId id = TraceNumber(1);
  auto found = (*killed)->GetTraces({&id, 1}, testing_support::AnyCall());
  ASSERT_TRUE(found.ok() && found->size() == 1);
  EXPECT_EQ(found->front().records.size(), 2u);
}

TEST(RocksRetentionTest, ALongerRetentionShowsNoTraceTwice) {
  EngineUnderTest store(EngineKind::kRocksOpen, kNow);
  RocksEngineOptions options;
  options.path = store.path() + "/other";
  options.retention = absl::Hours(1);
  {
    auto engine = RocksEngine::Open(options, store.clock());
    ASSERT_TRUE(engine.ok());
    ASSERT_TRUE(WriteAndWait(**engine, {Record(SegmentSpec{.id = 1})}).ok());
    ASSERT_TRUE((*engine)->Close().ok());
  }
  store.clock().Advance(absl::Hours(2));
  {
    auto engine = RocksEngine::Open(options, store.clock());
    ASSERT_TRUE(engine.ok());
    // The old segment is hidden; the trace begins anew.
    ASSERT_TRUE(WriteAndWait(**engine, {Record(SegmentSpec{.id = 2})}).ok());
    ASSERT_TRUE((*engine)->Close().ok());
  }
  options.retention = absl::Hours(100);
  auto engine = RocksEngine::Open(options, store.clock());
  ASSERT_TRUE(engine.ok());
  EXPECT_EQ(CountAll(**engine), 1u);
}

// Adds a commit to the log that makes no sense.
void DamageLog(const std::string& path) {
  std::vector<std::string> names;
  ASSERT_TRUE(rocksdb::DB::ListColumnFamilies({}, path, &names).ok());
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (const auto& name : names) {
    families.emplace_back(name, rocksdb::ColumnFamilyOptions());
  }
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* db = nullptr;
  ASSERT_TRUE(rocksdb::DB::Open({}, path, families, &handles, &db).ok());
  for (auto* handle : handles) {
    if (handle->GetName() != "log") continue;
    ASSERT_TRUE(
        db->Put(rocksdb::WriteOptions(), handle, "99999999", "junk").ok());
  }
  for (auto* handle : handles) db->DestroyColumnFamilyHandle(handle);
  delete db;
}

TEST(RocksRecoveryTest, AFailedStartChangesNothing) {
  EngineUnderTest store(EngineKind::kRocksOpen, kNow);
  ASSERT_TRUE(
      WriteAndWait(store.engine(), {Record(SegmentSpec{.id = 1})}).ok());
  TempDir dir;
  RocksEngineOptions options;
  options.path = dir.path() + "/store";
  fs::copy(store.path() + "/store", options.path, fs::copy_options::recursive);
  DamageLog(options.path);
  for (int i = 0; i < 3; ++i) {
    const auto opened = RocksEngine::Open(options, store.clock());
    EXPECT_TRUE(absl::IsDataLoss(opened.status())) << opened.status();
  }
  std::vector<std::string> names;
  ASSERT_TRUE(rocksdb::DB::ListColumnFamilies({}, options.path, &names).ok());
  EXPECT_THAT(names, testing::UnorderedElementsAre("default", "log"));
}

TEST(RocksOpenTest, AFolderInUseIsRefusedInOneLine) {
  EngineUnderTest store(EngineKind::kRocksOpen, kNow);
  RocksEngineOptions options;
  options.path = store.path() + "/store";
  const auto second = RocksEngine::Open(options, store.clock());
  EXPECT_TRUE(absl::IsFailedPrecondition(second.status()));
  EXPECT_THAT(std::string(second.status().message()),
              testing::AllOf(testing::HasSubstr("in use by another process"),
                             testing::Not(testing::HasSubstr("\n"))));
}

TEST(RocksOpenTest, AForeignFolderIsRefused) {
  TempDir dir;
  std::ofstream(dir.path() + "/letter.txt") << "dear";
  const ManualClock clock(kNow);
  RocksEngineOptions options;
  options.path = dir.path();
  const auto opened = RocksEngine::Open(options, clock);
  EXPECT_TRUE(absl::IsFailedPrecondition(opened.status()));
  EXPECT_THAT(std::string(opened.status().message()),
              testing::HasSubstr("holds other files"));
  EXPECT_TRUE(fs::exists(dir.path() + "/letter.txt"));
}

TEST(RocksOpenTest, AnotherRocksDbDatabaseIsRefusedAndLeftAlone) {
  TempDir dir;
  rocksdb::Options raw;
  raw.create_if_missing = true;
  rocksdb::DB* db = nullptr;
  ASSERT_TRUE(rocksdb::DB::Open(raw, dir.path(), &db).ok());
  ASSERT_TRUE(db->Put(rocksdb::WriteOptions(), "theirs", "data").ok());
  delete db;
  const ManualClock clock(kNow);
  RocksEngineOptions options;
  options.path = dir.path();
  const auto opened = RocksEngine::Open(options, clock);
  EXPECT_TRUE(absl::IsFailedPrecondition(opened.status())) << opened.status();
  EXPECT_THAT(std::string(opened.status().message()),
              testing::HasSubstr("not a Roentgen store"));
}

TEST(RocksOpenTest, AnotherFormatVersionIsRefused) {
  TempDir dir;
  const ManualClock clock(kNow);
  RocksEngineOptions options;
  options.path = dir.path() + "/store";
  { ASSERT_TRUE(RocksEngine::Open(options, clock).ok()); }
  {
    std::vector<std::string> names;
    ASSERT_TRUE(rocksdb::DB::ListColumnFamilies({}, options.path, &names).ok());
    std::vector<rocksdb::ColumnFamilyDescriptor> families;
    for (const auto& name : names) {
      families.emplace_back(name, rocksdb::ColumnFamilyOptions());
    }
    std::vector<rocksdb::ColumnFamilyHandle*> handles;
    rocksdb::DB* db = nullptr;
    ASSERT_TRUE(
        rocksdb::DB::Open({}, options.path, families, &handles, &db).ok());
    ASSERT_TRUE(db->Put(rocksdb::WriteOptions(), "format", "2").ok());
    for (auto* handle : handles) db->DestroyColumnFamilyHandle(handle);
    delete db;
  }
  const auto opened = RocksEngine::Open(options, clock);
  EXPECT_TRUE(absl::IsFailedPrecondition(opened.status()));
  EXPECT_THAT(std::string(opened.status().message()),
              testing::HasSubstr("store format 2"));
}

// Flips bytes of table files: reads answer right, or say DataLoss; they never
// crash and never answer wrong.
TEST(RocksDamageTest, FlippedBytesNeverGiveWrongAnswers) {
  EngineUnderTest store(EngineKind::kRocksOpen, kNow);
  FillDay(store, 1);
  std::vector<NewRecord> originals;
  for (const std::string& d :
       bench::SegmentGenerator(1).Documents(1'000, kStartUs)) {
    originals.push_back(Record(d));
  }
  ASSERT_TRUE(store.engine().Close().ok());
  size_t damaged = 0, intact = 0;
  for (const auto& entry : fs::directory_iterator(store.path() + "/store")) {
    if (entry.path().extension() != ".sst" || entry.file_size() < 50'000) {
      continue;
    }
    std::fstream file(entry.path(),
                      std::ios::in | std::ios::out | std::ios::binary);
    for (uint64_t at = 20'000; at < entry.file_size() / 2; at += 30'000) {
      file.seekp(static_cast<std::streamoff>(at));
      file.put('\x5A');
    }
  }
  store.Restart();
  for (size_t i = 0; i < originals.size(); i += 10) {
    auto found = store.engine().GetTraces({&originals[i].trace_id, 1},
                                          testing_support::AnyCall());
    if (!found.ok()) {
      EXPECT_TRUE(absl::IsDataLoss(found.status())) << found.status();
      ++damaged;
      continue;
    }
    ASSERT_EQ(found->size(), 1u);
    bool there = false;
    for (const StoredRecord& r : found->front().records) {
      there |= r.document == originals[i].document;
    }
    EXPECT_TRUE(there);
    ++intact;
  }
  EXPECT_GT(damaged, 0u);
  EXPECT_GT(intact, 0u);
}

// Puts `value` at `key` in each family of a closed store that has the key.
int Overwrite(const std::string& path, const std::string& key,
              const std::string& value) {
  const auto db = RocksDb::Open({.path = path,
                                 .memtable_bytes = 1 << 20,
                                 .cache_bytes = 1 << 20,
                                 .merge = MakeRollUpMerge()});
  EXPECT_TRUE(db.ok()) << db.status();
  if (!db.ok()) return 0;
  int found = 0;
  for (const std::string& name : (*db)->UntakenFamilies()) {
    const std::unique_ptr<Family> family = (*db)->TakeFamily(name);
    rocksdb::PinnableSlice old;
    if (!(*db)->Get(*family, key, old, "in a test").ok()) continue;
    rocksdb::WriteBatch batch;
    batch.Put(family->get(), key, value);
    EXPECT_TRUE((*db)->Write(batch, true, "in a test").ok());
    ++found;
  }
  return found;
}

TEST(RocksOpenTest, ABatchOfAnotherVersionIsRefused) {
  TempDir dir;
  const ManualClock clock(kNow);
  RocksEngineOptions options;
  options.path = dir.path() + "/store";
  {
    auto engine = RocksEngine::Open(options, clock);
    ASSERT_TRUE(engine.ok()) << engine.status();
    ASSERT_TRUE(WriteAndWait(**engine, {Record(SegmentSpec{})}).ok());
    ASSERT_TRUE((*engine)->SealAll().ok());
    ASSERT_TRUE((*engine)->Close().ok());
  }
  const auto open_with_head = [&](const std::string& head) {
    EXPECT_EQ(Overwrite(options.path, HeadKey(1), head), 1);
    return RocksEngine::Open(options, clock).status();
  };
  std::string head = EncodeHead({});
  head[0] = kIndexVersion + 1;
  const absl::Status newer = open_with_head(head);
  EXPECT_TRUE(absl::IsFailedPrecondition(newer)) << newer;
  EXPECT_THAT(
      std::string(newer.message()),
      testing::HasSubstr(
          "another version of Roentgen sealed a batch: its index has "
          "version " +
          std::to_string(kIndexVersion + 1) + ", this program reads version " +
          std::to_string(kIndexVersion)));
  const absl::Status damaged = open_with_head("\x01");
  EXPECT_TRUE(absl::IsDataLoss(damaged)) << damaged;
  EXPECT_THAT(std::string(damaged.message()),
              testing::HasSubstr("batch head at key 0100000001"));
}

// The traces themselves tell what a damaged column does not.
TEST(RocksDamageTest, TracesOfADamagedColumnAreLookedAt) {
  TempDir dir;
  const ManualClock clock(kNow);
  RocksEngineOptions options;
  options.path = dir.path() + "/store";
  const FindRequest request{
      .predicate = TracePredicate{TracePredicate::Operation{.service = "no"}}};
  {
    auto engine = RocksEngine::Open(options, clock);
    ASSERT_TRUE(engine.ok()) << engine.status();
    ASSERT_TRUE(WriteAndWait(**engine, {testing_support::Record(
                                           testing_support::SpanSpec{})})
                    .ok());
    ASSERT_TRUE((*engine)->SealAll().ok());
    const auto found = (*engine)->Find(request, testing_support::AnyCall());
    ASSERT_TRUE(found.ok()) << found.status();
    EXPECT_TRUE(found->traces.empty());
    ASSERT_TRUE((*engine)->Close().ok());
  }
  ASSERT_EQ(
      Overwrite(options.path,
                ColumnKey(1, Column::kSpanOperation, Part::kDictionary, {}),
                "no dictionary"),
      1);
  auto engine = RocksEngine::Open(options, clock);
  ASSERT_TRUE(engine.ok()) << engine.status();
  const auto found = (*engine)->Find(request, testing_support::AnyCall());
  ASSERT_TRUE(found.ok()) << found.status();
  ASSERT_EQ(found->traces.size(), 1u);
  EXPECT_FALSE(found->traces[0].certain);
}

// One call looks at the open traces at a time; the others may give up.
TEST(RocksOpenIndexTest, WhoWaitsForItObeysItsCall) {
  EngineUnderTest store(EngineKind::kRocksOpen, kNow);
  ASSERT_TRUE(
      WriteAndWait(store.engine(), {Record(SegmentSpec{.id = 1})}).ok());
  absl::Notification inside, go_on;
  int looks = 0;
  // The third look is at work within the index of open traces: the first one
  // asked of which time the answer is.
  const testing_support::WatchedCall slow([&] {
    if (++looks == 3) {
      inside.Notify();
      go_on.WaitForNotification();
    }
    return false;
  });
  std::thread searching([&] {
    const auto found = store.engine().Find({}, slow);
    EXPECT_TRUE(found.ok()) << found.status();
    EXPECT_EQ(found->traces.size(), 1u);
  });
  inside.WaitForNotification();
  // They begin, wait, and give up when they look again. Answers that say of
  // which time they are have looked once more.
  class Impatient : public testing_support::WatchedCall {
   public:
    Impatient(int& asked, int looks)
        : WatchedCall([&asked, looks] { return ++asked == looks; }) {}
  };
  int find = 0, graph = 0, operations = 0;
  EXPECT_TRUE(absl::IsDeadlineExceeded(
      store.engine().Find({}, Impatient(find, 3)).status()));
  EXPECT_TRUE(absl::IsDeadlineExceeded(
      store.engine()
          .Graph({.range = {kNow - absl::Hours(1), kNow}}, Impatient(graph, 3))
          .status()));
  EXPECT_TRUE(absl::IsDeadlineExceeded(
      store.engine().Operations({}, Impatient(operations, 2)).status()));
  EXPECT_EQ(find, 3);
  EXPECT_EQ(graph, 3);
  EXPECT_EQ(operations, 2);
  // Writes do not wait for any of them.
  EXPECT_TRUE(
      WriteAndWait(store.engine(), {Record(SegmentSpec{.trace = 2})}).ok());
  go_on.Notify();
  searching.join();
  EXPECT_EQ(CountAll(store.engine()), 2u);
}

// Ids in the names of one service's spans fill the list of a day.
TEST(RocksOperationsTest, ANoisyServiceHidesNoOther) {
  EngineUnderTest store(EngineKind::kRocksSealed, kNow);
  const auto put = [&](std::vector<testing_support::SpanSpec> specs) {
    std::vector<NewRecord> records;
    for (const testing_support::SpanSpec& spec : specs) {
      records.push_back(testing_support::Record(spec));
    }
    ASSERT_TRUE(WriteAndWait(store.engine(), std::move(records)).ok());
    store.Settle();
  };
  std::vector<testing_support::SpanSpec> noisy;
  for (uint64_t i = 1; i <= 4'000; ++i) {
    noisy.push_back({.trace = i,
                     .name = std::to_string(i) + std::string(450, 'x'),
                     .service = "noisy"});
  }
  noisy.push_back({.trace = 4'001, .name = "a", .service = "zebra"});
  put(noisy);
  // Longer than what is left of the room.
  const std::string tail(480, 'x');
  put({{.trace = 5'000, .name = "b" + tail, .service = "late"},
       {.trace = 5'001, .name = "c" + tail, .service = "late"},
       {.trace = 5'002, .name = "one more", .service = "noisy"}});
  const auto operations =
      store.engine().Operations({}, testing_support::AnyCall());
  ASSERT_TRUE(operations.ok());
  std::map<std::string, size_t> services;
  for (const Operation& o : *operations) ++services[o.service];
  EXPECT_EQ(services["late"], 1u);
  EXPECT_EQ(services["zebra"], 1u);
  EXPECT_LT(services["noisy"], 2'400u);
  EXPECT_GT(services["noisy"], 2'000u);
}

TEST(RocksPressureTest, AFullTableIsSealedEarlyAndNothingIsLost) {
  RocksEngineOptions options;
  options.open_table_bytes = 300'000;
  EngineUnderTest store(EngineKind::kRocksOpen, kNow, options);
  size_t accepted = 0;
  for (uint64_t i = 0; i < 60; ++i) {
    std::vector<NewRecord> records;
    for (const std::string& d :
         bench::SegmentGenerator(i).Documents(50, kStartUs)) {
      records.push_back(Record(d));
    }
    const absl::Status status =
        WriteAndWait(store.engine(), std::move(records));
    if (status.ok()) {
      accepted += 50;
    } else {
      EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
      ASSERT_TRUE(store.rocks()->SealAll().ok());
    }
  }
  EXPECT_GT(accepted, 1'000u);
  ASSERT_TRUE(store.rocks()->SealAll().ok());
  EXPECT_EQ(store.engine().Usage().records_written, accepted);
  EXPECT_EQ(store.engine().Usage().open_records, 0u);
}

TEST(RocksQueueTest, DeadlinesThatPassedAreNotWritten) {
  EngineUnderTest store(EngineKind::kRocksOpen, kNow);
  const absl::Status status =
      WriteAndWait(store.engine(), {Record(SegmentSpec{})}, Durability::kSynced,
                   (kNow - absl::Seconds(1)).ToTime());
  EXPECT_TRUE(absl::IsDeadlineExceeded(status));
  EXPECT_EQ(CountAll(store.engine()), 0u);
}

}  // namespace
}  // namespace roentgen::storage
