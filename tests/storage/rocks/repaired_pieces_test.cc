// Repair of large traces: what is behind a damaged block of one is saved, also
// of its older pieces, and nothing of another trace is taken for it.
#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "storage/record/context_table.h"
#include "storage/record/record_block.h"
#include "storage/rocks/rocks_engine.h"
#include "storage/rocks/store_check.h"
#include "storage/rocks/store_repair.h"
#include "tests/storage/rocks/planted_store.h"
#include "tests/support/calls.h"
#include "tests/support/power_cut_files.h"
#include "tests/support/segments.h"
#include "tests/support/temp_dir.h"

namespace roentgen::storage {
namespace {

namespace fs = std::filesystem;
using testing_support::AnyCall;
using testing_support::PowerCutFiles;
using testing_support::Record;
using testing_support::SegmentSpec;
using testing_support::TempDir;
using testing_support::TraceNumber;

constexpr uint64_t kTraces = 5;
constexpr uint64_t kLarge = 3;
constexpr uint64_t kRecords = 800;

RocksEngineOptions OptionsFor(const std::string& path) {
  return {.path = path,
          .memtable_bytes = 2 << 20,
          .cache_bytes = 4 << 20,
          .file_system = std::make_shared<PowerCutFiles>()};
}

using Contents = std::map<TraceId, std::vector<StoredRecord>>;

Contents Read(RocksEngine& engine) {
  Contents contents;
  for (uint64_t i = 1; i <= kTraces; ++i) {
    const TraceId id = TraceNumber(i);
    const auto found = engine.GetTraces({&id, 1}, AnyCall());
    EXPECT_TRUE(found.ok()) << found.status();
    if (!found.ok()) continue;
    for (const TraceRecords& trace : *found) contents[id] = trace.records;
  }
  return contents;
}

// A large trace between small ones; `pieces`: how often news came of it when it
// was sealed.
class RepairedPiecesTest : public testing::TestWithParam<uint64_t> {
 protected:
  RepairedPiecesTest() {
    const std::string path = dir_.path() + "/life";
    const auto engine = RocksEngine::Open(OptionsFor(path), clock_);
    EXPECT_TRUE(engine.ok()) << engine.status();
    for (uint64_t i = 1; i <= kTraces; ++i) {
      Write(**engine, i, i == kLarge ? kRecords : 10);
    }
    EXPECT_TRUE((*engine)->SealAll().ok());
    for (uint64_t i = 0; i < GetParam(); ++i) {
      Write(**engine, kLarge, 10);
      EXPECT_TRUE((*engine)->SealAll().ok());
    }
    right_ = Read(**engine);
    whole_ = dir_.path() + "/whole";
    fs::copy(path, whole_, fs::copy_options::recursive);
  }

  void Write(RocksEngine& engine, uint64_t trace, uint64_t count) {
    std::vector<NewRecord> records;
    for (uint64_t i = 0; i < count; ++i) {
      ++next_id_;
      std::string text;
      for (uint64_t n = next_id_; text.size() < 300;
           n = n * 6364136223846793005ULL + 1) {
        text += std::to_string(n);
      }
      records.push_back(Record(SegmentSpec{
          .trace = trace,
          .id = next_id_,
          .extra = "\"annotations\":{\"part\":\"" + text + "\"},"}));
    }
    EXPECT_TRUE(WriteAndWait(engine, std::move(records)).ok());
  }

  // What is in the new store, of one that `plant` changed.
  Contents Repaired(const std::function<void(PlantedStore&)>& plant) {
    const std::string damaged = dir_.path() + "/damaged";
    const std::string repaired = dir_.path() + "/repaired";
    fs::remove_all(damaged);
    fs::remove_all(repaired);
    fs::copy(whole_, damaged, fs::copy_options::recursive);
    {
      PlantedStore store(damaged);
      plant(store);
      store.ForgetOldValues();
    }
    report_ = {};
    text_.clear();
    const auto report =
        RepairStore(OptionsFor(damaged), repaired,
                    {.tell =
                         [&](const RepairNote& note) {
                           text_ += note.name + ": " + note.text + "\n";
                         }},
                    AnyCall());
    EXPECT_TRUE(report.ok()) << report.status();
    if (!report.ok()) return {};
    report_ = *report;
    const auto checked = CheckFolder(OptionsFor(repaired), {}, AnyCall());
    EXPECT_TRUE(checked.ok()) << checked.status();
    for (const Finding& finding : checked->findings) {
      ADD_FAILURE() << NameOf(finding.kind) << ": " << finding.text;
    }
    const auto engine = RocksEngine::Open(OptionsFor(repaired), clock_);
    EXPECT_TRUE(engine.ok()) << engine.status();
    return engine.ok() ? Read(**engine) : Contents();
  }

  // How many of all records are not there. Those that are, are right.
  uint64_t Missing(const Contents& there) {
    uint64_t missing = 0;
    for (const auto& [id, records] : right_) {
      const auto at = there.find(id);
      auto next = records.begin();
      if (at != there.end()) {
        for (const StoredRecord& record : at->second) {
          const auto found = std::find(next, records.end(), record);
          EXPECT_NE(found, records.end()) << id.ToString();
          if (found == records.end()) break;
          missing += static_cast<uint64_t>(found - next);
          next = found + 1;
        }
      }
      missing += static_cast<uint64_t>(records.end() - next);
    }
    return missing;
  }

  std::string BlocksOf(BatchId batch) {
    return BlockKey(batch, 0).substr(0, 5);
  }

  TempDir dir_;
  ManualClock clock_{Timestamp::FromSeconds(1'700'000'100)};
  std::string whole_;
  Contents right_;
  RepairReport report_;
  std::string text_;
  uint64_t next_id_ = 0;
};

TEST_P(RepairedPiecesTest, WhatIsBehindADamagedBlockIsSaved) {
  uint32_t blocks = 1;
  for (uint32_t number = 0; number < blocks; ++number) {
    SCOPED_TRACE(number);
    uint64_t in_block = 0;
    const Contents there = Repaired([&](PlantedStore& s) {
      blocks = static_cast<uint32_t>(s.Read(s.Batches(1), BlocksOf(1)).size());
      ContextTable contexts;
      for (const auto& [key, value] : s.Read(s.Batches(1), ContextsKey(1))) {
        absl::StatusOr<ContextTable> table = UnpackContexts(value);
        ASSERT_TRUE(table.ok()) << table.status();
        contexts = *std::move(table);
      }
      const auto block = RecordBlock::Parse(
          s.Get(s.Batches(1), BlockKey(1, number)), &contexts);
      ASSERT_TRUE(block.ok()) << block.status();
      in_block = block->size();
      s.Delete(s.Batches(1), BlockKey(1, number));
    });
    EXPECT_GT(in_block, 0u);
    EXPECT_EQ(Missing(there), in_block) << text_;
    EXPECT_EQ(report_.records_lost, in_block) << text_;
    EXPECT_FALSE(report_.lossless());
  }
  EXPECT_GT(blocks, 3u);
}

// Where the next trace begins is not known then.
TEST_P(RepairedPiecesTest, NothingOfAnotherTraceIsTakenForIt) {
  uint32_t blocks = 1;
  for (uint32_t number = 0; number < blocks; ++number) {
    SCOPED_TRACE(number);
    const Contents there = Repaired([&](PlantedStore& s) {
      blocks = static_cast<uint32_t>(s.Read(s.Batches(1), BlocksOf(1)).size());
      s.Delete(s.Batches(1), BlockKey(1, number));
      for (const auto& [key, value] : s.Read(s.Locators(1))) {
        if (key != TraceNumber(kLarge).AsBytes()) s.Delete(s.Locators(1), key);
      }
    });
    EXPECT_GT(Missing(there), 0u) << text_;
    EXPECT_FALSE(report_.lossless());
  }
}

INSTANTIATE_TEST_SUITE_P(News, RepairedPiecesTest, testing::Values(0, 2));

}  // namespace
}  // namespace roentgen::storage
