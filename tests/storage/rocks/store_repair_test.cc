// Repair: whatever is damaged, the new store is well, has what reads byte for
// byte, and what it lacks was told.
#include "storage/rocks/store_repair.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <system_error>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/rocks/rocks_engine.h"
#include "storage/rocks/store_check.h"
#include "tests/storage/rocks/planted_store.h"
#include "tests/storage/rocks/store_workload.h"
#include "tests/support/calls.h"
#include "tests/support/power_cut_files.h"
#include "tests/support/segments.h"
#include "tests/support/spans.h"
#include "tests/support/temp_dir.h"

namespace roentgen::storage {
namespace {

namespace fs = std::filesystem;
using testing::IsEmpty;
using testing_support::AnyCall;
using testing_support::Leftover;
using testing_support::PowerCut;
using testing_support::PowerCutFiles;
using testing_support::Record;
using testing_support::SegmentSpec;
using testing_support::SpanSpec;
using testing_support::TempDir;
using testing_support::TraceNumber;

// On files that are never really synced, which is fast.
RocksEngineOptions OptionsFor(const std::string& path) {
  return {.path = path,
          .memtable_bytes = 2 << 20,
          .cache_bytes = 4 << 20,
          .file_system = std::make_shared<PowerCutFiles>()};
}

// Of a store that may be open: a file that goes meanwhile makes it begin again.
void CopyTo(const std::string& from, const std::string& to) {
  std::error_code error;
  for (int tries = 0; tries == 0 || (error && tries < 10); ++tries) {
    fs::remove_all(to);
    fs::copy(from, to, fs::copy_options::recursive, error);
  }
  EXPECT_FALSE(error) << error.message();
}

// What a repair said.
struct Told {
  absl::StatusOr<RepairReport> report = absl::UnknownError("not run");
  std::set<std::string> lost_traces;
  std::set<std::string> lost_commits;
  bool log_end = false;  // Of which nobody knows what it had.
  std::string text;
};

Told RepairTo(const std::string& damaged, const std::string& repaired) {
  fs::remove_all(repaired);
  Told told;
  const RepairOptions options{.tell = [&](const RepairNote& note) {
    told.text += note.name + ": " + note.text + "\n";
    if (note.kind == RepairNote::Kind::kLostTrace) {
      told.lost_traces.insert(note.name);
    } else if (note.kind == RepairNote::Kind::kLostCommit) {
      told.lost_commits.insert(note.name);
    } else if (note.name.ends_with(".log")) {
      told.log_end = true;
    }
  }};
  told.report = RepairStore(OptionsFor(damaged), repaired, options, AnyCall());
  EXPECT_FALSE(fs::exists(repaired + ".salvage"));
  EXPECT_FALSE(fs::exists(repaired + ".unfinished"));
  return told;
}

void ExpectClean(const std::string& path) {
  const auto report = CheckFolder(OptionsFor(path), {}, AnyCall());
  ASSERT_TRUE(report.ok()) << report.status();
  for (const Finding& finding : report->findings) {
    ADD_FAILURE() << NameOf(finding.kind) << ": " << finding.text;
  }
}

std::map<std::string, std::string> FilesOf(const std::string& path) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::directory_iterator(path)) {
    std::ifstream file(entry.path(), std::ios::binary);
    files[entry.path().filename().string()] = {
        std::istreambuf_iterator<char>(file), {}};
  }
  return files;
}

void WriteFile(const std::string& path, const std::string& bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

// --- A random life, and a random file of it ---

class RepairedLifeTest : public testing::TestWithParam<uint64_t> {
 protected:
  RepairedLifeTest()
      : files_(std::make_shared<PowerCutFiles>()),
        life_(GetParam(),
              {.path = dir_.path() + "/store",
               .memtable_bytes = 2 << 20,
               .cache_bytes = 4 << 20,
               .file_system = files_},
              [this] { return files_->moments(); }),
        random_(GetParam()) {
    life_.Run();
    EXPECT_THAT(life_.failures(), IsEmpty());
  }

  // What the new store lacks was told, if it can be; nothing in it is wrong.
  void Check(const std::string& damaged, size_t moment, bool may_go_unnoticed) {
    const std::string repaired = dir_.path() + "/repaired";
    const auto before = FilesOf(damaged);
    const Told told = RepairTo(damaged, repaired);
    ASSERT_TRUE(told.report.ok()) << told.report.status();
    // LOCK may come, nothing else.
    auto after = FilesOf(damaged);
    EXPECT_EQ(after, before);
    ExpectClean(repaired);
    const ManualClock clock(life_.TimeOf(moment));
    const auto engine = RocksEngine::Open(OptionsFor(repaired), clock);
    ASSERT_TRUE(engine.ok()) << engine.status() << "\n" << told.text;
    const std::vector<std::string> faults =
        life_.ledger().Faults(**engine, moment);
    for (const std::string& fault : faults) {
      const bool lost = fault.ends_with("was acknowledged and is lost") ||
                        fault.ends_with("is there in part") ||
                        fault.starts_with("setting ");
      EXPECT_TRUE(lost) << fault << "\n" << told.text;
    }
    if (faults.empty()) return;
    ++lossy_;
    EXPECT_TRUE(!told.report->lossless() || told.log_end || may_go_unnoticed)
        << faults.front() << "\n"
        << told.text;
  }

  TempDir dir_;
  std::shared_ptr<PowerCutFiles> files_;
  StoreWorkload life_;
  std::mt19937_64 random_;
  size_t lossy_ = 0;
};

TEST_P(RepairedLifeTest, HasWhatReadsWhateverFileIsDamaged) {
  size_t damages = 0;
  for (const size_t moment : {files_->moments() / 2, files_->moments()}) {
    PowerCut cut(*files_);
    cut.AdvanceTo(moment);
    const std::string whole = dir_.path() + "/whole";
    fs::remove_all(whole);
    cut.Leave(Leftover::kSynced, random_, whole);
    {
      SCOPED_TRACE("nothing is damaged");
      lossy_ = 0;
      Check(whole, moment, false);
      EXPECT_EQ(lossy_, 0u);
    }
    const auto files = FilesOf(whole);
    std::string newest_log;
    for (const auto& [name, bytes] : files) {
      if (name.ends_with(".log")) newest_log = name;
    }
    for (const auto& [name, bytes] : files) {
      std::vector<std::pair<std::string, std::optional<std::string>>> kinds = {
          {"gone", std::nullopt},
          {"empty", ""},
          {"cut", bytes.substr(0, bytes.size() / 2)}};
      for (int i = 0; i < 2 && !bytes.empty(); ++i) {
        std::string flipped = bytes;
        const size_t at = random_() % bytes.size();
        flipped[at] = static_cast<char>(flipped[at] ^ (1 << (random_() % 8)));
        kinds.push_back({"bit at " + std::to_string(at), std::move(flipped)});
      }
      for (const auto& [kind, changed] : kinds) {
        SCOPED_TRACE(name + " " + kind);
        const std::string path = dir_.path() + "/damaged";
        CopyTo(whole, path);
        if (changed) {
          WriteFile(path + "/" + name, *changed);
        } else {
          fs::remove(path + "/" + name);
        }
        ++damages;
        // A power cut leaves it so, too.
        Check(path, moment, name == newest_log);
      }
    }
  }
  EXPECT_GT(damages, 50u);
  // Else nothing was lost, and its telling not tested.
  EXPECT_GT(lossy_, 0u);
}

INSTANTIATE_TEST_SUITE_P(Seeds, RepairedLifeTest, testing::Values(1));

// --- Keys that are gone ---

// Of each trace, what it has.
using Contents = std::map<TraceId, std::vector<StoredRecord>>;

class RepairedKeysTest : public testing::Test {
 protected:
  static constexpr uint64_t kTraces = 60;

  RepairedKeysTest() {
    const std::string path = dir_.path() + "/life";
    const auto engine = RocksEngine::Open(OptionsFor(path), clock_);
    EXPECT_TRUE(engine.ok()) << engine.status();
    (*engine)->SetGroups(groups_);
    Write(**engine, 1, 30);
    EXPECT_TRUE((*engine)->SealAll().ok());
    clock_.Advance(absl::Hours(24));
    Write(**engine, 25, 50);
    EXPECT_TRUE((*engine)->SealAll().ok());
    Write(**engine, 48, kTraces);
    Write(**engine, 1, 3);
    whole_ = dir_.path() + "/whole";
    CopyTo(path, whole_);
    right_ = Read(**engine);
    map_ = GroupCount(**engine);
  }

  struct ById final : GroupTests {
    std::vector<GroupTest> Tests() const override {
      return {{.group_id = "g",
               .in_force = {},
               .predicate = {.node = TracePredicate::Constant{Truth::kMaybe}},
               .matches = [](const TraceRecords& trace) {
                 return trace.trace_id.AsBytes().back() % 2 == 0;
               }}};
    }
  };

  void Write(RocksEngine& engine, uint64_t first, uint64_t last) {
    std::vector<NewRecord> records;
    for (uint64_t i = first; i <= last; ++i) {
      ++next_id_;
      if (i % 2 == 0) {
        records.push_back(Record(SpanSpec{.trace = i, .id = next_id_}));
      } else {
        records.push_back(Record(SegmentSpec{.trace = i, .id = next_id_}));
      }
    }
    EXPECT_TRUE(WriteAndWait(engine, std::move(records)).ok());
  }

  static Contents Read(RocksEngine& engine) {
    Contents contents;
    for (uint64_t i = 1; i <= kTraces; ++i) {
      const TraceId id = TraceNumber(i);
      const auto found = engine.GetTraces({&id, 1}, AnyCall());
      EXPECT_TRUE(found.ok()) << found.status();
      for (const TraceRecords& trace : *found) contents[id] = trace.records;
    }
    return contents;
  }

  static uint64_t GroupCount(RocksEngine& engine) {
    const auto graph = engine.Graph({.group_id = "g"}, AnyCall());
    EXPECT_TRUE(graph.ok()) << graph.status();
    return graph->periods.empty() ? 0
                                  : graph->periods.begin()->second.nodes.size();
  }

  // What is in the new store, of one that `plant` changed.
  Contents Repaired(const std::function<void(PlantedStore&)>& plant) {
    const std::string damaged = dir_.path() + "/damaged";
    const std::string repaired = dir_.path() + "/repaired";
    CopyTo(whole_, damaged);
    {
      PlantedStore store(damaged);
      plant(store);
      store.ForgetOldValues();
    }
    told_ = RepairTo(damaged, repaired);
    EXPECT_TRUE(told_.report.ok()) << told_.report.status();
    ExpectClean(repaired);
    const auto engine = RocksEngine::Open(OptionsFor(repaired), clock_);
    EXPECT_TRUE(engine.ok()) << engine.status();
    if (!engine.ok()) return {};
    (*engine)->SetGroups(groups_);
    Contents contents = Read(**engine);
    groups_there_ = GroupCount(**engine);
    return contents;
  }

  // Everything is there, or it is not and was told by id.
  void ExpectAllButTold(const Contents& there) {
    for (const auto& [id, records] : right_) {
      const auto at = there.find(id);
      const bool told = told_.lost_traces.contains(id.ToString());
      if (at == there.end()) {
        EXPECT_TRUE(told) << id.ToString() << "\n" << told_.text;
        continue;
      }
      if (told) {
        for (const StoredRecord& record : at->second) {
          EXPECT_NE(std::find(records.begin(), records.end(), record),
                    records.end());
        }
        continue;
      }
      EXPECT_EQ(at->second, records) << id.ToString();
    }
  }

  TempDir dir_;
  ManualClock clock_{Timestamp::FromSeconds(1'700'000'100)};
  ById groups_;
  std::string whole_;
  Contents right_;
  Told told_;
  uint64_t map_ = 0;
  uint64_t groups_there_ = 0;
  uint64_t next_id_ = 0;
};

TEST_F(RepairedKeysTest, AStoreThatIsWellIsTheSame) {
  EXPECT_EQ(Repaired([](PlantedStore&) {}), right_);
  EXPECT_TRUE(told_.report->lossless()) << told_.text;
  EXPECT_EQ(told_.report->damages, 0u) << told_.text;
  EXPECT_EQ(groups_there_, map_);
}

TEST_F(RepairedKeysTest, WhatCanBeMadeAgainIsNoLoss) {
  const struct {
    const char* name;
    std::function<void(PlantedStore&, BucketId)> plant;
  } kinds[] = {{"locators",
                [](PlantedStore& s, BucketId b) {
                  for (const auto& [key, value] : s.Read(s.Locators(b))) {
                    s.Delete(s.Locators(b), key);
                  }
                }},
               {"trace ids",
                [](PlantedStore& s, BucketId b) {
                  s.Delete(s.Batches(b),
                           ColumnKey(b, Column::kTraceId, Part::kValues, {}));
                }},
               {"columns",
                [](PlantedStore& s, BucketId b) {
                  for (const auto& [key, value] :
                       s.Read(s.Batches(b), std::string(1, kColumnKind))) {
                    if (static_cast<Column>(key[5]) != Column::kTraceId) {
                      s.Delete(s.Batches(b), key);
                    }
                  }
                }},
               {"roll-ups and operations", [](PlantedStore& s, BucketId b) {
                  for (const char kind : {kRollUpKind, kOperationsKind}) {
                    for (const auto& [key, value] :
                         s.Read(s.Batches(b), std::string(1, kind))) {
                      s.Delete(s.Batches(b), key);
                    }
                  }
                }}};
  for (const auto& kind : kinds) {
    for (const BucketId bucket : {1u, 2u}) {
      SCOPED_TRACE(kind.name + std::string(" ") + std::to_string(bucket));
      EXPECT_EQ(Repaired([&](PlantedStore& s) { kind.plant(s, bucket); }),
                right_);
      EXPECT_EQ(told_.report->traces_lost, 0u) << told_.text;
    }
  }
}

TEST_F(RepairedKeysTest, DeadMarksThatAreGoneDoubleNothing) {
  EXPECT_EQ(Repaired([](PlantedStore& s) {
              for (const BucketId b : s.Buckets()) {
                for (const auto& [key, value] :
                     s.Read(s.Batches(b), std::string(1, kDeadKind))) {
                  s.Delete(s.Batches(b), key);
                }
              }
            }),
            right_);
}

TEST_F(RepairedKeysTest, ABlockThatIsGoneIsToldByTrace) {
  for (const BatchId batch : {1u, 2u}) {
    SCOPED_TRACE(batch);
    const Contents there = Repaired([&](PlantedStore& s) {
      s.Delete(s.Batches(batch), BlockKey(batch, 0));
    });
    ExpectAllButTold(there);
    EXPECT_GT(told_.report->traces_lost, 10u);
    EXPECT_GT(told_.report->records_lost, 10u);
    EXPECT_FALSE(told_.report->lossless());
    // Others are not.
    EXPECT_LT(told_.lost_traces.size(), 45u);
  }
}

TEST_F(RepairedKeysTest, ABlockWithoutIdsIsToldByCount) {
  const Contents there = Repaired([&](PlantedStore& s) {
    s.Delete(s.Batches(1), ColumnKey(1, Column::kTraceId, Part::kValues, {}));
    for (const auto& [key, value] : s.Read(s.Locators(1))) {
      s.Delete(s.Locators(1), key);
    }
  });
  EXPECT_TRUE(told_.lost_traces.contains("batch 1")) << told_.text;
  // 25 to 30 were sealed again elsewhere; 1 to 3 came again, in the log.
  EXPECT_EQ(told_.report->traces_lost, 24u) << told_.text;
  for (uint64_t i = 25; i <= kTraces; ++i) {
    EXPECT_EQ(there.at(TraceNumber(i)), right_.at(TraceNumber(i))) << i;
  }
}

TEST_F(RepairedKeysTest, ACommitThatIsGoneIsTold) {
  const Contents there = Repaired([](PlantedStore& s) {
    s.Delete(s.Log(), s.Read(s.Log()).front().first);
  });
  EXPECT_FALSE(told_.report->lossless());
  EXPECT_EQ(told_.lost_commits.size(), 1u) << told_.text;
  for (const auto& [id, records] : there) {
    for (const StoredRecord& record : records) {
      const auto& all = right_.at(id);
      EXPECT_NE(std::find(all.begin(), all.end(), record), all.end());
    }
  }
}

TEST_F(RepairedKeysTest, ACommitThatDoesNotDecodeIsTold) {
  Repaired([](PlantedStore& s) {
    s.Put(s.Log(), s.Read(s.Log()).front().first, "x");
  });
  EXPECT_EQ(told_.lost_commits.size(), 1u) << told_.text;
}

TEST_F(RepairedKeysTest, AStoreThatNeverSealedIsTheSame) {
  const std::string young = dir_.path() + "/young";
  const std::string damaged = dir_.path() + "/damaged";
  const auto life = RocksEngine::Open(OptionsFor(young), clock_);
  ASSERT_TRUE(life.ok()) << life.status();
  Write(**life, 1, 9);
  CopyTo(young, damaged);
  const std::string repaired = dir_.path() + "/repaired";
  const Told told = RepairTo(damaged, repaired);
  ASSERT_TRUE(told.report.ok()) << told.report.status();
  EXPECT_TRUE(told.report->lossless()) << told.text;
  EXPECT_EQ(told.text, "");
  ExpectClean(repaired);
  const auto engine = RocksEngine::Open(OptionsFor(repaired), clock_);
  ASSERT_TRUE(engine.ok()) << engine.status();
  EXPECT_EQ(Read(**engine), Read(**life));
}

// A second passes whenever somebody looks.
class TickingClock final : public Clock {
 public:
  Timestamp Now() const override { return Timestamp::FromSeconds(++seconds_); }
  absl::Duration Elapsed() const override { return absl::Seconds(seconds_); }

 private:
  mutable int64_t seconds_ = 0;
};

TEST_F(RepairedKeysTest, ARepairThatFailsLeavesNothing) {
  const std::string repaired = dir_.path() + "/repaired";
  size_t failed = 0;
  for (bool done = false; !done; ++failed) {
    ASSERT_LT(failed, 1'000u);
    const TickingClock clock;
    const Call call(clock, absl::FromUnixSeconds(failed * 20), size_t{1} << 30,
                    {}, {});
    done = RepairStore(OptionsFor(whole_), repaired, {}, call).ok();
    EXPECT_EQ(fs::exists(repaired), done);
    EXPECT_FALSE(fs::exists(repaired + ".unfinished"));
    EXPECT_FALSE(fs::exists(repaired + ".salvage"));
  }
  EXPECT_GT(failed, 2u);
}

TEST_F(RepairedKeysTest, WhatAKilledRepairLeftIsNoStoreThatCounts) {
  const std::string repaired = dir_.path() + "/repaired";
  for (const char* left : {".unfinished", ".salvage"}) {
    fs::create_directories(repaired + left);
    const auto report =
        RepairStore(OptionsFor(whole_), repaired, {}, AnyCall());
    EXPECT_EQ(report.status().code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_FALSE(fs::exists(repaired));
    fs::remove_all(repaired + left);
  }
}

TEST_F(RepairedKeysTest, TheFolderMayBeGivenInManyWays) {
  const std::string repaired = dir_.path() + "/repaired";
  for (const std::string& given :
       {repaired + "/", repaired + "//", dir_.path() + "/./repaired"}) {
    SCOPED_TRACE(given);
    fs::remove_all(repaired);
    const auto report = RepairStore(OptionsFor(whole_), given, {}, AnyCall());
    EXPECT_TRUE(report.ok()) << report.status();
    ExpectClean(repaired);
  }
  for (const std::string& given :
       {whole_ + "/new", whole_, whole_ + "/../whole/a/b"}) {
    SCOPED_TRACE(given);
    const auto before = FilesOf(whole_);
    EXPECT_EQ(
        RepairStore(OptionsFor(whole_), given, {}, AnyCall()).status().code(),
        absl::StatusCode::kFailedPrecondition);
    EXPECT_EQ(FilesOf(whole_), before);
  }
}

TEST_F(RepairedKeysTest, TheTimeOfTheMarksIsKept) {
  Repaired([](PlantedStore&) {});
  const Timestamp before =
      PlantedStore(dir_.path() + "/damaged").Marks().latest;
  EXPECT_GT(before, Timestamp::FromSeconds(1'700'000'000));
  // The test's own start of it went by the same clock.
  const std::string again = dir_.path() + "/again";
  EXPECT_TRUE(RepairTo(whole_, again).report.ok());
  EXPECT_EQ(PlantedStore(again).Marks().latest, before);
}

TEST_F(RepairedKeysTest, ANewFolderMustBeEmptyAndTheOldOneFree) {
  const std::string full = dir_.path() + "/full";
  fs::create_directories(full);
  WriteFile(full + "/x", "x");
  EXPECT_EQ(RepairTo(dir_.path() + "/none", dir_.path() + "/new")
                .report.status()
                .code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(
      RepairStore(OptionsFor(whole_), full, {}, AnyCall()).status().code(),
      absl::StatusCode::kFailedPrecondition);
  const auto engine = RocksEngine::Open(OptionsFor(whole_), clock_);
  ASSERT_TRUE(engine.ok());
  EXPECT_EQ(RepairTo(whole_, dir_.path() + "/new").report.status().code(),
            absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace roentgen::storage
