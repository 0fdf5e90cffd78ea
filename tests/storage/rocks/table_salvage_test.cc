// Tables of which parts do not read: all the rest is told, in order and once.
#include "storage/rocks/table_salvage.h"

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "rocksdb/sst_file_writer.h"
#include "rocksdb/table.h"
#include "tests/support/temp_dir.h"

namespace roentgen::storage {
namespace {

using testing_support::TempDir;

using Keys = std::map<std::string, std::string>;

constexpr size_t kBlockBytes = 4096;
constexpr size_t kValueBytes = 100;
// In a block, at most.
constexpr size_t kKeysPerBlock = kBlockBytes / kValueBytes + 1;

class TableSalvageTest : public testing::Test {
 protected:
  // `key`: of a number.
  Keys Write(const std::function<std::string(uint64_t)>& key) {
    Keys keys;
    for (uint64_t i = 0; i < 5'000; ++i) {
      std::string value(kValueBytes, '\0');
      for (char& c : value) c = static_cast<char>(random_());
      keys[key(i)] = value;
    }
    rocksdb::Options options;
    options.compression = rocksdb::kNoCompression;
    rocksdb::BlockBasedTableOptions table;
    table.block_size = kBlockBytes;
    table.checksum = rocksdb::kXXH3;
    table.format_version = 5;
    options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
    rocksdb::SstFileWriter writer(rocksdb::EnvOptions(), options);
    EXPECT_TRUE(writer.Open(path_).ok());
    for (const auto& [k, v] : keys) EXPECT_TRUE(writer.Put(k, v).ok());
    EXPECT_TRUE(writer.Finish().ok());
    std::ifstream file(path_, std::ios::binary);
    whole_ = {std::istreambuf_iterator<char>(file), {}};
    return keys;
  }

  void Flip(std::string bytes, const std::vector<size_t>& places) {
    for (const size_t at : places) {
      bytes[at] = static_cast<char>(bytes[at] ^ 0x10);
    }
    std::ofstream file(path_, std::ios::binary | std::ios::trunc);
    file << bytes;
  }

  // All that reads; how many parts did not.
  Keys Read(size_t& damages) {
    Keys found;
    damages = 0;
    const auto table = TableSalvage::Open(*rocksdb::Env::Default(), path_);
    if (!table.ok()) {
      EXPECT_TRUE(absl::IsDataLoss(table.status())) << table.status();
      ++damages;
      return found;
    }
    std::string last;
    const absl::Status read = (*table)->ForEach(
        [&](std::string_view key, std::string_view value) {
          EXPECT_TRUE(found.empty() || last < key);
          last = key;
          found.emplace(key, value);
          return absl::OkStatus();
        },
        [&](const absl::Status& status) {
          EXPECT_TRUE(absl::IsDataLoss(status));
          ++damages;
        });
    EXPECT_TRUE(read.ok()) << read;
    return found;
  }

  TempDir dir_;
  const std::string path_ = dir_.path() + "/000001.sst";
  std::mt19937_64 random_{5};
  std::string whole_;
};

std::string BigEndian(uint64_t number) {
  std::string key;
  for (int shift = 56; shift >= 0; shift -= 8) {
    key.push_back(static_cast<char>(number >> shift));
  }
  return key;
}

TEST_F(TableSalvageTest, AllButTheDamagedBlocksIsTold) {
  const std::function<std::string(uint64_t)> kinds[] = {
      // Commits, blocks, trace ids, and keys of many lengths.
      BigEndian, [](uint64_t i) { return "\x02" + BigEndian(i); },
      [this](uint64_t) { return BigEndian(random_()) + BigEndian(random_()); },
      [](uint64_t i) { return std::string(1 + i % 70, 'k') + BigEndian(i); }};
  for (const auto& key : kinds) {
    const Keys keys = Write(key);
    size_t damages = 0;
    EXPECT_EQ(Read(damages), keys);
    EXPECT_EQ(damages, 0u);
    // What comes behind the blocks is not of them.
    const size_t data = keys.size() * kValueBytes;
    for (int round = 0; round < 40; ++round) {
      std::vector<size_t> places(1 + random_() % 4);
      for (size_t& place : places) place = random_() % data;
      if (round == 0) places = {10};          // The first block,
      if (round == 1) places = {data - 200};  // and one of the last.
      Flip(whole_, places);
      const Keys found = Read(damages);
      EXPECT_GT(damages, 0u);
      EXPECT_LE(damages, places.size());
      EXPECT_LT(found.size(), keys.size());
      EXPECT_GE(found.size() + places.size() * kKeysPerBlock, keys.size());
      for (const auto& [k, v] : found) ASSERT_EQ(keys.at(k), v);
    }
  }
}

TEST_F(TableSalvageTest, NoFileIsWorseThanUnreadable) {
  const Keys keys = Write(BigEndian);
  for (size_t i = 0; i < 200; ++i) {
    Flip(whole_, {whole_.size() - 1 - random_() % 4'000});
    size_t damages = 0;
    for (const auto& [k, v] : Read(damages)) ASSERT_EQ(keys.at(k), v);
  }
  for (const size_t size : {size_t{0}, size_t{1}, whole_.size() / 2}) {
    Flip(whole_.substr(0, size), {});
    size_t damages = 0;
    EXPECT_TRUE(Read(damages).empty());
    EXPECT_EQ(damages, 1u);
  }
}

TEST_F(TableSalvageTest, AnErrorOfTheCallerEndsIt) {
  Write(BigEndian);
  const auto table = TableSalvage::Open(*rocksdb::Env::Default(), path_);
  ASSERT_TRUE(table.ok());
  size_t keys = 0;
  const absl::Status read = (*table)->ForEach(
      [&](std::string_view, std::string_view) {
        return ++keys == 3 ? absl::CancelledError("enough") : absl::OkStatus();
      },
      [](const absl::Status&) {});
  EXPECT_TRUE(absl::IsCancelled(read));
  EXPECT_EQ(keys, 3u);
}

}  // namespace
}  // namespace roentgen::storage
