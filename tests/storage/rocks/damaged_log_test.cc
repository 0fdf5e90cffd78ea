// Files of the log that are gone, short or damaged: the store has everything
// that was acknowledged, or it does not open and says which file it is.
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rocksdb/file_system.h"
#include "storage/rocks/log_check.h"
#include "storage/rocks/log_file.h"
#include "storage/rocks/rocks_engine.h"
#include "tests/support/calls.h"
#include "tests/support/segments.h"
#include "tests/support/temp_dir.h"

namespace roentgen::storage {
namespace {

namespace fs = std::filesystem;
using testing::AnyOf;
using testing::HasSubstr;
using testing_support::Record;
using testing_support::SegmentSpec;
using testing_support::TempDir;
using testing_support::TraceNumber;

constexpr Timestamp kNow = Timestamp::FromSeconds(1'700'000'100);
constexpr size_t kLogs = 4;

std::string ReadFile(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void WriteFile(const fs::path& path, std::string_view bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

// Of 16 KiB that do not compress.
NewRecord LargeRecord(uint64_t trace, std::mt19937_64& random) {
  std::string text;
  while (text.size() < (16 << 10)) {
    text += static_cast<char>('a' + random() % 26);
  }
  return Record(R"({"trace_id":")" + TraceNumber(trace).ToString() +
                R"(","id":"00000000000000aa","name":"n",)"
                R"("start_time":1700000000,"end_time":1700000001,)"
                R"("metadata":{"d":{"t":")" +
                text + R"("}}})");
}

// A store that was killed when its log had several files, none of which is
// written out: each has a setting.
class DamagedLogTest : public testing::Test {
 protected:
  DamagedLogTest() {
    const std::string path = dir_.path() + "/life";
    const auto engine = Open(path);
    EXPECT_TRUE(engine.ok()) << engine.status();
    for (size_t logs = 1; logs <= kLogs; ++logs) {
      EXPECT_TRUE((*engine)
                      ->settings()
                      .CompareAndSet("log" + std::to_string(logs), {}, "x")
                      .value_or(false));
      // The last one made room for the next file, and went there.
      safe_ = logs == 1 ? 0 : traces_ - 1;
      for (int i = 0; i < 200; ++i) {
        ++traces_;
        EXPECT_TRUE(
            WriteAndWait(**engine, {LargeRecord(traces_, random_)}).ok());
        if (logs == kLogs ? i == 4 : LogsOf(path).size() > logs) break;
      }
      // Some of the log is deleted again.
      if (logs == 2) {
        EXPECT_TRUE((*engine)->SealAll().ok());
      }
    }
    whole_ = dir_.path() + "/whole";
    fs::copy(path, whole_, fs::copy_options::recursive);
    logs_ = LogsOf(whole_);
    EXPECT_GE(logs_.size(), kLogs);
    newest_ = *logs_.rbegin();
  }

  static std::set<std::string> LogsOf(const std::string& path) {
    std::set<std::string> logs;
    for (const auto& entry : fs::directory_iterator(path)) {
      if (entry.path().extension() == ".log") {
        logs.insert(entry.path().filename().string());
      }
    }
    return logs;
  }

  absl::StatusOr<std::unique_ptr<RocksEngine>> Open(const std::string& path) {
    return RocksEngine::Open(
        {.path = path, .memtable_bytes = 2 << 20, .cache_bytes = 4 << 20},
        clock_);
  }

  // A fresh copy of the store.
  std::string Copy() {
    const std::string path = dir_.path() + "/copy";
    fs::remove_all(path);
    fs::copy(whole_, path, fs::copy_options::recursive);
    return path;
  }

  // How many of the traces are there, from the first on without a gap.
  uint64_t CountFromFirst(RocksEngine& engine) {
    uint64_t there = 0;
    bool gap = false;
    for (uint64_t trace = 1; trace <= traces_; ++trace) {
      const TraceId id = TraceNumber(trace);
      const auto found = engine.GetTraces({&id, 1}, testing_support::AnyCall());
      EXPECT_TRUE(found.ok()) << found.status();
      const bool has = found.ok() && !found->empty();
      EXPECT_FALSE(has && gap) << trace;
      gap = gap || !has;
      there += has ? 1 : 0;
    }
    const auto all = engine.Find({.limit = 1'000}, testing_support::AnyCall());
    EXPECT_TRUE(all.ok()) << all.status();
    EXPECT_EQ(all.ok() ? all->traces.size() : 0, there);
    return there;
  }

  // It does not open, and says why.
  void ExpectRefused(const std::string& path, const std::string& log) {
    const auto opened = Open(path);
    EXPECT_TRUE(absl::IsDataLoss(opened.status())) << opened.status();
    EXPECT_THAT(
        std::string(opened.status().message()),
        AnyOf(HasSubstr(log.substr(log.find_first_not_of('0'),
                                   log.find('.') - log.find_first_not_of('0'))),
              HasSubstr("lacks commits")));
  }

  TempDir dir_;
  ManualClock clock_{kNow};
  uint64_t traces_ = 0;
  uint64_t safe_ = 0;  // Of those: acknowledged before the newest log began.
  std::string whole_;
  std::set<std::string> logs_;
  std::string newest_;
  std::mt19937_64 random_{1};
};

TEST_F(DamagedLogTest, AWholeLogOpens) {
  const auto engine = Open(Copy());
  ASSERT_TRUE(engine.ok()) << engine.status();
  EXPECT_EQ(CountFromFirst(**engine), traces_);
}

TEST_F(DamagedLogTest, AMissingFileIsNoticedUnlessItIsTheNewest) {
  for (const std::string& log : logs_) {
    SCOPED_TRACE(log);
    const std::string path = Copy();
    fs::remove(path + "/" + log);
    if (log != newest_) {
      ExpectRefused(path, log);
      continue;
    }
    const auto engine = Open(path);
    ASSERT_TRUE(engine.ok()) << engine.status();
    EXPECT_GE(CountFromFirst(**engine), safe_);
  }
}

// Also where a record ends: nothing in the file tells.
TEST_F(DamagedLogTest, AShortFileIsNoticedUnlessItIsTheNewest) {
  for (const std::string& log : logs_) {
    const std::string bytes = ReadFile(whole_ + "/" + log);
    std::set<uint64_t> sizes = {0, bytes.size() - 1};
    for (int i = 0; i < 6; ++i) {
      const uint64_t size = random_() % bytes.size();
      sizes.insert(size);
      sizes.insert(ReadLogFile(std::string_view(bytes).substr(0, size),
                               [](std::string_view) { return false; })
                       .whole);
    }
    for (const uint64_t size : sizes) {
      SCOPED_TRACE(log + " " + std::to_string(size));
      const std::string path = Copy();
      fs::resize_file(path + "/" + log, size);
      if (log != newest_) {
        ExpectRefused(path, log);
        continue;
      }
      auto engine = Open(path);
      ASSERT_TRUE(engine.ok()) << engine.status();
      EXPECT_GE(CountFromFirst(**engine), safe_);
      // What comes after it is not lost for it.
      ASSERT_TRUE(
          WriteAndWait(**engine, {Record(SegmentSpec{.trace = 1'000})}).ok());
      engine->reset();
      EXPECT_TRUE(Open(path).ok());
    }
  }
}

TEST_F(DamagedLogTest, ATurnedBitIsNoticed) {
  size_t refused = 0;
  for (const std::string& log : logs_) {
    const std::string bytes = ReadFile(whole_ + "/" + log);
    for (int i = 0; i < 24; ++i) {
      // In the last record more often than elsewhere.
      const size_t at = i % 2 == 0 ? random_() % bytes.size()
                                   : bytes.size() - 1 - random_() % 300;
      SCOPED_TRACE(log + " " + std::to_string(at));
      const std::string path = Copy();
      std::string damaged = bytes;
      damaged[at] = static_cast<char>(damaged[at] ^ (1 << (random_() % 8)));
      WriteFile(path + "/" + log, damaged);
      const auto opened = Open(path);
      if (opened.ok()) {
        EXPECT_EQ(CountFromFirst(**opened), traces_);
        continue;
      }
      ++refused;
      EXPECT_TRUE(absl::IsDataLoss(opened.status())) << opened.status();
      EXPECT_THAT(std::string(opened.status().message()), HasSubstr(log));
      // The log is as it was.
      EXPECT_EQ(ReadFile(path + "/" + log), damaged);
    }
  }
  EXPECT_GT(refused, logs_.size() * 20);
}

// What a power cut leaves of what was never synced, in one file or in several.
TEST_F(DamagedLogTest, GarbageAtTheEndIsCutOffAndKept) {
  std::string garbage(5'000, '\0');
  for (char& c : garbage) c = static_cast<char>(random_());
  const std::string path = Copy();
  const std::string bytes = ReadFile(path + "/" + newest_);
  WriteFile(path + "/" + newest_, bytes + garbage);
  const std::string next = "900000.log";
  WriteFile(path + "/" + next, garbage);
  {
    const auto engine = Open(path);
    ASSERT_TRUE(engine.ok()) << engine.status();
    EXPECT_EQ(CountFromFirst(**engine), traces_);
    EXPECT_EQ(ReadFile(path + "/" + newest_ + ".cut"), garbage);
    EXPECT_EQ(ReadFile(path + "/" + next + ".cut"), garbage);
  }
  // They stay until there are others.
  ASSERT_TRUE(Open(path).ok());
  EXPECT_TRUE(fs::exists(path + "/" + newest_ + ".cut"));
  WriteFile(path + "/900001.log", garbage.substr(1'000));
  ASSERT_TRUE(Open(path).ok());
  EXPECT_FALSE(fs::exists(path + "/" + newest_ + ".cut"));
  EXPECT_EQ(ReadFile(path + "/900001.log.cut"), garbage.substr(1'000));
}

// Whoever writes spans writes bytes of the log. In a write that is torn they
// may look like a record, but not with the numbers that come next.
TEST_F(DamagedLogTest, BytesThatLookLikeARecordAreNoRecord) {
  constexpr size_t kBlock = 32 * 1024;
  const std::string first = ReadFile(whole_ + "/" + *logs_.begin());
  const size_t length = static_cast<uint8_t>(first.at(4)) |
                        static_cast<size_t>(static_cast<uint8_t>(first.at(5)))
                            << 8;
  ASSERT_EQ(first.at(6), 1) << "a whole record";
  const std::string record = first.substr(0, 7 + length);
  const std::string path = Copy();
  std::string bytes = ReadFile(path + "/" + newest_);
  const size_t whole = bytes.size();
  // In the next block, behind what is no record.
  while (bytes.size() % kBlock != 100 || bytes.size() < whole + 100) {
    bytes += static_cast<char>(random_());
  }
  WriteFile(path + "/" + newest_, bytes + record + record);
  const auto engine = Open(path);
  ASSERT_TRUE(engine.ok()) << engine.status();
  EXPECT_EQ(CountFromFirst(**engine), traces_);
  EXPECT_EQ(ReadFile(path + "/" + newest_ + ".cut").size(),
            bytes.size() - whole + 2 * record.size());
}

// A hole before what was acknowledged is no power cut.
TEST_F(DamagedLogTest, AHoleBeforeAcknowledgedWritesKeepsTheStoreClosed) {
  for (const std::string& log : logs_) {
    SCOPED_TRACE(log);
    const std::string path = Copy();
    std::string bytes = ReadFile(path + "/" + log);
    const size_t at = random_() % (bytes.size() / 2);
    std::fill_n(bytes.begin() + static_cast<std::ptrdiff_t>(at), 100, '\0');
    WriteFile(path + "/" + log, bytes);
    const absl::Status status =
        CheckLogFiles(*rocksdb::FileSystem::Default(), path);
    EXPECT_TRUE(absl::IsDataLoss(status)) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(log));
    EXPECT_THAT(std::string(status.message()), HasSubstr("acknowledged"));
    EXPECT_EQ(ReadFile(path + "/" + log), bytes);
  }
}

}  // namespace
}  // namespace roentgen::storage
