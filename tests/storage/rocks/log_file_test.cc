// Logs as RocksDB writes them, whole and damaged in every way.
#include "storage/rocks/log_file.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rocksdb/db.h"
#include "rocksdb/write_batch.h"
#include "tests/support/temp_dir.h"

namespace roentgen::storage {
namespace {

namespace fs = std::filesystem;
using testing_support::TempDir;

// One batch to each size. Bytes are random: no text in them is a record.
std::string WriteLog(const std::vector<size_t>& sizes) {
  TempDir dir;
  rocksdb::Options options;
  options.create_if_missing = true;
  rocksdb::DB* opened = nullptr;
  EXPECT_TRUE(rocksdb::DB::Open(options, dir.path(), &opened).ok());
  std::unique_ptr<rocksdb::DB> db(opened);
  std::mt19937_64 random(1);
  for (const size_t size : sizes) {
    std::string value(size, '\0');
    for (char& c : value) c = static_cast<char>(random());
    rocksdb::WriteBatch batch;
    batch.Put("key", value);
    EXPECT_TRUE(db->Write({}, &batch).ok());
  }
  EXPECT_TRUE(db->Close().ok());
  for (const auto& entry : fs::directory_iterator(dir.path())) {
    if (entry.path().extension() != ".log") continue;
    std::ifstream file(entry.path(), std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  ADD_FAILURE() << "no log";
  return {};
}

LogFileState Read(std::string_view bytes) {
  return ReadLogFile(bytes, [](std::string_view) { return true; });
}

// Where records end.
std::vector<uint64_t> EndsOf(const std::string& log) {
  std::vector<uint64_t> ends = {0};
  const auto whole = [&](size_t size) {
    return Read(std::string_view(log).substr(0, size)).whole;
  };
  while (ends.back() < log.size()) {
    size_t low = ends.back();  // Has no more than that, and `high` has.
    size_t high = log.size();
    while (high - low > 1) {
      const size_t middle = low + (high - low) / 2;
      (whole(middle) > ends.back() ? high : low) = middle;
    }
    ends.push_back(high);
  }
  return ends;
}

// Of a small and of a large log.
class LogFileTest : public testing::TestWithParam<std::vector<size_t>> {
 protected:
  const std::string log_ = WriteLog(GetParam());
  std::mt19937_64 random_{2};
};

TEST_P(LogFileTest, EveryRecordIsRead) {
  size_t records = 0;
  size_t bytes = 0;
  const LogFileState state = ReadLogFile(log_, [&](std::string_view record) {
    ++records;
    bytes += record.size();
    return false;
  });
  EXPECT_EQ(state.whole, log_.size());
  EXPECT_EQ(records, GetParam().size());
  size_t least = 0;
  for (const size_t size : GetParam()) least += size;
  EXPECT_GE(bytes, least);
  EXPECT_FALSE(state.noted);
  EXPECT_TRUE(Read(log_).noted);
  EXPECT_FALSE(Read(log_).noted_behind);
}

TEST_P(LogFileTest, ATornEndIsNoDamage) {
  for (int i = 0; i < 60; ++i) {
    const size_t size = random_() % log_.size();
    // As it is, and with zeros to the end of what was allocated.
    for (const size_t zeros : {0u, 1u, 7u, 5'000u, 70'000u}) {
      const LogFileState state =
          Read(log_.substr(0, size) + std::string(zeros, '\0'));
      EXPECT_LE(state.whole, size);
      EXPECT_FALSE(state.noted_behind) << size << " " << zeros;
      EXPECT_FALSE(state.bit_turned) << size << " " << zeros;
    }
  }
}

TEST_P(LogFileTest, ATurnedBitIsNeverATornEnd) {
  for (int i = 0; i < 200; ++i) {
    // At the end more often than elsewhere.
    const size_t at =
        i % 2 == 0 ? random_() % log_.size()
                   : log_.size() - 1 -
                         random_() % std::min<size_t>(log_.size(),
                                                      GetParam().back() + 7);
    const int bit = static_cast<int>(random_() % 8);
    std::string damaged = log_;
    damaged[at] = static_cast<char>(damaged[at] ^ (1 << bit));
    const LogFileState state = Read(damaged);
    if (state.whole == log_.size()) {
      // What fills a block up means nothing.
      EXPECT_GE(at % 32'768, 32'768u - 6);
      continue;
    }
    EXPECT_LE(state.whole, at);
    EXPECT_TRUE(state.bit_turned) << at << " " << bit;
  }
}

TEST_P(LogFileTest, WhatIsBehindAHoleIsFound) {
  const std::vector<uint64_t> ends = EndsOf(log_);
  ASSERT_EQ(ends.size(), GetParam().size() + 1);
  constexpr size_t kPageBytes = 4096;
  for (size_t page = 0; page * kPageBytes < log_.size(); ++page) {
    for (const bool zeros : {true, false}) {
      std::string damaged = log_;
      const size_t begin = page * kPageBytes;
      const size_t end = std::min(begin + kPageBytes, log_.size());
      for (size_t i = begin; i < end; ++i) {
        damaged[i] = zeros ? '\0' : static_cast<char>(random_());
      }
      const LogFileState state = Read(damaged);
      SCOPED_TRACE(begin);
      // The last end before it, and whether a record begins behind it.
      const auto after = std::upper_bound(ends.begin(), ends.end(), begin);
      if (end - begin > 6) {
        EXPECT_EQ(state.whole, *std::prev(after));
      }
      const bool behind =
          std::any_of(ends.begin(), std::prev(ends.end()),
                      [&](uint64_t record) { return record >= end; });
      EXPECT_EQ(state.noted_behind, behind);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, LogFileTest,
    testing::Values(std::vector<size_t>{100, 200, 5, 20},
                    std::vector<size_t>{1, 60'000, 3, 32'000, 700, 4'000},
                    std::vector<size_t>{32'700, 10, 32'760, 32'768, 1},
                    std::vector<size_t>{9, 100'000}));

// Records by their length, those behind damage with a minus.
std::vector<int64_t> RecordsOf(std::string_view bytes) {
  std::vector<int64_t> lengths;
  ForEachLogRecord(bytes, [&](std::string_view record, bool behind_damage) {
    const auto length = static_cast<int64_t>(record.size());
    lengths.push_back(behind_damage ? -length : length);
  });
  return lengths;
}

TEST(LogFileTest, EachRecordIsToldAlsoBehindDamage) {
  const std::string log = WriteLog({100, 70'000, 200, 40, 33'000, 10});
  const std::vector<int64_t> all = RecordsOf(log);
  ASSERT_EQ(all.size(), 6u);
  std::mt19937_64 random(2);
  size_t behind = 0;
  for (int i = 0; i < 300; ++i) {
    std::string damaged = log;
    const size_t at = random() % damaged.size();
    damaged[at] = static_cast<char>(damaged[at] ^ (1 << (random() % 8)));
    const std::vector<int64_t> found = RecordsOf(damaged);
    // All but the one that was hit, and those after it are told so.
    ASSERT_EQ(found.size(), 5u) << at;
    for (size_t j = 0, k = 0; j < found.size(); ++j, ++k) {
      if (k == j && std::abs(found[j]) != all[k]) ++k;
      ASSERT_EQ(found[j], k == j ? all[k] : -all[k]) << at;
      behind += found[j] < 0 ? 1 : 0;
    }
  }
  EXPECT_GT(behind, 100u);
  EXPECT_EQ(RecordsOf({}).size(), 0u);
}

}  // namespace
}  // namespace roentgen::storage
