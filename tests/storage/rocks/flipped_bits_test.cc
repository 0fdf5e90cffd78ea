// A bit of any file of a store turns: the store says so, or it does without
// what is damaged, but it never gives a trace what is not of it. The check of
// the store sees it.
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/rocks/rocks_engine.h"
#include "storage/rocks/store_check.h"
#include "tests/storage/rocks/store_workload.h"
#include "tests/support/calls.h"
#include "tests/support/master_keys.h"
#include "tests/support/power_cut_files.h"
#include "tests/support/temp_dir.h"

namespace roentgen::storage {
namespace {

namespace fs = std::filesystem;
using testing::IsEmpty;
using testing_support::Leftover;
using testing_support::PowerCut;
using testing_support::PowerCutFiles;
using testing_support::TempDir;
using testing_support::TestMasterKeys;

constexpr size_t kFlipsPerFile = 8;

void FlipBit(const std::string& path, size_t at, int bit) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekg(static_cast<std::streamoff>(at));
  const char byte = static_cast<char>(file.get() ^ (1 << bit));
  file.seekp(static_cast<std::streamoff>(at));
  file.put(byte);
}

class FlippedBitsTest
    : public testing::TestWithParam<std::shared_ptr<const MasterKeys>> {};
INSTANTIATE_TEST_SUITE_P(Plain, FlippedBitsTest, testing::Values(nullptr));
INSTANTIATE_TEST_SUITE_P(Encrypted, FlippedBitsTest,
                         testing::Values(TestMasterKeys({"a"})));

TEST_P(FlippedBitsTest, NeverGiveATraceWhatIsNotOfIt) {
  TempDir dir;
  const auto files = std::make_shared<PowerCutFiles>();
  StoreWorkload life(1,
                     {.path = dir.path() + "/store",
                      .memtable_bytes = 2 << 20,
                      .cache_bytes = 4 << 20,
                      .file_system = files,
                      .keys = GetParam()},
                     [&] { return files->moments(); });
  life.Run();
  ASSERT_THAT(life.failures(), IsEmpty());
  std::mt19937_64 random(1);
  size_t flips = 0;
  size_t refused = 0;
  size_t noticed = 0;
  // In its middle it has a log, and at its end it has none.
  for (const size_t moment : {files->moments() / 2, files->moments()}) {
    PowerCut cut(*files);
    cut.AdvanceTo(moment);
    const std::string whole = dir.path() + "/" + std::to_string(moment);
    cut.Leave(Leftover::kSynced, random, whole);
    const ManualClock clock(life.TimeOf(moment));
    std::map<std::string, size_t> sizes;
    for (const auto& entry : fs::directory_iterator(whole)) {
      if (entry.file_size() > 0) {
        sizes[entry.path().filename().string()] = entry.file_size();
      }
    }
    for (const auto& [name, size] : sizes) {
      for (size_t i = 0; i < kFlipsPerFile; ++i) {
        const size_t at = random() % size;
        SCOPED_TRACE(name + " " + std::to_string(at));
        const std::string path = dir.path() + "/flipped";
        fs::remove_all(path);
        fs::copy(whole, path, fs::copy_options::recursive);
        FlipBit(path + "/" + name, at, static_cast<int>(random() % 8));
        ++flips;
        const RocksEngineOptions options{
            .path = path,
            .memtable_bytes = 4 << 20,
            .cache_bytes = 4 << 20,
            .file_system = std::make_shared<PowerCutFiles>(),  // It is fast.
            .keys = GetParam()};
        const auto checked =
            CheckFolder(options, {}, testing_support::AnyCall());
        const bool seen = !checked.ok() || checked->found() > 0;
        const auto opened = RocksEngine::Open(options, clock);
        if (!opened.ok()) {
          ++refused;
          EXPECT_FALSE(opened.status().message().empty());
          EXPECT_TRUE(seen) << opened.status();
          continue;
        }
        const auto faults = life.ledger().Faults(**opened, moment);
        noticed += faults.empty() ? 0 : 1;
        EXPECT_TRUE(seen || faults.empty()) << faults.front();
        for (const std::string& fault : faults) {
          EXPECT_EQ(fault.find("what nobody wrote"), fault.npos) << fault;
          EXPECT_EQ(fault.find("a document twice"), fault.npos) << fault;
          EXPECT_EQ(fault.find("was not even begun"), fault.npos) << fault;
        }
      }
    }
  }
  // Else nothing was tested.
  EXPECT_GT(flips, 50u);
  EXPECT_GT(refused, 0u);
  EXPECT_GT(noticed, 0u);
}

}  // namespace
}  // namespace roentgen::storage
