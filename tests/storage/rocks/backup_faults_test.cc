// Disks that fail while a backup is taken, received and restored; files of
// backups that are damaged; servers that send nonsense.
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "base/content_hash.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/rocks/backup_folder.h"
#include "storage/rocks/backup_receiver.h"
#include "storage/rocks/backup_restore.h"
#include "storage/rocks/folder_lock.h"
#include "storage/rocks/rocks_engine.h"
#include "tests/storage/rocks/backup_copy.h"
#include "tests/storage/rocks/store_workload.h"
#include "tests/support/faulty_files.h"
#include "tests/support/temp_dir.h"

namespace roentgen::storage {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;
using testing_support::ChangeError;
using testing_support::ChangeFault;
using testing_support::FaultyFiles;
using testing_support::ReadFault;
using testing_support::TempDir;

constexpr uint64_t kForGood = uint64_t{1} << 40;

// A store with a life behind it, on a disk that is well.
struct Life {
  Life() {
    auto opened = RocksEngine::Open(options, workload.clock());
    EXPECT_TRUE(opened.ok()) << opened.status();
    engine = *std::move(opened);
    workload.Step(*engine, 10);
    EXPECT_THAT(workload.failures(), IsEmpty());
  }

  std::vector<std::string> FaultsOf(const std::string& path) const {
    const auto opened = RocksEngine::Open(
        {.path = path, .memtable_bytes = 2 << 20}, workload.clock());
    if (!opened.ok()) return {opened.status().ToString()};
    return workload.ledger().Faults(**opened, moment);
  }
  // Of what is in the folder.
  std::vector<std::string> FaultsOf(const BackupFolder& folder) const {
    const auto contents = folder.Look();
    if (!contents.ok()) return {contents.status().ToString()};
    const BackupRecord* newest = NewestUntil(*contents, std::nullopt);
    if (newest == nullptr) return {"no backup is there"};
    const TempDir restored;
    const absl::Status status =
        RestoreBackup(folder, *newest, nullptr, restored.path() + "/store", {});
    if (!status.ok()) return {status.ToString()};
    return FaultsOf(restored.path() + "/store");
  }

  TempDir dir;
  std::shared_ptr<FaultyFiles> files = std::make_shared<FaultyFiles>();
  RocksEngineOptions options{.path = dir.path() + "/store",
                             .memtable_bytes = 2 << 20,
                             .cache_bytes = 4 << 20,
                             .file_system = files};
  std::atomic<size_t> moment{0};
  StoreWorkload workload{1, options, [this] { return ++moment; }};
  std::unique_ptr<RocksEngine> engine;
};

// Both, now this and now that.
ChangeError ErrorOf(uint64_t first) {
  return first / 2 % 2 == 0 ? ChangeError::kInput : ChangeError::kNoSpace;
}

// Breaks one thing after the other, once and for good, until nothing is left
// to break; `act` says how it went.
void BreakEach(FaultyFiles& files, ChangeFault fault,
               const std::function<absl::Status()>& act,
               const std::function<void(const absl::Status&)>& look) {
  uint64_t broken = 0;
  for (const uint64_t in_a_row : {uint64_t{1}, kForGood}) {
    for (uint64_t first = 0;; ++first) {
      SCOPED_TRACE("from change " + std::to_string(first) + " on, " +
                   std::to_string(in_a_row));
      files.BreakChanges(fault, first, in_a_row, ErrorOf(first));
      const absl::Status acted = act();
      const bool was_broken = files.broken_changes() > 0;
      files.HealChanges();
      if (!was_broken) {
        EXPECT_TRUE(acted.ok()) << acted;
        break;
      }
      ++broken;
      look(acted);
    }
  }
  EXPECT_GT(broken, 0u);  // Else nothing was tested.
}

// The same of reads.
void BreakEachRead(FaultyFiles& files, const std::function<absl::Status()>& act,
                   const std::function<void(const absl::Status&)>& look) {
  for (const uint64_t in_a_row : {uint64_t{1}, kForGood}) {
    for (uint64_t first = 0;; ++first) {
      SCOPED_TRACE("from read " + std::to_string(first) + " on, " +
                   std::to_string(in_a_row));
      files.Break(ReadFault::kFail, first, in_a_row);
      const absl::Status acted = act();
      const bool was_broken = files.broken() > 0;
      files.Heal();
      if (!was_broken) break;
      look(acted);
    }
  }
}

class TakingOnABadDiskTest : public testing::TestWithParam<ChangeFault> {};

TEST_P(TakingOnABadDiskTest, FailsOrIsWhole) {
  for (uint64_t first = 0; first < 40; ++first) {
    SCOPED_TRACE("from change " + std::to_string(first) + " on");
    const uint64_t in_a_row = first % 2 == 0 ? 1 : kForGood;
    Life life;
    const BackupFolder folder(nullptr, life.dir.path() + "/backups");
    life.files->BreakChanges(GetParam(), first, in_a_row, ErrorOf(first));
    const absl::Status taken = CopyBackup(*life.engine, folder).status();
    const bool was_broken = life.files->broken_changes() > 0;
    life.files->HealChanges();
    if (taken.ok()) {
      EXPECT_THAT(life.FaultsOf(folder), IsEmpty());
    } else {
      EXPECT_TRUE(absl::IsUnavailable(taken)) << taken;
      EXPECT_TRUE(was_broken);
    }
    EXPECT_THAT(life.workload.ledger().Faults(*life.engine, life.moment),
                IsEmpty());
    // Once the disk is well, so is the store, and the next backup.
    life.engine.reset();
    auto again = RocksEngine::Open(life.options, life.workload.clock());
    ASSERT_TRUE(again.ok()) << again.status();
    life.workload.Step(**again, 2);
    const absl::Status next = CopyBackup(**again, folder).status();
    EXPECT_TRUE(next.ok()) << next;
    EXPECT_THAT(life.FaultsOf(folder), IsEmpty());
    if (!was_broken) return;
  }
  FAIL() << "no end of changes";
}

INSTANTIATE_TEST_SUITE_P(
    All, TakingOnABadDiskTest,
    testing::Values(ChangeFault::kCreate, ChangeFault::kWrite,
                    ChangeFault::kSyncOther, ChangeFault::kRename,
                    ChangeFault::kLink, ChangeFault::kMakeFolder,
                    ChangeFault::kRemove, ChangeFault::kSyncFolder,
                    ChangeFault::kLook));

TEST(BackupReadFaultsTest, FailsOrIsWhole) {
  constexpr uint64_t kReadsMax = 1'000;
  for (uint64_t first = 0; first < kReadsMax; ++first) {
    SCOPED_TRACE("from read " + std::to_string(first) + " on");
    Life life;
    const BackupFolder folder(nullptr, life.dir.path() + "/backups");
    life.files->Break(ReadFault::kFail, first, first % 2 == 0 ? 1 : kForGood);
    const absl::Status taken = CopyBackup(*life.engine, folder).status();
    const bool was_broken = life.files->broken() > 0;
    life.files->Heal();
    if (taken.ok()) {
      EXPECT_THAT(life.FaultsOf(folder), IsEmpty());
    } else {
      EXPECT_TRUE(absl::IsUnavailable(taken)) << taken;
      EXPECT_TRUE(was_broken);
    }
    if (!was_broken) return;
  }
  FAIL() << "no end of reads";
}

// The disk of the client.
class ReceivingOnABadDiskTest : public testing::TestWithParam<ChangeFault> {};

TEST_P(ReceivingOnABadDiskTest, FailsAndGoesOn) {
  Life life;
  const auto bad = std::make_shared<FaultyFiles>();
  int n = 0;
  std::string path;
  BreakEach(
      *bad, GetParam(),
      [&] {
        path = life.dir.path() + "/backups-" + std::to_string(++n);
        return CopyBackup(*life.engine, BackupFolder(bad, path)).status();
      },
      [&](const absl::Status& received) {
        EXPECT_TRUE(absl::IsUnavailable(received)) << received;
        // The next one goes on from what is whole.
        const BackupFolder folder(bad, path);
        const auto again = CopyBackup(*life.engine, folder);
        if (again.ok()) {
          EXPECT_THAT(*folder.Verify(*folder.Look(), {}), IsEmpty());
          EXPECT_THAT(life.FaultsOf(folder), IsEmpty());
        } else {
          // Its last sync failed alone: it is there.
          EXPECT_TRUE(absl::IsAlreadyExists(again.status())) << again.status();
        }
      });
}

class RestoreTargetTest : public testing::Test {
 protected:
  RestoreTargetTest() {
    const auto copied = CopyBackup(*life_.engine, folder_);
    EXPECT_TRUE(copied.ok()) << copied.status();
    backup_ = copied->record;
  }
  absl::Status Restore(const std::string& target,
                       const BackupProgress& progress = {}) {
    return RestoreBackup(folder_, backup_, nullptr, target, progress);
  }
  // One that does not read to its end.
  void DamageOne() {
    for (const auto& entry : fs::directory_iterator(folder_.path())) {
      if (entry.file_size() > 2'000) fs::resize_file(entry.path(), 1'000);
    }
  }

  Life life_;
  const BackupFolder folder_{nullptr, life_.dir.path() + "/backups"};
  const std::string target_ = life_.dir.path() + "/restored";
  BackupRecord backup_;
};

TEST_F(RestoreTargetTest, NoServerTakesItMeanwhile) {
  for (const bool was_there : {false, true}) {
    if (was_there) fs::create_directory(target_);
    size_t tries = 0;
    const absl::Status restored = Restore(target_, [&](uint64_t done,
                                                       uint64_t all) {
      ++tries;
      const absl::Status opened =
          RocksEngine::Open({.path = target_}, life_.workload.clock()).status();
      EXPECT_TRUE(absl::IsFailedPrecondition(opened)) << opened;
      EXPECT_THAT(std::string(opened.message()), HasSubstr("in use"))
          << done << " of " << all;
    });
    ASSERT_TRUE(restored.ok()) << restored;
    EXPECT_GT(tries, 3u);
    EXPECT_THAT(life_.FaultsOf(target_), IsEmpty());
    fs::remove_all(target_);
  }
}

TEST_F(RestoreTargetTest, WhatSomebodyElseHasStays) {
  // Its folder, still empty.
  fs::create_directory(target_);
  {
    const auto server = FolderLock::Take(target_);
    ASSERT_TRUE(server.ok()) << server.status();
    const absl::Status restored = Restore(target_);
    EXPECT_TRUE(absl::IsFailedPrecondition(restored)) << restored;
    EXPECT_TRUE(fs::exists(target_));
  }
  // Files that come where folders cannot be locked, and then it fails.
  DamageOne();
  for (const char* name : {"LOCK", "notes.txt"}) {
    const fs::path file = fs::path(target_) / name;
    const absl::Status restored = Restore(
        target_, [&](uint64_t, uint64_t) { std::ofstream(file) << "x"; });
    EXPECT_TRUE(absl::IsDataLoss(restored)) << restored;
    EXPECT_THAT(std::string(restored.message()), HasSubstr(name));
    EXPECT_TRUE(fs::exists(file));
    EXPECT_FALSE(fs::exists(fs::path(target_) / "CURRENT"));
    fs::remove_all(target_);
  }
}

TEST_F(RestoreTargetTest, AFolderThatWasThereStaysEmpty) {
  DamageOne();
  fs::create_directory(target_);
  absl::Status restored = Restore(target_);
  EXPECT_TRUE(absl::IsDataLoss(restored)) << restored;
  EXPECT_THAT(std::string(restored.message()), HasSubstr("is left, empty"));
  ASSERT_TRUE(fs::exists(target_));
  EXPECT_TRUE(fs::is_empty(target_));
  fs::remove(target_);
  restored = Restore(target_);
  EXPECT_THAT(std::string(restored.message()), HasSubstr("nothing of it is"));
  EXPECT_FALSE(fs::exists(target_));
}

TEST_F(RestoreTargetTest, NotAmongBackupsNorInAStore) {
  fs::create_directory_symlink(folder_.path(), life_.dir.path() + "/link");
  for (const std::string& target :
       {folder_.path(), folder_.path() + "/in", folder_.path() + "/in/",
        folder_.path() + "/../backups/a", life_.dir.path() + "/link/in",
        life_.options.path + "/in"}) {
    const absl::Status restored = Restore(target);
    EXPECT_TRUE(absl::IsFailedPrecondition(restored)) << target << restored;
  }
  EXPECT_EQ(folder_.Look()->backups.size(), 1u);
  // A name that begins alike is no folder in it.
  EXPECT_TRUE(Restore(folder_.path() + "-in").ok());
}

class RestoringOnABadDiskTest : public testing::TestWithParam<ChangeFault> {};

TEST_P(RestoringOnABadDiskTest, FailsAndLeavesNothing) {
  Life life;
  const BackupFolder folder(nullptr, life.dir.path() + "/backups");
  const auto copied = CopyBackup(*life.engine, folder);
  ASSERT_TRUE(copied.ok()) << copied.status();
  const auto bad = std::make_shared<FaultyFiles>();
  const std::string target = life.dir.path() + "/restored";
  BreakEach(
      *bad, GetParam(),
      [&] {
        fs::remove_all(target);
        return RestoreBackup(folder, copied->record, bad, target, {});
      },
      [&](const absl::Status& restored) {
        EXPECT_TRUE(absl::IsUnavailable(restored)) << restored;
        EXPECT_TRUE(!fs::exists(target) || fs::is_empty(target));
      });
  EXPECT_THAT(life.FaultsOf(target), IsEmpty());
}

const auto kOfFiles = testing::Values(
    ChangeFault::kCreate, ChangeFault::kWrite, ChangeFault::kSyncOther,
    ChangeFault::kRename, ChangeFault::kSyncFolder, ChangeFault::kMakeFolder,
    ChangeFault::kLook);
INSTANTIATE_TEST_SUITE_P(All, ReceivingOnABadDiskTest, kOfFiles);
INSTANTIATE_TEST_SUITE_P(All, RestoringOnABadDiskTest, kOfFiles);

TEST(RestoreReadFaultsTest, FailsOrIsWhole) {
  Life life;
  const auto bad = std::make_shared<FaultyFiles>();
  const BackupFolder folder(bad, life.dir.path() + "/backups");
  const auto copied = CopyBackup(*life.engine, folder);
  ASSERT_TRUE(copied.ok()) << copied.status();
  const std::string target = life.dir.path() + "/restored";
  BreakEachRead(
      *bad,
      [&] {
        fs::remove_all(target);
        return RestoreBackup(folder, copied->record, nullptr, target, {});
      },
      [&](const absl::Status& restored) {
        EXPECT_TRUE(absl::IsUnavailable(restored)) << restored;
        EXPECT_FALSE(fs::exists(target));
      });
  EXPECT_THAT(life.FaultsOf(target), IsEmpty());
}

TEST(BackupDamageTest, IsSeenInEachFile) {
  Life life;
  const std::string path = life.dir.path() + "/backups";
  const BackupFolder folder(nullptr, path);
  const auto copied = CopyBackup(*life.engine, folder);
  ASSERT_TRUE(copied.ok()) << copied.status();
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(path)) {
    names.push_back(entry.path().filename());
  }
  ASSERT_GT(names.size(), 5u);
  const std::string target = life.dir.path() + "/restored";
  for (const std::string& name : names) {
    const fs::path file = fs::path(path) / name;
    const fs::path kept = life.dir.path() + "/kept";
    fs::copy_file(file, kept);
    const auto size = static_cast<std::streamoff>(fs::file_size(file));
    for (const char* how : {"flip", "cut", "longer", "missing"}) {
      SCOPED_TRACE(name + ": " + how);
      if (std::string(how) == "flip") {
        std::fstream bytes(file,
                           std::ios::in | std::ios::out | std::ios::binary);
        bytes.seekg(size / 2);
        const int byte = bytes.get();
        bytes.seekp(size / 2);
        bytes.put(static_cast<char>(byte ^ 4));
      } else if (std::string(how) == "cut") {
        fs::resize_file(file, static_cast<uintmax_t>(size - 1));
      } else if (std::string(how) == "longer") {
        fs::resize_file(file, static_cast<uintmax_t>(size + 1));
      } else {
        fs::remove(file);
      }
      const auto contents = folder.Look();
      ASSERT_TRUE(contents.ok()) << contents.status();
      const bool is_record = IsNameOfRecord(name);
      if (is_record) {
        EXPECT_THAT(contents->backups, IsEmpty());
        EXPECT_EQ(contents->damaged.size(), fs::exists(file) ? 1u : 0u);
        // What it needs is not known.
        if (fs::exists(file)) {
          EXPECT_TRUE(
              absl::IsFailedPrecondition(folder.Keep(1, Timestamp()).status()));
        }
      } else {
        const auto damages = folder.Verify(*contents, {});
        ASSERT_TRUE(damages.ok()) << damages.status();
        ASSERT_THAT(*damages, SizeIs(1));
        EXPECT_THAT((*damages)[0].what, HasSubstr(name));
        EXPECT_THAT((*damages)[0].backups, SizeIs(1));
        const absl::Status restored =
            RestoreBackup(folder, copied->record, nullptr, target, {});
        EXPECT_TRUE(absl::IsDataLoss(restored)) << restored;
        EXPECT_THAT(std::string(restored.message()), HasSubstr(name));
        EXPECT_FALSE(fs::exists(target));
      }
      fs::remove(file);
      fs::copy_file(kept, file);
    }
    fs::remove(kept);
  }
  EXPECT_THAT(life.FaultsOf(folder), IsEmpty());
}

}  // namespace
}  // namespace roentgen::storage
