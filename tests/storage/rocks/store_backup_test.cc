// Backups of a store at work: what is restored has everything that was
// acknowledged before, whatever went on meanwhile.
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/rocks/backup_folder.h"
#include "storage/rocks/backup_restore.h"
#include "storage/rocks/rocks_engine.h"
#include "tests/storage/rocks/backup_copy.h"
#include "tests/storage/rocks/store_workload.h"
#include "tests/support/faulty_files.h"
#include "tests/support/segments.h"
#include "tests/support/temp_dir.h"

namespace roentgen::storage {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;
using testing_support::FaultyFiles;
using testing_support::Record;
using testing_support::SegmentSpec;
using testing_support::TempDir;

class StoreBackupTest : public testing::Test {
 protected:
  StoreBackupTest() { Open(); }

  void Open() {
    auto opened = RocksEngine::Open(options_, workload_.clock());
    ASSERT_TRUE(opened.ok()) << opened.status();
    engine_ = *std::move(opened);
  }

  CopiedBackup Copy(Backup& backup) {
    const auto copied = CopyBackup(backup, folder_);
    EXPECT_TRUE(copied.ok()) << copied.status();
    return copied.ok() ? *copied : CopiedBackup();
  }
  CopiedBackup Copy() {
    const auto copied = CopyBackup(*engine_, folder_);
    EXPECT_TRUE(copied.ok()) << copied.status();
    return copied.ok() ? *copied : CopiedBackup();
  }
  std::unique_ptr<Backup> Take() {
    auto taken = engine_->TakeBackup();
    EXPECT_TRUE(taken.ok()) << taken.status();
    return taken.ok() ? *std::move(taken) : nullptr;
  }

  // Where a backup is held, once it has gone from there; `kept_` is what it
  // had.
  std::string HeldAndGone() {
    std::string held = options_.path + "/backup.roentgen-tmp";
    const std::unique_ptr<Backup> backup = Take();
    EXPECT_TRUE(fs::exists(held + "/store/CURRENT"));
    fs::copy(held, kept_, fs::copy_options::recursive);
    return held;
  }

  // What is wrong with a restored store, as of that moment.
  std::vector<std::string> FaultsOf(const BackupRecord& backup, size_t moment) {
    const TempDir dir;
    const std::string target = dir.path() + "/restored";
    const absl::Status restored =
        RestoreBackup(folder_, backup, nullptr, target, {});
    EXPECT_TRUE(restored.ok()) << restored;
    RocksEngineOptions options = options_;
    options.path = target;
    const ManualClock clock(workload_.TimeOf(moment));
    const auto opened = RocksEngine::Open(options, clock);
    if (!opened.ok()) return {opened.status().ToString()};
    std::vector<std::string> faults =
        workload_.ledger().Faults(**opened, moment);
    // What is open is sealed, and seen again.
    EXPECT_TRUE((*opened)->SealAll().ok());
    if (faults.empty()) faults = workload_.ledger().Faults(**opened, moment);
    return faults;
  }

  TempDir dir_;
  std::shared_ptr<FaultyFiles> files_ = std::make_shared<FaultyFiles>();
  const RocksEngineOptions options_{.path = dir_.path() + "/store",
                                    .memtable_bytes = 2 << 20,
                                    .cache_bytes = 4 << 20,
                                    .file_system = files_};
  std::atomic<size_t> moment_{0};
  StoreWorkload workload_{1, options_, [this] { return ++moment_; }};
  std::unique_ptr<RocksEngine> engine_;
  const BackupFolder folder_{nullptr, dir_.path() + "/backups"};
  const std::string kept_ = dir_.path() + "/kept";
};

TEST_F(StoreBackupTest, EachOfSeveralHasItsMoment) {
  std::vector<std::pair<BackupRecord, size_t>> backups;
  for (int i = 0; i < 5; ++i) {
    workload_.Step(*engine_, 12);
    if (i == 3) {
      ASSERT_TRUE(engine_->Close().ok());
      engine_.reset();
      Open();
    }
    backups.emplace_back(Copy().record, moment_.load());
  }
  ASSERT_THAT(workload_.failures(), IsEmpty());
  const auto contents = folder_.Look();
  ASSERT_TRUE(contents.ok()) << contents.status();
  EXPECT_EQ(contents->backups.size(), 5u);
  EXPECT_THAT(*folder_.Verify(*contents, {}), IsEmpty());
  for (const auto& [backup, moment] : backups) {
    EXPECT_THAT(FaultsOf(backup, moment), IsEmpty());
  }
}

TEST_F(StoreBackupTest, OnlyWhatIsNewComesAgain) {
  workload_.Step(*engine_, 40);
  ASSERT_TRUE(engine_->SealAll().ok());
  const CopiedBackup first = Copy();
  EXPECT_GT(first.tables_received, 0u);
  workload_.Step(*engine_, 1);
  const CopiedBackup second = Copy();
  EXPECT_LT(second.received_bytes, first.received_bytes / 2);
  EXPECT_LT(second.tables_received, first.tables_received);
  EXPECT_THAT(FaultsOf(second.record, moment_), IsEmpty());
}

TEST_F(StoreBackupTest, WhatGoesOnMeanwhileDoesNotTouchIt) {
  workload_.Step(*engine_, 30);
  const size_t moment = moment_;
  const std::unique_ptr<Backup> backup = Take();
  ASSERT_NE(backup, nullptr);
  EXPECT_EQ(engine_->Backups().running, 1u);
  workload_.Step(*engine_, 30);
  ASSERT_TRUE(engine_->SealAll().ok());
  ASSERT_TRUE(engine_->Purge().ok());
  ASSERT_TRUE(engine_->Close().ok());
  // A slow client keeps no store open.
  engine_.reset();
  const CopiedBackup copied = Copy(*backup);
  EXPECT_THAT(FaultsOf(copied.record, moment), IsEmpty());
}

TEST_F(StoreBackupTest, OneAtATime) {
  workload_.Step(*engine_, 5);
  std::unique_ptr<Backup> backup = Take();
  EXPECT_TRUE(absl::IsResourceExhausted(engine_->TakeBackup().status()));
  backup.reset();
  EXPECT_EQ(engine_->Backups().running, 0u);
  EXPECT_EQ(engine_->Backups().failed, 1u);
  EXPECT_EQ(engine_->Backups().last_completed, std::nullopt);
  Copy();
  EXPECT_EQ(engine_->Backups().completed, 1u);
  EXPECT_EQ(engine_->Backups().last_completed, workload_.clock().Now());
}

TEST_F(StoreBackupTest, NothingOfItStays) {
  workload_.Step(*engine_, 5);
  const std::string held = HeldAndGone();
  // What a process that died left goes at the next start, or before the next
  // backup, whether it was whole or not.
  for (const bool whole : {true, false}) {
    for (const bool at_start : {true, false}) {
      if (at_start) {
        ASSERT_TRUE(engine_->Close().ok());
        engine_.reset();
      }
      fs::copy(kept_, held, fs::copy_options::recursive);
      if (!whole) fs::rename(held + "/store", held + "/store.tmp");
      if (at_start) Open();
      if (!at_start) Copy();
      EXPECT_FALSE(fs::exists(held));
      workload_.Step(*engine_, 1);
    }
  }
  // It died before its folder was marked.
  fs::create_directory(held);
  Copy();
  EXPECT_FALSE(fs::exists(held));
  EXPECT_THAT(workload_.ledger().Faults(*engine_, moment_), IsEmpty());
}

// Whatever else is in the data folder is not the backup's to remove.
TEST_F(StoreBackupTest, FilesOfOthersStay) {
  workload_.Step(*engine_, 5);
  const std::string held = HeldAndGone();
  struct Case {
    const char* about;
    bool of_ours;      // In a folder that we made.
    const char* file;  // In the store's folder.
    bool taken;
  };
  const Case cases[] = {
      {"another folder", false, "backup/000007.sst", true},
      {"another folder", false, "backup.tmp/CURRENT", true},
      {"another folder", false, "backup.roentgen-tmp.tmp/CURRENT", true},
      {"of our name", false, "backup.roentgen-tmp/notes.txt", false},
      {"of our name", false, "backup.roentgen-tmp/store/000007.sst", false},
      {"in ours", true, "backup.roentgen-tmp/notes.txt", false},
      {"in ours", true, "backup.roentgen-tmp/backup-1/data", false},
      {"with our links", true, "backup.roentgen-tmp/store/notes.txt", false},
      {"with our links", true, "backup.roentgen-tmp/store.tmp/a/b", false},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(std::string(c.about) + ": " + c.file);
    if (c.of_ours) fs::copy(kept_, held, fs::copy_options::recursive);
    const fs::path file = options_.path + "/" + c.file;
    fs::create_directories(file.parent_path());
    std::ofstream(file) << "mine";
    const fs::path top = options_.path / *fs::path(c.file).begin();
    const auto all = [&] {
      return std::distance(fs::recursive_directory_iterator(top), {});
    };
    const auto before = all();
    for (int i = 0; i < 2; ++i) {
      workload_.Step(*engine_, 1);
      const absl::Status copied = CopyBackup(*engine_, folder_).status();
      EXPECT_EQ(copied.ok(), c.taken) << copied;
      if (!c.taken) {
        EXPECT_TRUE(absl::IsFailedPrecondition(copied)) << copied;
        EXPECT_THAT(std::string(copied.message()),
                    HasSubstr("no backup put there"));
      }
      EXPECT_EQ(all(), before);
      ASSERT_TRUE(engine_->Close().ok());
      engine_.reset();
      Open();
      EXPECT_EQ(all(), before);
    }
    EXPECT_TRUE(fs::exists(file));
    fs::remove_all(top);
  }
  Copy();
  EXPECT_FALSE(fs::exists(held));
  EXPECT_THAT(workload_.ledger().Faults(*engine_, moment_), IsEmpty());
}

TEST_F(StoreBackupTest, WithoutRoomToWriteOutTheLogIsTaken) {
  workload_.Step(*engine_, 10);
  ASSERT_THAT(workload_.failures(), IsEmpty());
  const size_t moment = moment_;
  files_->SetFreeBytes(0);
  engine_->Retain().IgnoreError();  // It looks at the disk.
  EXPECT_FALSE(engine_->Accepts().ok());
  const CopiedBackup copied = Copy();
  EXPECT_TRUE(std::any_of(copied.record.files.begin(),
                          copied.record.files.end(), [](const KeptFile& kept) {
                            return kept.file.name.ends_with(".log") &&
                                   kept.file.bytes > 0;
                          }));
  EXPECT_THAT(FaultsOf(copied.record, moment), IsEmpty());
}

// The clock is doubted: nothing expires until somebody can have seen it.
TEST_F(StoreBackupTest, OneOlderThanTheRetentionDoesNotExpireAtOnce) {
  workload_.Step(*engine_, 10);
  const CopiedBackup copied = Copy();
  const std::string target = dir_.path() + "/restored";
  ASSERT_TRUE(RestoreBackup(folder_, copied.record, nullptr, target, {}).ok());
  RocksEngineOptions options = options_;
  options.path = target;
  ManualClock clock(workload_.clock().Now() + 3 * options.retention);
  const auto opened = RocksEngine::Open(options, clock);
  ASSERT_TRUE(opened.ok()) << opened.status();
  ASSERT_TRUE((*opened)->SealAll().ok());
  const uint64_t traces = (*opened)->Usage().sealed_traces;
  EXPECT_GT(traces, 0u);
  for (int hour = 0; hour < 23; ++hour) {
    ASSERT_TRUE((*opened)->Retain().ok());
    EXPECT_EQ((*opened)->Usage().sealed_traces, traces) << hour;
    EXPECT_EQ((*opened)->Usage().clock_doubted, 1u);
    clock.Advance(absl::Hours(1));
  }
  clock.Advance(absl::Hours(2));
  ASSERT_TRUE((*opened)->Retain().ok());
  EXPECT_EQ((*opened)->Usage().sealed_traces, 0u);
}

// Writers go on while backups are taken; each has at least what was
// acknowledged before it.
TEST(StoreBackupLoadTest, HasWhatWasAcknowledgedBefore) {
  const TempDir dir;
  ManualClock clock(StoreWorkload::kBegin);
  const BackupFolder folder(nullptr, dir.path() + "/backups");
  const auto engine = RocksEngine::Open({.path = dir.path() + "/store"}, clock);
  ASSERT_TRUE(engine.ok()) << engine.status();
  std::atomic<bool> stop{false};
  std::atomic<uint64_t> acknowledged{0};
  std::thread writer([&] {
    for (uint64_t trace = 1; !stop; ++trace) {
      EXPECT_TRUE(
          WriteAndWait(**engine, {Record(SegmentSpec{.trace = trace})}).ok());
      acknowledged = trace;
      acknowledged.notify_all();
      if (trace % 50 != 0) continue;
      EXPECT_TRUE((*engine)->SealAll().ok());
    }
  });
  std::vector<std::pair<BackupRecord, uint64_t>> backups;
  for (int i = 0; i < 6; ++i) {
    acknowledged.wait(backups.empty() ? 0 : backups.back().second);
    const uint64_t before = acknowledged;
    clock.Advance(absl::Milliseconds(1));
    const auto copied = CopyBackup(**engine, folder);
    ASSERT_TRUE(copied.ok()) << copied.status();
    backups.emplace_back(copied->record, before);
  }
  stop = true;
  writer.join();
  for (const auto& [backup, before] : backups) {
    const std::string target =
        dir.path() + "/restored-" + std::to_string(before);
    ASSERT_TRUE(RestoreBackup(folder, backup, nullptr, target, {}).ok());
    const auto opened = RocksEngine::Open({.path = target}, clock);
    ASSERT_TRUE(opened.ok()) << opened.status();
    const EngineUsage usage = (*opened)->Usage();
    EXPECT_GE(usage.open_traces + usage.sealed_traces, before);
    EXPECT_LE(usage.open_traces + usage.sealed_traces, acknowledged.load());
  }
}

}  // namespace
}  // namespace roentgen::storage
