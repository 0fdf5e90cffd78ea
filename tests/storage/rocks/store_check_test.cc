// The check of a store: it finds nothing in a store that is well, and each
// fault that is planted, by its kind.
#include "storage/rocks/store_check.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "bench/support/segment_generator.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/index/column_codec.h"
#include "storage/rocks/commit_log.h"
#include "storage/rocks/rocks_engine.h"
#include "tests/storage/rocks/planted_store.h"
#include "tests/storage/rocks/store_workload.h"
#include "tests/support/calls.h"
#include "tests/support/segments.h"
#include "tests/support/spans.h"
#include "tests/support/temp_dir.h"

namespace roentgen::storage {
namespace {

namespace fs = std::filesystem;
using testing::IsEmpty;
using testing_support::AnyCall;
using testing_support::Record;
using testing_support::SegmentSpec;
using testing_support::SpanSpec;
using testing_support::TempDir;
using testing_support::TraceNumber;

RocksEngineOptions OptionsFor(const std::string& path) {
  return {.path = path, .memtable_bytes = 2 << 20, .cache_bytes = 4 << 20};
}

std::string Text(const CheckReport& report) {
  std::string text;
  for (const Finding& finding : report.findings) {
    text += std::string(NameOf(finding.kind)) + " batch " +
            std::to_string(finding.batch.value_or(0)) + " trace " +
            (finding.trace ? finding.trace->ToString() : "") + ": " +
            finding.text + "\n";
  }
  return text;
}

CheckReport CheckAt(const std::string& path) {
  const auto report = CheckFolder(OptionsFor(path), {}, AnyCall());
  EXPECT_TRUE(report.ok()) << report.status();
  return report.ok() ? *report : CheckReport();
}

// Of a store that may be open: a file that goes meanwhile makes it begin again.
std::string CopyOf(const std::string& path, const std::string& copy) {
  std::error_code error;
  for (int tries = 0; tries == 0 || (error && tries < 10); ++tries) {
    fs::remove_all(copy);
    fs::copy(path, copy, fs::copy_options::recursive, error);
  }
  EXPECT_FALSE(error) << error.message();
  return copy;
}

TEST(StoreCheckTest, FindsNothingInAStoreThatIsWell) {
  for (uint64_t seed = 1; seed <= 4; ++seed) {
    SCOPED_TRACE(seed);
    TempDir dir;
    const std::string path = dir.path() + "/store";
    StoreWorkload life(seed, OptionsFor(path), [] { return size_t{0}; });
    life.Run();
    ASSERT_THAT(life.failures(), IsEmpty());
    const CheckReport closed = CheckAt(path);
    EXPECT_EQ(closed.found(), 0u) << Text(closed);
    EXPECT_GT(closed.batches, 0u);
    EXPECT_GT(closed.traces, 0u);
    EXPECT_GT(closed.roll_ups, 0u);
    // Open traces, late ones, several batches; while it is served, and after
    // it was killed.
    const auto engine = RocksEngine::Open(OptionsFor(path), life.clock());
    ASSERT_TRUE(engine.ok()) << engine.status();
    for (int i = 0; i < 3; ++i) {
      life.Step(**engine, 12);
      const auto served = (*engine)->Check({}, AnyCall());
      ASSERT_TRUE(served.ok()) << served.status();
      EXPECT_EQ(served->found(), 0u) << Text(*served);
      const CheckReport killed = CheckAt(CopyOf(path, dir.path() + "/killed"));
      EXPECT_EQ(killed.found(), 0u) << Text(killed);
    }
  }
}

// Segments of a made-up shop, half of them late; spans, some of which have
// links to others; traces of several blocks, of which one comes again.
TEST(StoreCheckTest, FindsNothingInTracesOfEveryKind) {
  TempDir dir;
  const std::string path = dir.path() + "/store";
  ManualClock clock(Timestamp::FromSeconds(1'700'000'100));
  auto engine = RocksEngine::Open(OptionsFor(path), clock);
  ASSERT_TRUE(engine.ok()) << engine.status();
  const std::vector<std::string> documents =
      bench::SegmentGenerator(3).Documents(1'500, 1'700'000'000'000'000);
  for (size_t half = 0; half < 2; ++half) {
    std::vector<NewRecord> records;
    for (size_t i = half; i < documents.size(); i += 2) {
      records.push_back(Record(documents[i]));
    }
    for (uint64_t id = 1; id <= (half == 0 ? 9'000u : 20u); ++id) {
      records.push_back(
          Record(SpanSpec{.trace = 5'000 + half * (id % 3),
                          .id = half * 10'000 + id,
                          .parent = id > 1 ? half * 10'000 + id / 2 : 0,
                          .name = "step " + std::to_string(id % 40),
                          .kind = 1 + id % 5,
                          .status = id % 3,
                          .attributes = {{"n", std::to_string(id)},
                                         {"k" + std::to_string(id % 50), "v"}},
                          .service = "s" + std::to_string(id % 7),
                          .events = {"exception"}}));
    }
    for (uint64_t i = 0; i < 20; ++i) {
      records.push_back(Record(SegmentSpec{
          .trace = 7'000 + half * 100 + i,
          .name = "receiver",
          .extra = R"("links":[{"trace_id":")" +
                   TraceNumber(7'000 + i).ToString() + R"(","id":")" +
                   testing_support::EntityText(1) + R"("}],)"}));
    }
    ASSERT_TRUE(WriteAndWait(**engine, std::move(records)).ok());
    ASSERT_TRUE((*engine)->SealAll().ok());
    const auto served = (*engine)->Check({}, AnyCall());
    ASSERT_TRUE(served.ok()) << served.status();
    EXPECT_EQ(served->found(), 0u) << Text(*served);
    EXPECT_THAT(served->notes, IsEmpty());
  }
  ASSERT_TRUE((*engine)->Close().ok());
  engine->reset();
  const CheckReport closed = CheckAt(path);
  EXPECT_EQ(closed.found(), 0u) << Text(closed);
  EXPECT_GT(closed.records, 10'000u);
}

// A store with X-Ray segments and spans, sealed in two batches, of which the
// second has a trace of the first again; and commits that are not sealed.
class PlantedFaultsTest : public testing::Test {
 protected:
  PlantedFaultsTest() {
    const std::string path = dir_.path() + "/life";
    const auto engine = RocksEngine::Open(OptionsFor(path), clock_);
    EXPECT_TRUE(engine.ok()) << engine.status();
    Write(**engine, 1, 20);
    Seal(**engine);
    Write(**engine, 15, 30);
    Seal(**engine);
    Write(**engine, 40, 41);
    Write(**engine, 42, 43);
    whole_ = CopyOf(path, dir_.path() + "/whole");
  }

  void Write(RocksEngine& engine, uint64_t first, uint64_t last) {
    std::vector<NewRecord> records;
    for (uint64_t i = first; i <= last; ++i) {
      ++next_id_;
      if (i % 3 == 0) {
        records.push_back(
            Record(SpanSpec{.trace = i,
                            .id = next_id_,
                            .name = "GET /" + std::to_string(i % 5),
                            .attributes = {{"tier", std::to_string(i % 4)}}}));
      } else {
        records.push_back(Record(
            SegmentSpec{.trace = i,
                        .id = next_id_,
                        .seconds = 0.001 * static_cast<double>(i),
                        .extra = R"("annotations":{"n":)" + std::to_string(i) +
                                 R"(,"t":"x)" + std::to_string(i) + R"("},)"}));
      }
    }
    EXPECT_TRUE(WriteAndWait(engine, std::move(records)).ok());
  }
  void Seal(RocksEngine& engine) { EXPECT_TRUE(engine.SealAll().ok()); }

  // What is found once `plant` has changed the store.
  CheckReport Find(const std::function<void(PlantedStore&)>& plant) {
    const std::string path = CopyOf(whole_, dir_.path() + "/planted");
    {
      PlantedStore store(path);
      plant(store);
    }
    return CheckAt(path);
  }

  TempDir dir_;
  ManualClock clock_{Timestamp::FromSeconds(1'700'000'100)};
  std::string whole_;
  uint64_t next_id_ = 0;
};

constexpr BucketId kBucket = 1;
constexpr BatchId kOld = 1;
constexpr BatchId kNew = 2;

Locator LocatorOf(const PlantedStore& store, uint64_t trace) {
  return DecodeLocator(
             store.Get(store.Locators(kBucket), TraceNumber(trace).AsBytes()))
      .value_or(Locator());
}

void Move(PlantedStore& store, uint64_t trace,
          const std::function<void(Locator&)>& change) {
  Locator locator = LocatorOf(store, trace);
  change(locator);
  store.Put(store.Locators(kBucket), TraceNumber(trace).AsBytes(),
            EncodeLocator(locator));
}

void ChangeHead(PlantedStore& store, BatchId batch,
                const std::function<void(BatchHead&)>& change) {
  auto head = DecodeHead(store.Get(store.Batches(kBucket), HeadKey(batch)));
  ASSERT_TRUE(head.ok());
  change(*head);
  store.Put(store.Batches(kBucket), HeadKey(batch), EncodeHead(*head));
}

void ChangeNumbers(PlantedStore& store, Column column) {
  const std::string key = ColumnKey(kOld, column, Part::kValues, {});
  auto values = DecodeInts<int64_t>(store.Get(store.Batches(kBucket), key));
  ASSERT_TRUE(values.ok());
  ++values->at(2);
  store.Put(store.Batches(kBucket), key, EncodeInts(*values));
}

// The first key of a kind of the batches' family.
std::string FirstKey(const PlantedStore& store, char kind) {
  const auto pairs = store.Read(store.Batches(kBucket), std::string(1, kind));
  EXPECT_FALSE(pairs.empty());
  return pairs.empty() ? std::string() : pairs.front().first;
}

// Without its last record.
std::string Shortened(std::string_view stored, std::string_view contexts) {
  ContextTable table;
  if (!contexts.empty()) table = UnpackContexts(contexts).value();
  const auto block = RecordBlock::Parse(stored, &table);
  EXPECT_TRUE(block.ok());
  RecordBlockBuilder builder(RecordBlockBuilder::Form::kSealed);
  TraceId id;
  for (size_t i = 0; i + 1 < block->size(); ++i) {
    if (block->first_of_trace(i)) id = TraceNumber(1000 + i);
    const StoredRecord record = block->Get(i, id);
    builder.Add(id, {}, record);
  }
  return builder.Finish();
}

struct Fault {
  const char* name;
  FindingKind kind;
  std::function<void(PlantedStore&)> plant;
};

std::vector<Fault> FaultsOfPlaces() {
  return {
      {"a locator is removed", FindingKind::kLocator,
       [](PlantedStore& s) {
         s.Delete(s.Locators(kBucket), TraceNumber(3).AsBytes());
       }},
      {"a locator names another row", FindingKind::kLocator,
       [](PlantedStore& s) {
         Move(s, 3, [](Locator& l) { l.ordinal = l.ordinal == 0 ? 1 : 0; });
       }},
      {"a locator names a row that is not there", FindingKind::kLocator,
       [](PlantedStore& s) { Move(s, 3, [](Locator& l) { l.ordinal = 99; }); }},
      {"a locator names a batch that is not there", FindingKind::kLocator,
       [](PlantedStore& s) { Move(s, 3, [](Locator& l) { l.batch = 77; }); }},
      {"a locator names other records", FindingKind::kLocator,
       [](PlantedStore& s) {
         Move(s, 3, [](Locator& l) { l.first = l.first == 0 ? 1 : 0; });
       }},
      {"a locator names more records", FindingKind::kLocator,
       [](PlantedStore& s) { Move(s, 3, [](Locator& l) { ++l.records; }); }},
      {"a locator does not decode", FindingKind::kLocator,
       [](PlantedStore& s) {
         s.Put(s.Locators(kBucket), TraceNumber(3).AsBytes(), "\xff");
       }},
      {"a locator is of a trace that nobody wrote", FindingKind::kLocator,
       [](PlantedStore& s) {
         s.Put(s.Locators(kBucket), TraceNumber(4711).AsBytes(),
               EncodeLocator(LocatorOf(s, 3)));
       }},
      {"a trace has another's id", FindingKind::kLocator,
       [](PlantedStore& s) {
         const std::string key =
             ColumnKey(kOld, Column::kTraceId, Part::kValues, {});
         std::string ids = s.Get(s.Batches(kBucket), key);
         ids[18] = static_cast<char>(ids[18] ^ 1);
         s.Put(s.Batches(kBucket), key, ids);
       }},
      {"a dead mark is removed", FindingKind::kDeadMark,
       [](PlantedStore& s) {
         s.Delete(s.Batches(kBucket), FirstKey(s, kDeadKind));
       }},
      {"a dead mark is added", FindingKind::kDeadMark,
       [](PlantedStore& s) {
         s.Put(s.Batches(kBucket), DeadKey(kOld, LocatorOf(s, 3).ordinal), "");
       }},
      {"a dead mark names no row", FindingKind::kDeadMark,
       [](PlantedStore& s) {
         s.Put(s.Batches(kBucket), DeadKey(kOld, 99), "");
       }},
  };
}

std::vector<Fault> FaultsOfRecords() {
  return {
      {"a block is gone", FindingKind::kBlock,
       [](PlantedStore& s) {
         s.Delete(s.Batches(kBucket), BlockKey(kNew, 0));
       }},
      {"a block is damaged", FindingKind::kBlock,
       [](PlantedStore& s) {
         std::string block = s.Get(s.Batches(kBucket), BlockKey(kNew, 0));
         s.Put(s.Batches(kBucket), BlockKey(kNew, 0),
               block.substr(0, block.size() / 2));
       }},
      {"a block is another batch's", FindingKind::kHead,
       [](PlantedStore& s) {
         s.Put(s.Batches(kBucket), BlockKey(kNew, 1),
               s.Get(s.Batches(kBucket), BlockKey(kOld, 0)));
       }},
      {"a record is gone", FindingKind::kHead,
       [](PlantedStore& s) {
         s.Put(s.Batches(kBucket), BlockKey(kNew, 0),
               Shortened(s.Get(s.Batches(kBucket), BlockKey(kNew, 0)),
                         s.Get(s.Batches(kBucket), ContextsKey(kNew))));
       }},
      {"contexts are damaged", FindingKind::kBlock,
       [](PlantedStore& s) {
         s.Put(s.Batches(kBucket), ContextsKey(kOld), "\x01\x02");
       }},
      {"contexts are gone", FindingKind::kBlock,
       [](PlantedStore& s) {
         s.Delete(s.Batches(kBucket), ContextsKey(kOld));
       }},
      {"operations are gone", FindingKind::kOperations,
       [](PlantedStore& s) {
         s.Delete(s.Batches(kBucket), OperationsKey(kOld));
       }},
      {"operations are damaged, and the store does not open",
       FindingKind::kStore,
       [](PlantedStore& s) {
         s.Put(s.Batches(kBucket), OperationsKey(kOld), "x");
       }},
  };
}

std::vector<Fault> FaultsOfIndex() {
  return {
      {"a number of the index is another", FindingKind::kColumn,
       [](PlantedStore& s) { ChangeNumbers(s, Column::kDuration); }},
      {"a status of the index is another", FindingKind::kColumn,
       [](PlantedStore& s) { ChangeNumbers(s, Column::kFlags); }},
      {"a column is gone", FindingKind::kColumn,
       [](PlantedStore& s) {
         s.Delete(s.Batches(kBucket),
                  ColumnKey(kOld, Column::kStart, Part::kValues, {}));
       }},
      {"an annotation is gone", FindingKind::kColumn,
       [](PlantedStore& s) {
         s.Delete(s.Batches(kBucket), ColumnKey(kOld, Column::kAnnotationNumber,
                                                Part::kValues, "n"));
       }},
      {"the directory is gone", FindingKind::kColumn,
       [](PlantedStore& s) {
         s.Delete(s.Batches(kBucket),
                  ColumnKey(kOld, Column::kDirectory, Part::kValues, {}));
       }},
      {"the trace ids are gone", FindingKind::kColumn,
       [](PlantedStore& s) {
         s.Delete(s.Batches(kBucket),
                  ColumnKey(kOld, Column::kTraceId, Part::kValues, {}));
       }},
      {"a filter is another", FindingKind::kColumn,
       [](PlantedStore& s) {
         const std::string key =
             ColumnKey(kOld, Column::kAttributeValue, Part::kFilter, {});
         std::string filter = s.Get(s.Batches(kBucket), key);
         filter.back() = static_cast<char>(filter.back() ^ 1);
         s.Put(s.Batches(kBucket), key, filter);
       }},
      {"a roll-up is gone", FindingKind::kRollUp,
       [](PlantedStore& s) {
         s.Delete(s.Batches(kBucket), FirstKey(s, kRollUpKind));
       }},
      {"a roll-up is another's", FindingKind::kRollUp,
       [](PlantedStore& s) {
         s.Put(s.Batches(kBucket), RollUpKey("", 0, 5),
               s.Get(s.Batches(kBucket), FirstKey(s, kRollUpKind)));
       }},
      {"a roll-up does not decode", FindingKind::kRollUp,
       [](PlantedStore& s) {
         s.Put(s.Batches(kBucket), FirstKey(s, kRollUpKind), "\x07");
       }},
  };
}

std::vector<Fault> FaultsOfNumbers() {
  return {
      {"a head tells of other traces", FindingKind::kHead,
       [](PlantedStore& s) {
         ChangeHead(s, kNew, [](BatchHead& head) { ++head.traces; });
       }},
      {"a head tells of other records", FindingKind::kHead,
       [](PlantedStore& s) {
         ChangeHead(s, kNew, [](BatchHead& head) { ++head.records; });
       }},
      {"a head tells of fewer blocks", FindingKind::kHead,
       [](PlantedStore& s) {
         ChangeHead(s, kNew, [](BatchHead& head) { --head.blocks; });
       }},
      {"a head tells of other times", FindingKind::kHead,
       [](PlantedStore& s) {
         ChangeHead(s, kNew, [](BatchHead& head) { ++head.start.min; });
       }},
      {"a head was sealed before its records came", FindingKind::kRecord,
       [](PlantedStore& s) {
         ChangeHead(s, kNew, [](BatchHead& head) { head.through_commit = 1; });
       }},
      {"a number of a batch would be used again", FindingKind::kMarks,
       [](PlantedStore& s) {
         StoreMarks marks = s.Marks();
         marks.next_batch = kNew;
         s.PutMarks(marks);
       }},
      {"a number of a commit would be used again", FindingKind::kMarks,
       [](PlantedStore& s) {
         StoreMarks marks = s.Marks();
         marks.next_commit = 1;
         s.PutMarks(marks);
       }},
      {"a commit is gone", FindingKind::kLog,
       [](PlantedStore& s) {
         s.Delete(s.Log(), s.Read(s.Log()).front().first);
       }},
      {"a commit does not decode", FindingKind::kLog,
       [](PlantedStore& s) {
         s.Put(s.Log(), s.Read(s.Log()).back().first, "x");
       }},
      {"records of a commit do not decode", FindingKind::kLog,
       [](PlantedStore& s) {
         const auto last = s.Read(s.Log()).back();
         auto commit = DecodeCommit(last.second).value();
         commit.blocks[0] = std::make_shared<std::string>("x");
         s.Put(s.Log(), last.first, EncodeCommit(commit));
       }},
      {"the last commit of the marks is gone", FindingKind::kLog,
       [](PlantedStore& s) {
         StoreMarks marks = s.Marks();
         marks.last_commit = 1'000;
         s.PutMarks(marks);
       }},
  };
}

TEST_F(PlantedFaultsTest, AreFoundByTheirKind) {
  const CheckReport clean = Find([](PlantedStore&) {});
  ASSERT_EQ(clean.found(), 0u) << Text(clean);
  ASSERT_EQ(clean.batches, 2u);
  ASSERT_GT(clean.commits, 1u);
  for (const auto& faults : {FaultsOfPlaces(), FaultsOfRecords(),
                             FaultsOfIndex(), FaultsOfNumbers()}) {
    for (const Fault& fault : faults) {
      SCOPED_TRACE(fault.name);
      const CheckReport report = Find(fault.plant);
      EXPECT_TRUE(report.counts.contains(fault.kind)) << Text(report);
    }
  }
}

TEST_F(PlantedFaultsTest, NameTheTraceAndTheBatch) {
  const CheckReport report = Find([](PlantedStore& s) {
    s.Delete(s.Locators(kBucket), TraceNumber(3).AsBytes());
  });
  ASSERT_EQ(report.found(), 1u) << Text(report);
  EXPECT_EQ(report.findings[0].trace, TraceNumber(3));
  EXPECT_EQ(report.findings[0].batch, kOld);
  EXPECT_EQ(report.findings[0].bucket, kBucket);
}

TEST_F(PlantedFaultsTest, AreCountedBeyondThoseThatAreNamed) {
  const std::string path = CopyOf(whole_, dir_.path() + "/many");
  {
    PlantedStore store(path);
    for (uint64_t trace = 1; trace <= 10; ++trace) {
      store.Delete(store.Locators(kBucket), TraceNumber(trace).AsBytes());
    }
  }
  const auto report =
      CheckFolder(OptionsFor(path), {.findings_max = 3}, AnyCall());
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->findings.size(), 3u);
  EXPECT_EQ(report->found(), 10u);
}

TEST_F(PlantedFaultsTest, CheckOfAFolderChangesNoFile) {
  const std::string path = CopyOf(whole_, dir_.path() + "/same");
  const auto files = [&] {
    std::map<std::string, std::pair<uintmax_t, fs::file_time_type>> all;
    for (const auto& entry : fs::directory_iterator(path)) {
      all[entry.path().filename().string()] = {entry.file_size(),
                                               entry.last_write_time()};
    }
    return all;
  };
  const auto before = files();
  CheckAt(path);
  EXPECT_EQ(files(), before);
}

TEST_F(PlantedFaultsTest, AStoreThatIsServedIsNotCheckedFromOutside) {
  const auto engine = RocksEngine::Open(OptionsFor(whole_), clock_);
  ASSERT_TRUE(engine.ok());
  const auto report = CheckFolder(OptionsFor(whole_), {}, AnyCall());
  EXPECT_EQ(report.status().code(), absl::StatusCode::kFailedPrecondition)
      << report.status();
}

TEST_F(PlantedFaultsTest, WhatTheNextStartCutsOffIsNoFinding) {
  const std::string path = CopyOf(whole_, dir_.path() + "/torn");
  std::string log;
  for (const auto& entry : fs::directory_iterator(path)) {
    if (entry.path().extension() == ".log") {
      log = std::max(log, entry.path().string());
    }
  }
  std::ofstream(log, std::ios::binary | std::ios::app) << std::string(90, 'x');
  const auto size = fs::file_size(log);
  const CheckReport report = CheckAt(path);
  EXPECT_EQ(report.found(), 0u) << Text(report);
  EXPECT_GT(report.commits, 1u);
  EXPECT_EQ(report.notes.size(), 1u);
  EXPECT_EQ(fs::file_size(log), size);
}

TEST_F(PlantedFaultsTest, NoStoreIsNoStore) {
  const std::string path = dir_.path() + "/empty";
  fs::create_directories(path);
  EXPECT_FALSE(CheckFolder(OptionsFor(path), {}, AnyCall()).ok());
  EXPECT_FALSE(CheckFolder(OptionsFor(path + "/none"), {}, AnyCall()).ok());
}

TEST_F(PlantedFaultsTest, ACheckEndsWhenItIsCancelled) {
  std::stop_source stop;
  const CallLimits limits{.clock = &SystemClock(),
                          .memory_bytes_max = 64 << 20};
  const CheckOptions options{.progress = [&](const CheckReport&) {
    stop.request_stop();
    return absl::OkStatus();
  }};
  const auto report =
      CheckFolder(OptionsFor(whole_), options,
                  limits.Until(absl::InfiniteFuture(), stop.get_token()));
  EXPECT_TRUE(absl::IsCancelled(report.status())) << report.status();
}

}  // namespace
}  // namespace roentgen::storage
