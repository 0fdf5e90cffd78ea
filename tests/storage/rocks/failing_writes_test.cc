// A disk that does not write well: what failed is said to fail, what was
// acknowledged stays, also for reads meanwhile, and the store opens whole when
// the disk is well again.
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "base/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/rocks/rocks_engine.h"
#include "tests/storage/rocks/store_workload.h"
#include "tests/support/faulty_files.h"
#include "tests/support/master_keys.h"
#include "tests/support/segments.h"
#include "tests/support/temp_dir.h"

namespace roentgen::storage {
namespace {

using testing::IsEmpty;
using testing_support::ChangeFault;
using testing_support::FaultyFiles;
using testing_support::TempDir;
using testing_support::TestMasterKeys;

constexpr size_t kSteps = 15;
constexpr uint64_t kForGood = uint64_t{1} << 40;
constexpr uint64_t kPlaces = 4;

// A store that lives on a disk that is about to fail.
struct Life {
  Life(uint64_t seed, bool encrypted)
      : files(std::make_shared<FaultyFiles>()),
        options{.path = dir.path() + "/store",
                .memtable_bytes = 2 << 20,
                .cache_bytes = 4 << 20,
                .file_system = files,
                .keys = encrypted ? TestMasterKeys({"a"}) : nullptr},
        workload(seed, options, [this] { return ++moment; }) {}

  absl::StatusOr<std::unique_ptr<RocksEngine>> Open() {
    return RocksEngine::Open(options, workload.clock());
  }
  std::vector<std::string> Faults(RocksEngine& engine) {
    return workload.ledger().Faults(engine, moment);
  }

  TempDir dir;
  std::shared_ptr<FaultyFiles> files;
  RocksEngineOptions options;
  std::atomic<size_t> moment{0};
  StoreWorkload workload;
};

class FailingWritesTest
    : public testing::TestWithParam<
          std::tuple<ChangeFault, /* in a row */ uint64_t, bool>> {};

TEST_P(FailingWritesTest, WhatIsAcknowledgedStays) {
  const auto& [fault, in_a_row, encrypted] = GetParam();
  uint64_t changes = 0;
  {
    Life well(1, encrypted);
    well.files->BreakChanges(fault, 0, 0);
    const auto engine = well.Open();
    ASSERT_TRUE(engine.ok()) << engine.status();
    well.workload.Step(**engine, kSteps);
    ASSERT_TRUE((*engine)->Close().ok());
    ASSERT_THAT(well.workload.failures(), IsEmpty());
    changes = well.files->changes();
  }
  ASSERT_GT(changes, 1u);
  uint64_t broken = 0;
  for (uint64_t i = 0; i < std::min(changes, kPlaces); ++i) {
    const uint64_t first = changes * i / std::min(changes, kPlaces);
    SCOPED_TRACE("from change " + std::to_string(first) + " on");
    Life life(1, encrypted);
    life.files->BreakChanges(fault, first, in_a_row);
    if (auto engine = life.Open(); engine.ok()) {
      life.workload.Step(**engine, kSteps);
      EXPECT_THAT(life.Faults(**engine), IsEmpty());
      broken += life.files->broken_changes();
      for (const absl::Status& failure : life.workload.failures()) {
        EXPECT_TRUE(absl::IsUnavailable(failure)) << failure;
      }
      if (fault == ChangeFault::kSyncLog && life.files->broken_changes() > 0) {
        EXPECT_THAT(life.workload.failures(), testing::Not(IsEmpty()));
      }
    } else {
      EXPECT_TRUE(absl::IsUnavailable(engine.status())) << engine.status();
      broken += life.files->broken_changes();
    }
    life.files->HealChanges();
    const auto again = life.Open();
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_THAT(life.Faults(**again), IsEmpty());
    const size_t failures = life.workload.failures().size();
    life.workload.Step(**again, kSteps);
    EXPECT_EQ(life.workload.failures().size(), failures);
    EXPECT_THAT(life.Faults(**again), IsEmpty());
  }
  // Else nothing was tested.
  EXPECT_GT(broken, 0u);
}

INSTANTIATE_TEST_SUITE_P(
    All, FailingWritesTest,
    testing::Combine(
        testing::Values(ChangeFault::kCreate, ChangeFault::kWrite,
                        ChangeFault::kSyncLog, ChangeFault::kSyncOther,
                        ChangeFault::kRename, ChangeFault::kSyncFolder,
                        ChangeFault::kLink, ChangeFault::kMakeFolder,
                        ChangeFault::kRemove),
        testing::Values(1u, kForGood), testing::Bool()));

// The second try to make a bucket's families begins a MANIFEST, which RocksDB
// takes for the current one when that fails.
TEST(FailingFamiliesTest, TheManifestThatCurrentNamesStays) {
  const TempDir dir;
  const auto files = std::make_shared<FaultyFiles>();
  const RocksEngineOptions options{.path = dir.path() + "/store",
                                   .file_system = files};
  const ManualClock clock(StoreWorkload::kBegin);
  {
    const auto engine = RocksEngine::Open(options, clock);
    ASSERT_TRUE(engine.ok()) << engine.status();
    ASSERT_TRUE(WriteAndWait(**engine, {testing_support::Record(
                                           testing_support::SegmentSpec{})})
                    .ok());
    files->BreakChanges(ChangeFault::kWrite, 0, kForGood);
    for (int i = 0; i < 3; ++i) EXPECT_FALSE((*engine)->SealAll().ok());
    // RocksDB looks for files that nobody needs after each backup. One that
    // writes nothing out does not stop before that.
    files->SetFreeBytes(0);
    (*engine)->Retain().IgnoreError();
    EXPECT_FALSE((*engine)->TakeBackup().ok());
  }
  files->HealChanges();
  const auto again = RocksEngine::Open(options, clock);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ((*again)->Usage().open_traces + (*again)->Usage().sealed_traces,
            1u);
}

}  // namespace
}  // namespace roentgen::storage
