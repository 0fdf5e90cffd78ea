// What keeps the store from harm that comes from around it: a clock that is
// wrong, a disk that is full, a folder that somebody changes.
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/memory/memory_engine.h"
#include "storage/rocks/rocks_engine.h"
#include "tests/support/calls.h"
#include "tests/support/faulty_files.h"
#include "tests/support/segments.h"
#include "tests/support/temp_dir.h"

namespace roentgen::storage {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing_support::FaultyFiles;
using testing_support::Record;
using testing_support::SegmentSpec;
using testing_support::TempDir;
using testing_support::TraceNumber;

constexpr Timestamp kNow = Timestamp::FromSeconds(1'700'000'100);
constexpr Timestamp kDeadBattery = Timestamp::FromSeconds(1'000);
constexpr absl::Duration kDay = absl::Hours(24);
constexpr absl::Duration kYear = absl::Hours(24 * 365);

class StoreGuardTest : public testing::Test {
 protected:
  StoreGuardTest() {
    options_.path = dir_.path() + "/store";
    Reopen();
  }

  void Reopen() {
    if (engine_ != nullptr) {
      ASSERT_TRUE(engine_->Close().ok());
      engine_.reset();
    }
    auto opened = RocksEngine::Open(options_, clock_);
    ASSERT_TRUE(opened.ok()) << opened.status();
    engine_ = *std::move(opened);
  }

  absl::Status Put(uint64_t trace, uint64_t id = 1) {
    return WriteAndWait(*engine_,
                        {Record(SegmentSpec{.trace = trace, .id = id})});
  }
  void PutAndSeal(uint64_t first, uint64_t last) {
    for (uint64_t i = first; i <= last; ++i) ASSERT_TRUE(Put(i).ok());
    ASSERT_TRUE(engine_->SealAll().ok());
  }
  size_t Traces() {
    const auto found =
        engine_->Find({.limit = 100'000}, testing_support::AnyCall());
    EXPECT_TRUE(found.ok()) << found.status();
    return found.ok() ? found->traces.size() : 0;
  }
  size_t RecordsOf(uint64_t trace) {
    const TraceId id = TraceNumber(trace);
    const auto found = engine_->GetTraces({&id, 1}, testing_support::AnyCall());
    EXPECT_TRUE(found.ok()) << found.status();
    return found.ok() && !found->empty() ? found->front().records.size() : 0;
  }
  // As the server's job does, for so long.
  void RetainFor(absl::Duration time, absl::Duration every) {
    for (absl::Duration t; t < time; t += every) {
      ASSERT_TRUE(engine_->Retain().ok());
      clock_.Advance(every);
    }
    ASSERT_TRUE(engine_->Retain().ok());
  }

  TempDir dir_;
  ManualClock clock_{kNow};
  std::shared_ptr<FaultyFiles> files_ = std::make_shared<FaultyFiles>();
  RocksEngineOptions options_{.retention = 30 * kDay,
                              .memtable_bytes = 4 << 20,
                              .cache_bytes = 4 << 20,
                              .file_system = files_};
  std::unique_ptr<RocksEngine> engine_;
};

// --- The clock ---------------------------------------------------------------

struct WrongTime {
  std::string name;
  absl::Duration step;
  bool at_start;  // The server starts with it.
};

class WrongClockTest : public StoreGuardTest,
                       public testing::WithParamInterface<WrongTime> {};

TEST_P(WrongClockTest, ForAWhileTakesNothingAndHidesNothing) {
  PutAndSeal(1, 20);
  clock_.Advance(absl::Hours(2));
  PutAndSeal(21, 40);
  if (GetParam().at_start) {
    ASSERT_TRUE(engine_->Close().ok());
    engine_.reset();
  }
  const Timestamp wrong = clock_.Now() + GetParam().step;
  clock_.Set(wrong);
  if (GetParam().at_start) Reopen();
  ASSERT_NE(engine_, nullptr);
  RetainFor(absl::Seconds(15), absl::Seconds(5));
  EXPECT_EQ(engine_->Usage().buckets_dropped, 0u);
  EXPECT_EQ(engine_->Usage().clock_doubted, 1u);
  EXPECT_EQ(Traces(), 40u);
  // Late news to a sealed trace, and a new trace.
  ASSERT_TRUE(Put(1, 2).ok());
  ASSERT_TRUE(Put(41).ok());
  ASSERT_TRUE(engine_->SealAll().ok());

  clock_.Set(kNow + absl::Hours(2) + absl::Seconds(15));
  RetainFor(absl::Seconds(15), absl::Seconds(5));
  EXPECT_EQ(engine_->Usage().clock_doubted, 0u);
  EXPECT_EQ(Traces(), 41u);
  EXPECT_EQ(RecordsOf(1), 2u);
  EXPECT_EQ(RecordsOf(41), 1u);
  Reopen();
  RetainFor(kDay, absl::Hours(1));
  EXPECT_EQ(Traces(), 41u);
  EXPECT_EQ(RecordsOf(1), 2u);
  EXPECT_EQ(RecordsOf(41), 1u);

  // When their time has come, they go, those of the wrong time with them.
  PutAndSeal(42, 42);
  clock_.Advance(kDay);
  PutAndSeal(43, 43);
  RetainFor(32 * kDay, absl::Hours(12));
  EXPECT_EQ(RecordsOf(41), 0u);
  EXPECT_EQ(Traces(), 0u);
}

INSTANTIATE_TEST_SUITE_P(
    All, WrongClockTest,
    testing::Values(WrongTime{"AMonth", 31 * kDay, false},
                    WrongTime{"AMonthAtStart", 31 * kDay, true},
                    WrongTime{"TwentyYears", 20 * kYear, false},
                    WrongTime{"TwentyYearsAtStart", 20 * kYear, true},
                    WrongTime{"Back", kDeadBattery - kNow, false},
                    WrongTime{"BackAtStart", kDeadBattery - kNow, true},
                    WrongTime{"BackAMonth", -31 * kDay, false}),
    [](const auto& test) { return test.param.name; });

TEST_F(StoreGuardTest, ATimeThatStaysIsBelieved) {
  PutAndSeal(1, 20);
  clock_.Set(kNow + 31 * kDay);
  RetainFor(absl::Hours(23), absl::Minutes(10));
  EXPECT_EQ(engine_->Usage().buckets_dropped, 0u);
  RetainFor(absl::Hours(2), absl::Minutes(10));
  EXPECT_EQ(engine_->Usage().buckets_dropped, 1u);
  EXPECT_EQ(Traces(), 0u);
}

TEST_F(StoreGuardTest, AServerThatWasStoppedOvernightDropsWithinTheHour) {
  PutAndSeal(1, 20);
  clock_.Advance(29 * kDay + absl::Hours(20));
  PutAndSeal(21, 40);
  ASSERT_TRUE(engine_->Close().ok());
  engine_.reset();
  clock_.Set(clock_.Now() + absl::Hours(12));
  Reopen();
  ASSERT_TRUE(engine_->Retain().ok());
  EXPECT_EQ(Traces(), 40u);
  RetainFor(absl::Minutes(61), absl::Minutes(1));
  EXPECT_EQ(engine_->Usage().buckets_dropped, 1u);
  EXPECT_EQ(Traces(), 20u);
}

// A step that matters is one that is large beside the retention.
class WrongHourTest : public StoreGuardTest,
                      public testing::WithParamInterface<absl::Duration> {};

TEST_P(WrongHourTest, TakesNothing) {
  options_.retention = GetParam();
  Reopen();
  MemoryEngine memory(clock_, GetParam());
  ASSERT_TRUE(WriteAndWait(memory, {Record(SegmentSpec{.id = 1})}).ok());
  PutAndSeal(1, 20);
  const auto is_all_there = [&] {
    const TraceId id = TraceNumber(1);
    const auto found = memory.GetTraces({&id, 1}, testing_support::AnyCall());
    return Traces() == 20 && found.ok() && found->size() == 1;
  };
  clock_.Set(kNow + absl::Minutes(59));
  RetainFor(absl::Seconds(15), absl::Seconds(5));
  ASSERT_TRUE(memory.Retain().ok());
  EXPECT_EQ(engine_->Usage().buckets_dropped, 0u);
  EXPECT_TRUE(is_all_there());
  clock_.Set(kNow + absl::Seconds(15));
  RetainFor(absl::Seconds(15), absl::Seconds(5));
  ASSERT_TRUE(memory.Retain().ok());
  EXPECT_EQ(engine_->Usage().clock_doubted, 0u);
  EXPECT_TRUE(is_all_there());
  // When their time has come, they go.
  const absl::Duration rest = GetParam() - absl::Seconds(29);
  RetainFor(rest, rest / 50);
  EXPECT_EQ(Traces(), 0u);
}

INSTANTIATE_TEST_SUITE_P(All, WrongHourTest,
                         testing::Values(absl::Seconds(60), absl::Minutes(30),
                                         30 * kDay),
                         [](const auto& test) {
                           return "Retention" +
                                  absl::FormatDuration(test.param);
                         });

// The clock is wrong for so long that whole buckets are of the future. What
// came after them does not wait for it.
TEST_F(StoreGuardTest, BucketsOfTheFutureHoldNothingUp) {
  PutAndSeal(1, 1);
  clock_.Set(kNow + 20 * kYear);
  PutAndSeal(2, 2);
  clock_.Advance(absl::Hours(12));
  PutAndSeal(3, 3);
  clock_.Set(kNow + absl::Hours(12));
  PutAndSeal(4, 4);
  clock_.Advance(kDay);
  PutAndSeal(5, 5);
  RetainFor(29 * kDay, absl::Hours(12));
  EXPECT_EQ(engine_->Usage().buckets_dropped, 1u);
  EXPECT_EQ(RecordsOf(5), 1u);
  RetainFor(3 * kDay, absl::Hours(12));
  EXPECT_EQ(engine_->Usage().buckets_dropped, 5u);
  EXPECT_EQ(Traces(), 0u);
}

TEST(MemoryEngineClockTest, AWrongClockTakesNothing) {
  ManualClock clock(kNow);
  MemoryEngine engine(clock, 30 * kDay);
  ASSERT_TRUE(WriteAndWait(engine, {Record(SegmentSpec{.id = 1})}).ok());
  clock.Set(kNow + 31 * kDay);
  ASSERT_TRUE(engine.Retain().ok());
  ASSERT_TRUE(WriteAndWait(engine, {Record(SegmentSpec{.id = 2})}).ok());
  clock.Set(kNow);
  const TraceId id = TraceNumber(1);
  const auto found = engine.GetTraces({&id, 1}, testing_support::AnyCall());
  ASSERT_TRUE(found.ok() && found->size() == 1);
  EXPECT_EQ(found->front().records.size(), 2u);
}

// --- The disk ----------------------------------------------------------------

TEST_F(StoreGuardTest, AnAlmostFullDiskRefusesPutsUntilThereIsRoom) {
  options_.disk_reserve_bytes = 64 << 20;
  Reopen();
  PutAndSeal(1, 10);
  files_->SetFreeBytes((64 << 20) - 1);
  const absl::Status refused = Put(11);
  EXPECT_TRUE(absl::IsUnavailable(refused)) << refused;
  EXPECT_THAT(std::string(refused.message()),
              AllOf(HasSubstr("63 MiB left"), HasSubstr("reserve of 64 MiB"),
                    HasSubstr("disk_reserve")));
  EXPECT_TRUE(absl::IsUnavailable(engine_->Accepts()));
  EXPECT_EQ(Traces(), 10u);
  // What is open may still be sealed.
  EXPECT_TRUE(engine_->SealAll().ok());
  files_->SetFreeBytes(64 << 20);
  ASSERT_TRUE(engine_->Retain().ok());
  EXPECT_TRUE(engine_->Accepts().ok()) << engine_->Accepts();
  EXPECT_TRUE(Put(11).ok());
  EXPECT_EQ(Traces(), 11u);
}

TEST_F(StoreGuardTest, TheReserveIsFourTimesTheWriteBuffers) {
  files_->SetFreeBytes(16 << 20);
  EXPECT_TRUE(Put(1).ok());
  files_->SetFreeBytes((16 << 20) - 1);
  EXPECT_TRUE(absl::IsUnavailable(Put(2)));
}

TEST_F(StoreGuardTest, AFullDiskIsNotSealedTo) {
  ASSERT_TRUE(Put(1).ok());
  clock_.Advance(absl::Hours(1));  // It is due.
  files_->SetFreeBytes(0);
  EXPECT_TRUE(absl::IsUnavailable(Put(2)));
  ASSERT_TRUE(engine_->Retain().ok());
  EXPECT_EQ(engine_->Usage().sealed_batches, 0u);
  Reopen();
  EXPECT_EQ(engine_->Usage().sealed_batches, 0u);
  EXPECT_EQ(RecordsOf(1), 1u);
  EXPECT_TRUE(absl::IsUnavailable(engine_->Accepts()));
  files_->SetFreeBytes(uint64_t{1} << 40);
  ASSERT_TRUE(engine_->Retain().ok());
  EXPECT_EQ(engine_->Usage().sealed_batches, 1u);
  EXPECT_TRUE(Put(2).ok());
  EXPECT_EQ(Traces(), 2u);
}

// Dropping begins with a seal where news came to a trace of the bucket.
TEST_F(StoreGuardTest, AFullDiskDropsWhatNeedsNoSeal) {
  PutAndSeal(1, 10);
  clock_.Advance(kDay);
  ASSERT_TRUE(Put(2, 2).ok());  // Its copy in the first bucket is dead.
  PutAndSeal(11, 20);
  clock_.Advance(kDay);
  PutAndSeal(21, 30);
  ASSERT_TRUE(Put(1, 2).ok());
  const uint64_t batches = engine_->Usage().sealed_batches;
  files_->SetFreeBytes(0);
  options_.disk_budget_bytes = 1;
  Reopen();
  ASSERT_TRUE(engine_->Retain().ok());
  EXPECT_EQ(engine_->Usage().buckets_dropped, 1u);
  EXPECT_EQ(engine_->Usage().sealed_batches, batches - 1);
  EXPECT_EQ(Traces(), 19u);
  EXPECT_EQ(RecordsOf(1), 2u);
  EXPECT_EQ(RecordsOf(2), 0u);
  EXPECT_EQ(RecordsOf(3), 1u);
  EXPECT_EQ(RecordsOf(11), 0u);
  EXPECT_EQ(RecordsOf(21), 1u);
  Reopen();
  EXPECT_EQ(Traces(), 19u);
  EXPECT_EQ(RecordsOf(2), 0u);

  files_->SetFreeBytes(uint64_t{1} << 40);
  ASSERT_TRUE(engine_->Retain().ok());
  // A budget of one byte keeps the newest one only.
  EXPECT_EQ(engine_->Usage().buckets_dropped, 2u);
  EXPECT_EQ(RecordsOf(3), 0u);
  EXPECT_EQ(RecordsOf(21), 0u);
  EXPECT_EQ(RecordsOf(1), 2u);
}

TEST_F(StoreGuardTest, AFullDiskKeepsAnExpiredBucketThatNeedsASeal) {
  PutAndSeal(1, 10);
  clock_.Advance(30 * kDay - absl::Hours(1));
  ASSERT_TRUE(Put(1, 2).ok());
  const auto bucket = engine_->Usage().oldest_bucket;
  files_->SetFreeBytes(0);
  clock_.Advance(absl::Hours(2));
  ASSERT_TRUE(engine_->Retain().ok());
  EXPECT_EQ(engine_->Usage().buckets_dropped, 0u);
  EXPECT_EQ(engine_->Usage().sealed_batches, 1u);
  EXPECT_EQ(RecordsOf(1), 2u);
  files_->SetFreeBytes(uint64_t{1} << 40);
  ASSERT_TRUE(engine_->Retain().ok());
  EXPECT_EQ(engine_->Usage().buckets_dropped, 1u);
  EXPECT_NE(engine_->Usage().oldest_bucket, bucket);
  EXPECT_EQ(RecordsOf(1), 2u);
}

TEST_F(StoreGuardTest, AFullDiskTakesNoSettings) {
  options_.disk_reserve_bytes = 64 << 20;
  Reopen();
  SettingsStore& settings = engine_->settings();
  const auto set = [&](std::optional<std::string> from,
                       std::optional<std::string> to) {
    return engine_->settings().CompareAndSet("a", from, to).status();
  };
  ASSERT_TRUE(set({}, "1").ok());
  // As long as sealing goes on: a sampling rule may be what helps.
  files_->SetFreeBytes((64 << 20) - 1);
  EXPECT_TRUE(set("1", "2").ok());
  files_->SetFreeBytes((16 << 20) - 1);
  for (const std::optional<std::string>& to :
       {std::optional<std::string>("3"), std::optional<std::string>()}) {
    const absl::Status refused = set("2", to);
    EXPECT_TRUE(absl::IsUnavailable(refused)) << refused;
    EXPECT_THAT(std::string(refused.message()), HasSubstr("15 MiB left"));
  }
  EXPECT_EQ(settings.Get("a").value(), "2");
  // What changes nothing writes nothing.
  EXPECT_TRUE(set("2", "2").ok());
  EXPECT_TRUE(set("1", "4").ok());
  Reopen();
  EXPECT_EQ(engine_->settings().Get("a").value(), "2");
  files_->SetFreeBytes(64 << 20);
  EXPECT_TRUE(set("2", "3").ok());
  EXPECT_EQ(engine_->settings().Get("a").value(), "3");
}

TEST_F(StoreGuardTest, TheBudgetMakesRoomWhereItHolds) {
  options_.disk_budget_bytes = 1;  // Every bucket but the newest must go.
  Reopen();
  PutAndSeal(1, 10);
  clock_.Advance(kDay);
  PutAndSeal(11, 20);
  files_->SetFreeBytes(1 << 20);
  ASSERT_TRUE(engine_->Retain().ok());
  EXPECT_EQ(Traces(), 10u);
}

// --- The folder --------------------------------------------------------------

TEST_F(StoreGuardTest, ARemovedLockFileLetsNobodyIn) {
  ASSERT_TRUE(Put(1).ok());
  fs::remove(options_.path + "/LOCK");
  for (int i = 0; i < 2; ++i) {
    const auto second = RocksEngine::Open(options_, clock_);
    EXPECT_TRUE(absl::IsFailedPrecondition(second.status())) << second.status();
    EXPECT_THAT(std::string(second.status().message()),
                HasSubstr("in use by another process"));
  }
}

TEST_F(StoreGuardTest, ARemovedLockFileStopsPuts) {
  ASSERT_TRUE(Put(1).ok());
  fs::remove(options_.path + "/LOCK");
  const absl::Status refused = Put(2);
  EXPECT_TRUE(absl::IsUnavailable(refused)) << refused;
  EXPECT_THAT(std::string(refused.message()),
              AllOf(HasSubstr("changed from outside"), HasSubstr("file LOCK")));
  EXPECT_TRUE(absl::IsUnavailable(engine_->Accepts()));
  EXPECT_EQ(RecordsOf(1), 1u);
  // Also once another one stands there.
  std::ofstream(options_.path + "/LOCK") << "";
  EXPECT_TRUE(absl::IsUnavailable(Put(3)));
  ASSERT_NO_FATAL_FAILURE(Reopen());
  EXPECT_EQ(RecordsOf(1), 1u);
  EXPECT_TRUE(Put(4).ok());
}

TEST_F(StoreGuardTest, AReplacedFolderStopsPuts) {
  ASSERT_TRUE(Put(1).ok());
  const std::string aside = dir_.path() + "/aside";
  fs::rename(options_.path, aside);
  EXPECT_TRUE(absl::IsUnavailable(Put(2)));
  fs::create_directory(options_.path);
  const absl::Status refused = Put(3);
  EXPECT_TRUE(absl::IsUnavailable(refused)) << refused;
  EXPECT_THAT(
      std::string(refused.message()),
      AllOf(HasSubstr("changed from outside"), HasSubstr("the folder itself")));
  EXPECT_TRUE(absl::IsUnavailable(
      engine_->settings().CompareAndSet("a", {}, "1").status()));
  EXPECT_TRUE(absl::IsUnavailable(engine_->Purge()));
  // It stays so where the old one is put back: what was written to which of
  // them nobody knows.
  fs::remove(options_.path);
  fs::rename(aside, options_.path);
  clock_.Advance(absl::Hours(1));  // The trace is due.
  ASSERT_TRUE(engine_->Retain().ok());
  EXPECT_EQ(engine_->Usage().sealed_batches, 0u);
  EXPECT_EQ(engine_->Accepts(), refused);
  EXPECT_EQ(Put(4), refused);
  ASSERT_NO_FATAL_FAILURE(Reopen());
  EXPECT_EQ(engine_->Usage().sealed_batches, 0u);
  EXPECT_EQ(RecordsOf(1), 1u);
  EXPECT_TRUE(engine_->Accepts().ok()) << engine_->Accepts();
  EXPECT_TRUE(Put(5).ok());
}

// Retention does not reach into it either.
TEST_F(StoreGuardTest, AReplacedFolderDropsNothing) {
  PutAndSeal(1, 10);
  clock_.Advance(31 * kDay);
  fs::rename(options_.path, dir_.path() + "/aside");
  files_->SetFreeBytes(0);
  ASSERT_TRUE(engine_->Retain().ok());
  EXPECT_EQ(engine_->Usage().buckets_dropped, 0u);
}

// The system's error says nothing of what stands there.
TEST_F(StoreGuardTest, AFolderThatCannotBeLookedAtStopsPutsWhileItCannot) {
  ASSERT_TRUE(engine_->Close().ok());
  engine_.reset();
  const std::string way = dir_.path() + "/way";
  fs::create_directory_symlink(dir_.path(), way);
  options_.path = way + "/store";
  Reopen();
  ASSERT_TRUE(Put(1).ok());
  fs::remove(way);
  fs::create_directory_symlink(way, way);  // ELOOP.
  const absl::Status refused = Put(2);
  EXPECT_TRUE(absl::IsUnavailable(refused)) << refused;
  EXPECT_THAT(std::string(refused.message()),
              AllOf(HasSubstr("cannot be looked at"),
                    Not(HasSubstr("changed from outside"))));
  EXPECT_TRUE(absl::IsUnavailable(
      engine_->settings().CompareAndSet("a", {}, "1").status()));
  clock_.Advance(absl::Hours(1));  // The trace is due.
  ASSERT_TRUE(engine_->Retain().ok());
  EXPECT_EQ(engine_->Usage().sealed_batches, 0u);
  fs::remove(way);
  fs::create_directory_symlink(dir_.path(), way);
  ASSERT_TRUE(engine_->Retain().ok());
  EXPECT_TRUE(engine_->Accepts().ok()) << engine_->Accepts();
  EXPECT_EQ(engine_->Usage().sealed_batches, 1u);
  EXPECT_TRUE(Put(2).ok());
}

TEST_F(StoreGuardTest, ALockFileThatCannotBeOpenedIsNotInUse) {
  ASSERT_TRUE(engine_->Close().ok());
  engine_.reset();
  fs::remove(options_.path + "/LOCK");
  fs::create_directory(options_.path + "/LOCK");
  const auto opened = RocksEngine::Open(options_, clock_);
  EXPECT_TRUE(absl::IsUnavailable(opened.status())) << opened.status();
  EXPECT_THAT(
      std::string(opened.status().message()),
      AllOf(HasSubstr("/LOCK cannot be opened"), Not(HasSubstr("in use"))));
}

// As programs do that know of no lock on folders.
TEST_F(StoreGuardTest, ALockFileThatAnotherProcessHoldsIsInUse) {
  ASSERT_TRUE(engine_->Close().ok());
  engine_.reset();
  std::array<int, 2> held{}, done{};
  ASSERT_EQ(pipe(held.data()), 0);
  ASSERT_EQ(pipe(done.data()), 0);
  const pid_t child = fork();
  if (child == 0) {
    const int file = open((options_.path + "/LOCK").c_str(), O_RDWR);
    struct flock lock {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    char byte = fcntl(file, F_SETLK, &lock) == 0 ? '1' : '0';
    if (write(held[1], &byte, 1) == 1) {
      close(done[1]);
      [[maybe_unused]] const ssize_t end = read(done[0], &byte, 1);
    }
    _exit(0);
  }
  char byte = 0;
  ASSERT_EQ(read(held[0], &byte, 1), 1);
  ASSERT_EQ(byte, '1');
  const auto opened = RocksEngine::Open(options_, clock_);
  EXPECT_TRUE(absl::IsFailedPrecondition(opened.status())) << opened.status();
  EXPECT_THAT(std::string(opened.status().message()),
              AllOf(HasSubstr("in use by another process"),
                    HasSubstr(std::to_string(child))));
  close(done[1]);
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_NO_FATAL_FAILURE(Reopen());
}

// What is left of a store whose CURRENT is gone is not taken for a folder that
// may become one.
TEST_F(StoreGuardTest, AStoreWithoutItsCurrentFileIsLeftAlone) {
  PutAndSeal(1, 10);
  ASSERT_TRUE(engine_->Close().ok());
  engine_.reset();
  fs::rename(options_.path + "/CURRENT", dir_.path() + "/CURRENT");
  const auto opened = RocksEngine::Open(options_, clock_);
  EXPECT_TRUE(absl::IsDataLoss(opened.status())) << opened.status();
  fs::rename(dir_.path() + "/CURRENT", options_.path + "/CURRENT");
  ASSERT_NO_FATAL_FAILURE(Reopen());
  EXPECT_EQ(Traces(), 10u);
}

}  // namespace
}  // namespace roentgen::storage
