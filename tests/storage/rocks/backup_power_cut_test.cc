// The power goes while a backup is received or restored: what has a record is
// whole, what has CURRENT is a whole store, and both can be done again.
#include <algorithm>
#include <atomic>
#include <filesystem>
#include <memory>
#include <ostream>
#include <random>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/rocks/backup_folder.h"
#include "storage/rocks/backup_restore.h"
#include "storage/rocks/rocks_engine.h"
#include "tests/storage/rocks/backup_copy.h"
#include "tests/storage/rocks/store_workload.h"
#include "tests/support/power_cut_files.h"
#include "tests/support/temp_dir.h"

namespace roentgen::storage {
namespace {

namespace fs = std::filesystem;
using testing::IsEmpty;
using testing::Not;
using testing_support::Leftover;
using testing_support::PowerCut;
using testing_support::PowerCutFiles;
using testing_support::Swallow;
using testing_support::TempDir;

class BackupPowerCutTest : public testing::TestWithParam<Leftover> {
 protected:
  BackupPowerCutTest() {
    auto opened = RocksEngine::Open(options_, workload_.clock());
    EXPECT_TRUE(opened.ok()) << opened.status();
    engine_ = *std::move(opened);
    workload_.Step(*engine_, 10);
  }

  BackupRecord Copy(const BackupFolder& folder) {
    const auto copied = CopyBackup(*engine_, folder);
    EXPECT_TRUE(copied.ok()) << copied.status();
    return copied.ok() ? copied->record : BackupRecord();
  }
  std::vector<std::string> FaultsOf(const std::string& path, size_t moment) {
    const auto opened = RocksEngine::Open(
        {.path = path, .memtable_bytes = 2 << 20}, workload_.clock());
    if (!opened.ok()) return {opened.status().ToString()};
    return workload_.ledger().Faults(**opened, moment);
  }

  // Two backups, and what is wrong in the folder after cuts: after each thing
  // that was done, or each so many.
  std::vector<std::string> CutReceiving(Swallow swallow, size_t each) {
    const auto files = std::make_shared<PowerCutFiles>(swallow);
    const BackupFolder folder(files, dir_.path() + "/backups");
    std::vector<size_t> done;  // The moments from which backups are there.
    for (int i = 0; i < 2; ++i) {
      Copy(folder);
      done.push_back(files->moments());
      workload_.Step(*engine_, 5);
    }
    std::vector<std::string> faults;
    PowerCut cut(*files);
    for (size_t moment = 0; moment <= files->moments(); moment += each) {
      cut.AdvanceTo(moment);
      const TempDir left;
      cut.Leave(GetParam(), random_, left.path() + "/backups");
      const auto needed = static_cast<size_t>(std::count_if(
          done.begin(), done.end(), [&](size_t m) { return m <= moment; }));
      for (std::string& fault : FaultsIn(left.path() + "/backups", needed)) {
        faults.push_back("moment " + std::to_string(moment) + ": " +
                         std::move(fault));
      }
    }
    return faults;
  }

  std::vector<std::string> FaultsIn(const std::string& path, size_t needed) {
    const BackupFolder folder(nullptr, path);
    std::vector<std::string> faults;
    const auto contents = folder.Look();
    if (!contents.ok()) return {contents.status().ToString()};
    if (contents->backups.size() < needed) faults.push_back("a backup is lost");
    const auto damages = folder.Verify(*contents, {});
    for (const auto& damage : *damages) {
      faults.push_back(damage.what);
    }
    // The next one goes on from there.
    const absl::Status next = CopyBackup(*engine_, folder).status();
    if (!next.ok()) faults.push_back(next.ToString());
    if (!folder.Verify(*folder.Look(), {})->empty()) {
      faults.push_back("the next one is damaged");
    }
    return faults;
  }

  TempDir dir_;
  std::mt19937_64 random_{7};
  const RocksEngineOptions options_{.path = dir_.path() + "/store",
                                    .memtable_bytes = 2 << 20,
                                    .cache_bytes = 4 << 20};
  std::atomic<size_t> moment_{0};
  StoreWorkload workload_{1, options_, [this] { return ++moment_; }};
  std::unique_ptr<RocksEngine> engine_;
};

TEST_P(BackupPowerCutTest, WhatHasARecordIsWhole) {
  EXPECT_THAT(CutReceiving(Swallow::kNothing, 1), IsEmpty());
}

// The test can fail.
TEST_P(BackupPowerCutTest, SwallowedSyncsAreFound) {
  EXPECT_THAT(CutReceiving(Swallow::kSyncOfOthers, 4), Not(IsEmpty()));
  fs::remove_all(dir_.path() + "/backups");
  if (GetParam() == Leftover::kSynced) {
    EXPECT_THAT(CutReceiving(Swallow::kSyncOfFolder, 4), Not(IsEmpty()));
  }
}

TEST_P(BackupPowerCutTest, WhatIsRestoredIsWholeOrNoStore) {
  const BackupFolder folder(nullptr, dir_.path() + "/backups");
  const BackupRecord backup = Copy(folder);
  const size_t life = moment_;
  const auto files = std::make_shared<PowerCutFiles>();
  const std::string target = dir_.path() + "/restored";
  ASSERT_TRUE(RestoreBackup(folder, backup, files, target, {}).ok());
  PowerCut cut(*files);
  size_t whole = 0;
  for (size_t moment = 0; moment <= files->moments(); ++moment) {
    SCOPED_TRACE(moment);
    cut.AdvanceTo(moment);
    const TempDir left;
    const std::string path = left.path() + "/store";
    cut.Leave(GetParam(), random_, path);
    if (fs::exists(path + "/CURRENT")) {
      ++whole;
      EXPECT_THAT(FaultsOf(path, life), IsEmpty());
    } else if (!fs::is_empty(path)) {
      // Nobody takes it for a new store.
      EXPECT_FALSE(RocksEngine::Open({.path = path}, workload_.clock()).ok());
    }
    EXPECT_TRUE(moment < files->moments() || whole > 0);
  }
}

INSTANTIATE_TEST_SUITE_P(All, BackupPowerCutTest,
                         testing::Values(Leftover::kSynced, Leftover::kTornTail,
                                         Leftover::kSomePages));

}  // namespace
}  // namespace roentgen::storage
