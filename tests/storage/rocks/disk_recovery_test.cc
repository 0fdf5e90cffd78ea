// A disk that fails for a while, or hangs: reads go on, writes say so, and all
// is well again by itself.
#include <atomic>
#include <chrono>
#include <cstdint>
#include <future>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "base/limits.h"
#include "base/mutex.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/rocks/backup_folder.h"
#include "storage/rocks/backup_restore.h"
#include "storage/rocks/rocks_engine.h"
#include "tests/storage/rocks/backup_copy.h"
#include "tests/support/calls.h"
#include "tests/support/faulty_files.h"
#include "tests/support/hanging_files.h"
#include "tests/support/segments.h"
#include "tests/support/temp_dir.h"

namespace roentgen::storage {
namespace {

using testing::Contains;
using testing_support::ChangeFault;
using testing_support::FaultyFiles;
using testing_support::HangingFiles;
using testing_support::Record;
using testing_support::SegmentSpec;
using testing_support::TempDir;
using testing_support::TraceNumber;

constexpr Timestamp kNow = Timestamp::FromSeconds(1'700'000'100);
constexpr uint64_t kForGood = uint64_t{1} << 40;

// Tries to open the store again, as the engine tells of them.
class Tries {
 public:
  void Note(const absl::Status& status) {
    MutexLock lock(mu_);
    ++tries_;
    if (status.ok()) ++successes_;
    changed_.NotifyAll();
  }
  // Lets time pass until there are so many; the engine looks five times a
  // second.
  void AwaitSuccess(int count, ManualClock& clock) {
    Await(successes_, count, clock);
  }
  void AwaitTries(int count, ManualClock& clock) {
    Await(tries_, count, clock);
  }
  int successes() {
    MutexLock lock(mu_);
    return successes_;
  }

 private:
  void Await(const int& counter, int count, ManualClock& clock) {
    MutexLock lock(mu_);
    while (counter < count) {
      clock.Advance(absl::Seconds(1));
      changed_.WaitFor(mu_, std::chrono::milliseconds(100));
    }
  }

  Mutex mu_;
  CondVar changed_;
  int tries_ = 0;
  int successes_ = 0;
};

class DiskRecoveryTest : public testing::Test {
 protected:
  DiskRecoveryTest() {
    options_.path = dir_.path() + "/store";
    options_.on_reopen = [this](const absl::Status& status) {
      tries_.Note(status);
    };
    Open();
  }

  void Open() {
    auto opened = RocksEngine::Open(options_, clock_);
    ASSERT_TRUE(opened.ok()) << opened.status();
    engine_ = *std::move(opened);
  }

  absl::Status Put() {
    const uint64_t trace = ++traces_;
    // It does not compress, so that files are soon full.
    std::string text;
    while (text.size() < (16 << 10)) {
      text += static_cast<char>('a' + random_() % 26);
    }
    absl::Status status = WriteAndWait(
        *engine_, {Record(SegmentSpec{.trace = trace,
                                      .extra = R"("metadata":{"d":{"t":")" +
                                               text + R"("}},)"})});
    if (status.ok()) acknowledged_.insert(trace);
    return status;
  }

  // Everything acknowledged is there, each once, by id and by search.
  void ExpectEverything() {
    std::set<uint64_t> there;
    for (uint64_t trace = 1; trace <= traces_; ++trace) {
      const TraceId id = TraceNumber(trace);
      const auto found =
          engine_->GetTraces({&id, 1}, testing_support::AnyCall());
      ASSERT_TRUE(found.ok()) << found.status();
      if (found->empty()) {
        EXPECT_FALSE(acknowledged_.contains(trace)) << trace;
        continue;
      }
      there.insert(trace);
      EXPECT_EQ(found->front().records.size(), 1u);
    }
    const auto all =
        engine_->Find({.limit = 100'000}, testing_support::AnyCall());
    ASSERT_TRUE(all.ok()) << all.status();
    EXPECT_EQ(all->traces.size(), there.size());
  }

  TempDir dir_;
  ManualClock clock_{kNow};
  Tries tries_;
  std::shared_ptr<FaultyFiles> files_ = std::make_shared<FaultyFiles>();
  RocksEngineOptions options_{.disk_reserve_bytes = 1,
                              .memtable_bytes = 1 << 20,
                              .cache_bytes = 4 << 20,
                              .file_system = files_};
  std::mt19937_64 random_{1};
  uint64_t traces_ = 0;
  std::set<uint64_t> acknowledged_;
  std::unique_ptr<RocksEngine> engine_;
};

class PassingFaultTest : public DiskRecoveryTest,
                         public testing::WithParamInterface<
                             std::tuple<ChangeFault, /* in a row */ uint64_t>> {
};

TEST_P(PassingFaultTest, EndsByItself) {
  const auto& [fault, in_a_row] = GetParam();
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(Put().ok());
  ASSERT_TRUE(engine_->SealAll().ok());
  for (int round = 1; round <= 2; ++round) {
    const int before = tries_.successes();
    for (int i = 0; i < 20; ++i) ASSERT_TRUE(Put().ok());
    files_->BreakChanges(fault, 0, in_a_row);
    // Files are made and written out now and then only.
    bool failed = false;
    for (int i = 0; i < 400 && !failed; ++i) {
      failed = !Put().ok();
      if (i % 40 == 39 && !engine_->SealAll().ok()) failed = true;
    }
    EXPECT_GT(files_->broken_changes(), 0u);
    if (!failed) GTEST_SKIP() << "RocksDB did without";
    // Nothing is acknowledged until the store is opened again.
    const absl::Status put = Put();
    EXPECT_TRUE(absl::IsUnavailable(put)) << put;
    EXPECT_FALSE(engine_->Accepts().ok());
    int successes = before + 1;
    tries_.AwaitSuccess(successes, clock_);
    // It opens while syncs of its log still fail.
    while (fault == ChangeFault::kSyncLog && !Put().ok()) {
      tries_.AwaitSuccess(++successes, clock_);
    }
    EXPECT_TRUE(engine_->Accepts().ok()) << engine_->Accepts();
    EXPECT_GE(engine_->Usage().reopened, static_cast<uint64_t>(round));
    ASSERT_NO_FATAL_FAILURE(ExpectEverything());
    for (int i = 0; i < 20; ++i) {
      const absl::Status again = Put();
      ASSERT_TRUE(again.ok()) << again;
    }
    ASSERT_TRUE(engine_->SealAll().ok());
    ASSERT_NO_FATAL_FAILURE(ExpectEverything());
  }
  engine_.reset();
  Open();
  ASSERT_NO_FATAL_FAILURE(ExpectEverything());
}

INSTANTIATE_TEST_SUITE_P(
    All, PassingFaultTest,
    testing::Combine(testing::Values(ChangeFault::kCreate, ChangeFault::kWrite,
                                     ChangeFault::kSyncLog,
                                     ChangeFault::kSyncOther,
                                     ChangeFault::kSyncFolder),
                     testing::Values(1u, 3u)));

TEST_F(DiskRecoveryTest, ReadsGoOnUntilTheDiskIsWell) {
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(Put().ok());
  files_->BreakChanges(ChangeFault::kWrite, 0, kForGood);
  EXPECT_FALSE(Put().ok());
  tries_.AwaitTries(3, clock_);
  EXPECT_EQ(tries_.successes(), 0);
  EXPECT_TRUE(absl::IsUnavailable(engine_->Accepts()));
  EXPECT_TRUE(absl::IsUnavailable(Put()));
  ExpectEverything();
  files_->HealChanges();
  tries_.AwaitSuccess(1, clock_);
  EXPECT_TRUE(Put().ok());
  ExpectEverything();
}

// It holds its files, not the store.
TEST_F(DiskRecoveryTest, ABackupThatIsBeingSentGoesOn) {
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(Put().ok());
  ASSERT_TRUE(engine_->SealAll().ok());
  const auto backup = engine_->TakeBackup();
  ASSERT_TRUE(backup.ok()) << backup.status();
  files_->BreakChanges(ChangeFault::kSyncLog, 0, 1);
  EXPECT_FALSE(Put().ok());
  tries_.AwaitSuccess(1, clock_);
  EXPECT_EQ(engine_->Usage().reopened, 1u);
  const BackupFolder folder(nullptr, dir_.path() + "/backups");
  const auto copied = CopyBackup(**backup, folder);
  ASSERT_TRUE(copied.ok()) << copied.status();
  const std::string target = dir_.path() + "/restored";
  ASSERT_TRUE(RestoreBackup(folder, copied->record, nullptr, target, {}).ok());
  const auto restored = RocksEngine::Open({.path = target}, clock_);
  ASSERT_TRUE(restored.ok()) << restored.status();
  EXPECT_EQ((*restored)->Usage().sealed_traces, 20u);
}

// Each answer meanwhile is complete or an error.
TEST_F(DiskRecoveryTest, ReadersMeanwhileSeeAllOrAreRefused) {
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(Put().ok());
  files_->BreakChanges(ChangeFault::kSyncLog, 0, 1);
  EXPECT_FALSE(Put().ok());
  std::atomic<bool> stop{false};
  std::vector<std::thread> readers;
  for (int i = 0; i < 2; ++i) {
    readers.emplace_back([&] {
      do {
        const auto all =
            engine_->Find({.limit = 1'000}, testing_support::AnyCall());
        if (all.ok()) {
          EXPECT_GE(all->traces.size(), 20u);
        } else {
          EXPECT_TRUE(absl::IsUnavailable(all.status())) << all.status();
        }
        engine_->Usage();
      } while (!stop);
    });
  }
  tries_.AwaitSuccess(1, clock_);
  stop = true;
  for (std::thread& reader : readers) reader.join();
  ExpectEverything();
}

TEST_F(DiskRecoveryTest, ASettingThatFailedIsToldAgain) {
  SettingsStore& settings = engine_->settings();
  ASSERT_TRUE(settings.CompareAndSet("a", {}, "1").value_or(false));
  files_->BreakChanges(ChangeFault::kSyncLog, 0, 1);
  EXPECT_TRUE(
      absl::IsUnavailable(settings.CompareAndSet("a", "1", "2").status()));
  const SettingsVersion before = settings.Changes({})->version;
  tries_.AwaitSuccess(1, clock_);
  const auto changes = settings.Changes(before);
  ASSERT_TRUE(changes.ok());
  EXPECT_THAT(changes->keys, Contains("a"));
  const auto now = settings.Get("a");
  ASSERT_TRUE(now.ok()) << now.status();
  EXPECT_TRUE(*now == "1" || *now == "2") << now->value_or("none");
  EXPECT_TRUE(settings.CompareAndSet("a", *now, "3").value_or(false));
}

TEST_F(DiskRecoveryTest, ClosesWhileItCannotBeOpened) {
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(Put().ok());
  files_->BreakChanges(ChangeFault::kSyncLog, 0, 1);
  EXPECT_FALSE(Put().ok());
  // The disk takes a new file, and then does not read.
  files_->Break(testing_support::ReadFault::kFail, 0, kForGood);
  tries_.AwaitTries(2, clock_);
  EXPECT_EQ(tries_.successes(), 0);
  EXPECT_TRUE(absl::IsUnavailable(
      engine_->Find({.limit = 10}, testing_support::AnyCall()).status()));
  EXPECT_TRUE(absl::IsUnavailable(engine_->Accepts()));
  EXPECT_TRUE(absl::IsUnavailable(engine_->settings().Get("a").status()));
  files_->Heal();
  engine_.reset();
  Open();
  ExpectEverything();
}

// --- A disk that hangs -------------------------------------------------------

class HangingDiskTest : public testing::Test {
 protected:
  HangingDiskTest() {
    auto opened = RocksEngine::Open({.path = dir_.path() + "/store",
                                     .memtable_bytes = 4 << 20,
                                     .cache_bytes = 4 << 20,
                                     .file_system = files_},
                                    clock_);
    EXPECT_TRUE(opened.ok()) << opened.status();
    engine_ = *std::move(opened);
  }

  std::future<absl::Status> Put(uint64_t trace, absl::Duration timeout,
                                Durability durability = Durability::kSynced) {
    auto answer = std::make_shared<std::promise<absl::Status>>();
    std::vector<NewRecord> records = {Record(SegmentSpec{.trace = trace})};
    std::vector<IncomingRecord> views = ViewsOf(records);
    engine_->Write(
        views,
        {.durability = durability, .deadline = clock_.Now().ToTime() + timeout},
        [answer](WriteOutcome outcome) {
          answer->set_value(std::move(outcome.status));
        });
    return answer->get_future();
  }

  TempDir dir_;
  ManualClock clock_{kNow};
  std::shared_ptr<HangingFiles> files_ = std::make_shared<HangingFiles>();
  std::unique_ptr<RocksEngine> engine_;
};

TEST_F(HangingDiskTest, IsSeenAndAnswersWhoWaits) {
  ASSERT_TRUE(Put(1, absl::Seconds(30)).get().ok());
  files_->Hang();
  std::future<absl::Status> under_way = Put(2, absl::Seconds(30));
  files_->WaitUntilOneHangs();
  EXPECT_TRUE(engine_->Accepts().ok());
  std::future<absl::Status> soon = Put(3, absl::Seconds(2));
  std::future<absl::Status> gathered =
      Put(4, absl::Seconds(2), Durability::kGathered);
  std::future<absl::Status> later = Put(5, absl::Seconds(60));
  clock_.Advance(absl::Seconds(limits::kCommitStallSeconds) -
                 absl::Milliseconds(1));
  EXPECT_TRUE(engine_->Accepts().ok());
  // Their deadlines have passed; the committer hangs.
  EXPECT_TRUE(absl::IsDeadlineExceeded(soon.get()));
  EXPECT_TRUE(absl::IsDeadlineExceeded(gathered.get()));
  clock_.Advance(absl::Milliseconds(2));
  EXPECT_TRUE(absl::IsUnavailable(engine_->Accepts())) << engine_->Accepts();
  // Reads go on.
  const TraceId id = TraceNumber(1);
  const auto found = engine_->GetTraces({&id, 1}, testing_support::AnyCall());
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->size(), 1u);

  files_->Release();
  EXPECT_TRUE(under_way.get().ok());
  EXPECT_TRUE(later.get().ok());
  ASSERT_TRUE(Put(6, absl::Seconds(30)).get().ok());
  EXPECT_TRUE(engine_->Accepts().ok()) << engine_->Accepts();
  // What was answered by its deadline is not there.
  const auto all = engine_->Find({.limit = 10}, testing_support::AnyCall());
  ASSERT_TRUE(all.ok()) << all.status();
  EXPECT_EQ(all->traces.size(), 4u);
}

}  // namespace
}  // namespace roentgen::storage
