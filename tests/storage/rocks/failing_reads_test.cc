// A disk that does not read well: the store opens with everything that was
// acknowledged, or it does not open.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/memory/memory_engine.h"
#include "storage/rocks/key_layout.h"
#include "storage/rocks/rocks_db.h"
#include "storage/rocks/rocks_engine.h"
#include "storage/rocks/roll_up_store.h"
#include "tests/support/calls.h"
#include "tests/support/faulty_files.h"
#include "tests/support/graph_text.h"
#include "tests/support/master_keys.h"
#include "tests/support/segments.h"
#include "tests/support/temp_dir.h"

namespace roentgen::storage {
namespace {

namespace fs = std::filesystem;
using testing::UnorderedElementsAreArray;
using testing_support::FaultyFiles;
using testing_support::GraphText;
using testing_support::ReadFault;
using testing_support::Record;
using testing_support::SegmentSpec;
using testing_support::TempDir;
using testing_support::TestMasterKeys;
using testing_support::TraceNumber;

constexpr int64_t kBase = 1'700'000'040;  // A whole minute.
constexpr Timestamp kNow = Timestamp::FromSeconds(kBase + 60);

// What the store must have, put into the simplest engine, too.
class FailingReadsTest : public testing::Test {
 protected:
  FailingReadsTest() { options_.path = dir_.path() + "/store"; }

  std::unique_ptr<RocksEngine> MustOpen() {
    auto engine = RocksEngine::Open(options_, clock_);
    EXPECT_TRUE(engine.ok()) << engine.status();
    return engine.ok() ? *std::move(engine) : nullptr;
  }

  // One segment to each trace, as one write.
  void Put(TraceEngine& engine, const std::vector<uint64_t>& traces) {
    ++put_;
    std::vector<NewRecord> records, same;
    for (uint64_t trace : traces) {
      std::string text;
      while (text.size() < text_bytes_) {
        text += static_cast<char>('a' + random_() % 26);
      }
      const std::string document = testing_support::Document(
          {.trace = trace,
           .id = put_,
           .start = kBase + 1.0 * (put_ % 50),
           .extra = R"("annotations":{"t":")" + text.substr(0, 40) +
                    R"("},"metadata":{"d":{"t":")" + text + R"("}},)"});
      records.push_back(Record(document));
      same.push_back(Record(document));
      expected_[TraceNumber(trace)].push_back(document);
    }
    ASSERT_TRUE(WriteAndWait(engine, std::move(records)).ok());
    ASSERT_TRUE(WriteAndWait(reference_, std::move(same)).ok());
  }

  // Three batches, some traces of which were sealed again, and a log.
  void Fill(TraceEngine& engine) {
    auto& rocks = static_cast<RocksEngine&>(engine);
    for (uint64_t batch = 0; batch < 3; ++batch) {
      std::vector<uint64_t> traces;
      for (uint64_t i = 1; i <= 40; ++i) traces.push_back(batch * 100 + i);
      Put(engine, traces);
      ASSERT_TRUE(rocks.SealAll().ok());
    }
    Put(engine, {1, 101, 102, 1'000});
    ASSERT_TRUE(rocks.SealAll().ok());
    Put(engine, {2, 201, 1'001});
  }

  void ExpectEverything(TraceEngine& engine) {
    for (const auto& [id, documents] : expected_) {
      const auto found = engine.GetTraces({&id, 1}, testing_support::AnyCall());
      ASSERT_TRUE(found.ok()) << found.status();
      ASSERT_EQ(found->size(), 1u) << id.ToString();
      std::vector<std::string> texts;
      for (const StoredRecord& r : found->front().records) {
        texts.emplace_back(r.document);
      }
      ASSERT_THAT(texts, UnorderedElementsAreArray(documents));
    }
    const auto all =
        engine.Find({.limit = 100'000}, testing_support::AnyCall());
    ASSERT_TRUE(all.ok()) << all.status();
    ASSERT_EQ(all->traces.size(), expected_.size());
    const auto figures = engine.Aggregate({}, testing_support::AnyCall());
    ASSERT_TRUE(figures.ok()) << figures.status();
    ASSERT_EQ(figures->total.traces, expected_.size());
    const GraphRequest graph{.range = {Timestamp::FromSeconds(kBase),
                                       Timestamp::FromSeconds(kBase + 120)}};
    const auto map = engine.Graph(graph, testing_support::AnyCall());
    ASSERT_TRUE(map.ok()) << map.status();
    const auto same = reference_.Graph(graph, testing_support::AnyCall());
    ASSERT_EQ(GraphText(map->periods), GraphText(same->periods));
  }

  // What a kill leaves.
  void CopyStore(const std::string& from) {
    fs::remove_all(options_.path);
    fs::copy(from, options_.path, fs::copy_options::recursive);
  }

  // Opens with reads that fail; where that succeeds, goes on with late
  // segments. True: it opened.
  bool OpenBroken(ReadFault fault, uint64_t first, uint64_t count) {
    files_->Break(fault, first, count);
    auto opened = RocksEngine::Open(options_, clock_);
    const uint64_t broken = files_->broken();
    files_->Heal();
    if (!opened.ok()) {
      EXPECT_GT(broken, 0u) << opened.status();
      return false;
    }
    ExpectEverything(**opened);
    // To a sealed trace, to one in the log, and to a new one.
    Put(**opened, {3 + first % 30, 1'001, 2'000 + put_});
    ExpectEverything(**opened);
    return true;
  }

  TempDir dir_;
  ManualClock clock_{kNow};
  std::shared_ptr<FaultyFiles> files_ = std::make_shared<FaultyFiles>();
  RocksEngineOptions options_{
      .memtable_bytes = 4 << 20, .cache_bytes = 4 << 20, .file_system = files_};
  uint64_t put_ = 0;
  size_t text_bytes_ = 0;  // Of each document; they do not compress.
  std::mt19937_64 random_{7};
  std::map<TraceId, std::vector<std::string>> expected_;
  MemoryEngine reference_{clock_, absl::Hours(24 * 30)};
};

enum class State { kClosed, kKilled };

class FailingReadsSweep
    : public FailingReadsTest,
      public testing::WithParamInterface<
          std::tuple<State, ReadFault, /* in a row */ uint64_t,
                     /* encrypted */ bool>> {};

TEST_P(FailingReadsSweep, EverythingIsThereOrTheStoreDoesNotOpen) {
  const auto& [state, fault, in_a_row, encrypted] = GetParam();
  if (encrypted) options_.keys = TestMasterKeys({"a"});
  auto engine = MustOpen();
  ASSERT_NO_FATAL_FAILURE(Fill(*engine));
  TempDir killed;
  if (state == State::kKilled) {
    const std::string copy = killed.path() + "/store";
    fs::copy(options_.path, copy, fs::copy_options::recursive);
    engine.reset();
    CopyStore(copy);
  } else {
    engine.reset();
  }
  files_->Heal();
  MustOpen();
  if (state == State::kKilled) CopyStore(killed.path() + "/store");
  const uint64_t reads = files_->reads();
  ASSERT_GT(reads, 10u);
  uint64_t refused = 0;
  for (uint64_t first = 0; first < reads; ++first) {
    SCOPED_TRACE(first);
    const bool opened = OpenBroken(fault, first, in_a_row);
    if (HasFatalFailure()) return;
    refused += opened ? 0 : 1;
    if (opened || first + 1 == reads) ExpectEverything(*MustOpen());
    if (HasFatalFailure()) return;
  }
  // Else nothing was tested.
  EXPECT_GT(refused, 0u);
}

INSTANTIATE_TEST_SUITE_P(
    All, FailingReadsSweep,
    testing::Combine(testing::Values(State::kClosed, State::kKilled),
                     testing::Values(ReadFault::kFail, ReadFault::kFlipInSst),
                     testing::Values(1u, 4u), testing::Bool()));

// Where the values of batch heads are in the table files: they are not packed.
std::vector<std::pair<std::string, size_t>> FindHeads(const std::string& path) {
  std::vector<std::string> heads;
  {
    const auto db = RocksDb::Open({.path = path,
                                   .memtable_bytes = 1 << 20,
                                   .cache_bytes = 1 << 20,
                                   .merge = MakeRollUpMerge()});
    EXPECT_TRUE(db.ok()) << db.status();
    for (const std::string& name : (*db)->UntakenFamilies()) {
      const std::unique_ptr<Family> family = (*db)->TakeFamily(name);
      for (BatchId batch = 1; batch < 10; ++batch) {
        rocksdb::PinnableSlice head;
        if ((*db)->Get(*family, HeadKey(batch), head, "in a test").ok()) {
          heads.push_back(head.ToString());
        }
      }
    }
  }
  std::vector<std::pair<std::string, size_t>> places;
  for (const auto& entry : fs::directory_iterator(path)) {
    if (entry.path().extension() != ".sst") continue;
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(file)), {});
    for (const std::string& head : heads) {
      const size_t at = bytes.find(head);
      if (at == bytes.npos) continue;
      places.emplace_back(entry.path(), at);
      places.emplace_back(entry.path(), at + head.size() / 2);
      places.emplace_back(entry.path(), at + head.size() - 1);
    }
  }
  return places;
}

void FlipBit(const std::string& path, size_t at) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(static_cast<std::streamoff>(at));
  const char byte = static_cast<char>(file.get() ^ 0x04);
  file.seekp(static_cast<std::streamoff>(at));
  file.put(byte);
}

TEST_F(FailingReadsTest, ADamagedBatchHeadLosesNothingInSilence) {
  {
    auto engine = MustOpen();
    ASSERT_NO_FATAL_FAILURE(Fill(*engine));
  }
  const auto places = FindHeads(options_.path);
  ASSERT_GE(places.size(), 9u);
  for (const auto& [file, at] : places) {
    SCOPED_TRACE(file + " " + std::to_string(at));
    FlipBit(file, at);
    const auto opened = RocksEngine::Open(options_, clock_);
    EXPECT_TRUE(absl::IsDataLoss(opened.status())) << opened.status();
    EXPECT_THAT(std::string(opened.status().message()),
                testing::HasSubstr("batch heads of bucket 1"));
    FlipBit(file, at);
  }
  ExpectEverything(*MustOpen());
}

// --- Damage ------------------------------------------------------------------

enum class When { kAtRest, kRunning };

// Names of the store's files, each with its size; not the empty ones.
std::map<std::string, size_t> FilesOf(const std::string& path) {
  std::map<std::string, size_t> files;
  for (const auto& entry : fs::directory_iterator(path)) {
    if (entry.file_size() > 0) {
      files[entry.path().filename().string()] = entry.file_size();
    }
  }
  return files;
}

class DamageSweep
    : public FailingReadsTest,
      public testing::WithParamInterface<std::tuple<When, uint64_t>> {
 protected:
  static constexpr int kFlipsPerFile = 10;

  // What a damaged store may still say: all of it, or what is missing. Never
  // anything else. True: it says that something is damaged.
  bool Judge(TraceEngine& engine) {
    bool damaged = false;
    for (const auto& [id, documents] : expected_) {
      const auto found = engine.GetTraces({&id, 1}, testing_support::AnyCall());
      if (!found.ok()) {
        EXPECT_TRUE(absl::IsDataLoss(found.status())) << found.status();
        damaged = true;
        continue;
      }
      EXPECT_EQ(found->size(), 1u) << id.ToString();
      if (found->empty()) continue;
      std::vector<std::string> texts;
      for (const StoredRecord& r : found->front().records) {
        texts.emplace_back(r.document);
      }
      EXPECT_THAT(texts, UnorderedElementsAreArray(documents));
    }
    const auto all = engine.Find(
        {.limit = 100'000, .summaries = 100'000, .counted = TimeRange()},
        testing_support::AnyCall());
    EXPECT_TRUE(all.ok()) << all.status();
    if (all.ok()) {
      std::set<TraceId> ids;
      for (const FoundTrace& trace : all->traces) {
        EXPECT_TRUE(expected_.contains(trace.position.trace_id));
        EXPECT_TRUE(ids.insert(trace.position.trace_id).second);
      }
      damaged = damaged || !all->scope.missing.empty();
      if (all->scope.missing.empty()) {
        EXPECT_EQ(ids.size(), expected_.size());
      }
    }
    const auto figures = engine.Aggregate({.group_by = GroupBy::kService},
                                          testing_support::AnyCall());
    EXPECT_TRUE(figures.ok()) << figures.status();
    if (figures.ok()) {
      const size_t traces = figures->total.traces + figures->unsure.size();
      damaged = damaged || !figures->scope.missing.empty();
      EXPECT_LE(traces, expected_.size());
      if (figures->scope.missing.empty()) {
        EXPECT_EQ(traces, expected_.size());
      }
    }
    // Of whole minutes, and with ends that are none.
    for (const int64_t more : {0, 30}) {
      const GraphRequest graph{
          .range = {Timestamp::FromSeconds(kBase - more),
                    Timestamp::FromSeconds(kBase + 120 + more)}};
      const auto map = engine.Graph(graph, testing_support::AnyCall());
      EXPECT_TRUE(map.ok()) << map.status();
      if (!map.ok()) continue;
      damaged = damaged || !map->scope.missing.empty();
      if (map->scope.missing.empty()) {
        const auto same = reference_.Graph(graph, testing_support::AnyCall());
        EXPECT_EQ(GraphText(map->periods), GraphText(same->periods));
      }
    }
    return damaged;
  }
};

TEST_P(DamageSweep, NothingIsWrongOrLackingInSilence) {
  const auto& [when, seed] = GetParam();
  text_bytes_ = 1'500;  // So that tables have several blocks.
  {
    auto engine = MustOpen();
    ASSERT_NO_FATAL_FAILURE(Fill(*engine));
  }
  TempDir dir;
  const std::string whole = dir.path() + "/whole";
  fs::copy(options_.path, whole, fs::copy_options::recursive);
  std::mt19937_64 random(seed);
  size_t refused = 0;
  size_t said = 0;
  for (const auto& [name, size] : FilesOf(whole)) {
    for (int i = 0; i < kFlipsPerFile; ++i) {
      const size_t at = random() % size;
      SCOPED_TRACE(name + " " + std::to_string(at));
      CopyStore(whole);
      const std::string file = options_.path + "/" + name;
      std::unique_ptr<RocksEngine> engine;
      if (when == When::kRunning) {
        engine = MustOpen();
        if (!fs::exists(file)) break;  // It was replaced.
      }
      FlipBit(file, at);
      if (when == When::kAtRest) {
        auto opened = RocksEngine::Open(options_, clock_);
        if (!opened.ok()) {
          ++refused;
          const std::string why(opened.status().message());
          EXPECT_THAT(why, testing::HasSubstr(name));
          continue;
        }
        engine = *std::move(opened);
      }
      const bool damaged = Judge(*engine);
      said += damaged ? 1 : 0;
      // It does not change its mind.
      const uint64_t batches = engine->Usage().damaged_batches;
      Judge(*engine);
      EXPECT_GE(engine->Usage().damaged_batches, batches);
      // A new trace is taken, or its sender tries again.
      const absl::Status put = WriteAndWait(
          *engine, {Record(SegmentSpec{.trace = 9'999'999, .start = kBase})});
      EXPECT_TRUE(put.ok() || absl::IsUnavailable(put)) << put;
    }
  }
  EXPECT_GT(said, 0u);
  if (when == When::kAtRest) {
    EXPECT_GT(refused, 0u);
  }
}

INSTANTIATE_TEST_SUITE_P(All, DamageSweep,
                         testing::Combine(testing::Values(When::kAtRest,
                                                          When::kRunning),
                                          testing::Values(1u, 2u)));

// RocksDB would take no more writes.
TEST(DamagedCompactionTest, WritingGoesOn) {
  TempDir dir;
  const std::string path = dir.path() + "/store";
  const auto db = RocksDb::Open({.path = path,
                                 .memtable_bytes = 4 << 20,
                                 .cache_bytes = 1 << 20,
                                 .merge = MakeRollUpMerge()});
  ASSERT_TRUE(db.ok()) << db.status();
  auto family = (*db)->CreateFamily("dat-00000001");
  ASSERT_TRUE(family.ok()) << family.status();
  const auto put = [&](const std::string& key) {
    rocksdb::WriteBatch batch;
    batch.Put((*family)->get(), key, std::string(1'000, 'x'));
    return (*db)->Write(batch, true, "in a test");
  };
  for (int table = 0; table < 2; ++table) {
    for (int i = 0; i < 100; ++i) {
      ASSERT_TRUE(put(std::to_string(i * 2 + table)).ok());
    }
    ASSERT_TRUE((*db)->db().Flush({}, (*family)->get()).ok());
  }
  size_t flipped = 0;
  for (const auto& [name, size] : FilesOf(path)) {
    if (!name.ends_with(".sst")) continue;
    FlipBit(path + "/" + name, size / 3);
    ++flipped;
  }
  ASSERT_GE(flipped, 2u);
  EXPECT_TRUE((*db)->DamagedFamilies().empty());
  EXPECT_TRUE((*db)
                  ->db()
                  .CompactRange({}, (*family)->get(), nullptr, nullptr)
                  .IsCorruption());
  EXPECT_TRUE(put("later").ok());
  // Until it is stopped.
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ((*db)->DamagedFamilies(),
              std::vector<std::string>{"dat-00000001"});
  }
  EXPECT_TRUE((*db)->StopCompacting((*family)->get()).ok());
  EXPECT_TRUE((*db)->DamagedFamilies().empty());
  EXPECT_EQ((*db)->db().GetOptions((*family)->get()).disable_auto_compactions,
            true);
  EXPECT_TRUE(put("still later").ok());
}

// A sealed trace that a late segment reopens is sealed elsewhere afterwards:
// that it could not be read once must not cost what it had.
TEST_F(FailingReadsTest, ALateSegmentCostsNothingWhereAReadFails) {
  for (const ReadFault fault : {ReadFault::kFail, ReadFault::kFlipInSst}) {
    for (const uint64_t first : {0u, 1u, 2u, 3u}) {
      auto engine = MustOpen();
      std::vector<uint64_t> traces;
      for (uint64_t i = 1; i <= 40; ++i) traces.push_back(put_ * 100 + i);
      ASSERT_NO_FATAL_FAILURE(Put(*engine, traces));
      engine.reset();
      engine = MustOpen();
      files_->Break(fault, first, 1);
      // Refused, or everything is there.
      const std::string document = testing_support::Document(
          {.trace = traces[first], .id = 9'000 + first, .start = kBase + 1.0});
      const bool taken = WriteAndWait(*engine, {Record(document)}).ok();
      files_->Heal();
      if (taken) {
        expected_[TraceNumber(traces[first])].push_back(document);
        ASSERT_TRUE(WriteAndWait(reference_, {Record(document)}).ok());
      }
      ASSERT_TRUE(engine->SealAll().ok());
      ASSERT_NO_FATAL_FAILURE(ExpectEverything(*engine));
    }
  }
}

// Of a program that kept no marks.
TEST_F(FailingReadsTest, AStoreWithoutMarksOpens) {
  {
    auto engine = MustOpen();
    ASSERT_NO_FATAL_FAILURE(Fill(*engine));
  }
  {
    const auto db = RocksDb::Open({.path = options_.path,
                                   .memtable_bytes = 1 << 20,
                                   .cache_bytes = 1 << 20,
                                   .merge = MakeRollUpMerge()});
    ASSERT_TRUE(db.ok()) << db.status();
    rocksdb::WriteBatch batch;
    batch.Delete(kMarksKey);
    ASSERT_TRUE((*db)->Write(batch, true, "in a test").ok());
  }
  auto engine = MustOpen();
  ExpectEverything(*engine);
  Put(*engine, {3, 5'000});
  ASSERT_TRUE(engine->SealAll().ok());
  ExpectEverything(*engine);
}

// The marks of a closed store.
StoreMarks MarksOf(const std::string& path) {
  const auto db = RocksDb::Open({.path = path,
                                 .memtable_bytes = 1 << 20,
                                 .cache_bytes = 1 << 20,
                                 .merge = MakeRollUpMerge()});
  EXPECT_TRUE(db.ok()) << db.status();
  rocksdb::PinnableSlice value;
  EXPECT_TRUE((*db)
                  ->Get((*db)->db().DefaultColumnFamily(), kMarksKey, value,
                        "in a test")
                  .ok());
  const auto marks = DecodeMarks(FromSlice(value));
  EXPECT_TRUE(marks);
  return marks.value_or(StoreMarks());
}

TEST_F(FailingReadsTest, NumbersAreNotUsedAgain) {
  StoreMarks before;
  for (int round = 0; round < 3; ++round) {
    {
      auto engine = MustOpen();
      ASSERT_NO_FATAL_FAILURE(Put(*engine, {1, 2}));
      ASSERT_TRUE(engine->SealAll().ok());
      // Nothing in the store tells of numbers any more.
      ASSERT_TRUE(engine->Purge().ok());
    }
    const StoreMarks marks = MarksOf(options_.path);
    EXPECT_GT(marks.next_commit, before.next_commit);
    EXPECT_GT(marks.next_batch, before.next_batch);
    EXPECT_GT(marks.next_bucket, before.next_bucket);
    EXPECT_EQ(marks.latest, kNow);
    before = marks;
  }
}

}  // namespace
}  // namespace roentgen::storage
