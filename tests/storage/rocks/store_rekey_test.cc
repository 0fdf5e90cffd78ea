#include "storage/rocks/store_rekey.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/files/encrypted_files.h"
#include "storage/files/key_change.h"
#include "storage/files/store_encryption.h"
#include "storage/rocks/rocks_engine.h"
#include "tests/storage/rocks/store_workload.h"
#include "tests/support/master_keys.h"
#include "tests/support/power_cut_files.h"
#include "tests/support/temp_dir.h"

namespace roentgen::storage {
namespace {

namespace fs = std::filesystem;

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing_support::Leftover;
using testing_support::PowerCut;
using testing_support::PowerCutFiles;
using testing_support::TempDir;
using testing_support::TestMasterKeys;
using testing_support::TestMasterKeySet;

using Keys = std::shared_ptr<MasterKeys>;

std::string BytesIn(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class StoreRekeyTest : public testing::Test {
 protected:
  static constexpr uint64_t kSeed = 3;

  RocksEngineOptions OptionsWith(const Keys& keys) const {
    return StoreWorkload::OptionsOf(kSeed, {.path = path_,
                                            .memtable_bytes = 2 << 20,
                                            .cache_bytes = 4 << 20,
                                            .file_system = files_,
                                            .keys = keys});
  }
  void Live(const Keys& keys) {
    life_ = std::make_unique<StoreWorkload>(kSeed, OptionsWith(keys), [this] {
      return files_ == nullptr ? ++moment_ : files_->moments();
    });
    life_->Run();
    ASSERT_THAT(life_->failures(), IsEmpty());
    if (files_ != nullptr) moment_ = files_->moments();
  }
  absl::Status OpenWith(const Keys& keys) { return Open(OptionsWith(keys)); }
  absl::Status Open(const RocksEngineOptions& options) {
    auto opened = RocksEngine::Open(options, life_->clock());
    if (!opened.ok()) return opened.status();
    EXPECT_THAT(life_->ledger().Faults(**opened, moment_), IsEmpty());
    return (*opened)->Close();
  }
  absl::StatusOr<RekeyReport> Run(RekeyTo to, const Keys& keys) {
    return RekeyStore(
        {.path = path_, .keys = keys, .to = to, .file_system = files_});
  }
  size_t Count(PrefixKind kind) const {
    size_t count = 0;
    for (const auto& entry : fs::directory_iterator(path_)) {
      if (!entry.is_regular_file() ||
          !IsDataFile(entry.path().filename().string())) {
        continue;
      }
      const std::string bytes = BytesIn(entry.path());
      if (KindOfFile(bytes, bytes.size()) == kind) ++count;
    }
    return count;
  }

  const TempDir dir_;
  const std::string path_ = dir_.path() + "/store";
  std::shared_ptr<PowerCutFiles> files_;  // Null: the system's.
  std::atomic<size_t> moment_{0};
  std::unique_ptr<StoreWorkload> life_;
};

TEST_F(StoreRekeyTest, WrapsEveryFileAgainAndTheOldKeyMayGo) {
  Live(TestMasterKeys({"a"}));
  const auto report = Run(RekeyTo::kCurrentKey, TestMasterKeys({"b", "a"}));
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_FALSE(report->served);
  EXPECT_GT(report->files, 5);
  EXPECT_EQ(report->changed, report->files);
  EXPECT_THAT(report->needed, ElementsAre("b"));
  EXPECT_THAT(BytesIn(path_ + "/ENCRYPTION"),
              testing::Not(HasSubstr("key a ")));
  // Neither slot is of the old key.
  for (const auto& entry : fs::directory_iterator(path_)) {
    const std::string bytes = BytesIn(entry.path());
    if (KindOfFile(bytes, bytes.size()) != PrefixKind::kEncrypted) continue;
    const auto opened = OpenPrefix(bytes, *TestMasterKeySet({"b", "a"}));
    ASSERT_TRUE(opened.ok());
    EXPECT_THAT(opened->key_ids, ElementsAre("b", "b"));
  }
  EXPECT_TRUE(OpenWith(TestMasterKeys({"b"})).ok());
  const auto again = Run(RekeyTo::kCurrentKey, TestMasterKeys({"b"}));
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->changed, 0);
}

TEST_F(StoreRekeyTest, IsSafeOnAServedStore) {
  Live(TestMasterKeys({"a"}));
  const Keys keys = TestMasterKeys({"a"});
  auto engine = RocksEngine::Open(OptionsWith(keys), life_->clock());
  ASSERT_TRUE(engine.ok()) << engine.status();
  // If it were started again now, it would not know the key.
  const auto early = Run(RekeyTo::kCurrentKey, TestMasterKeys({"b", "a"}));
  EXPECT_TRUE(absl::IsFailedPrecondition(early.status())) << early.status();
  EXPECT_THAT(std::string(early.status().message()), HasSubstr("'b'"));

  ASSERT_TRUE(
      ChangeMasterKeys(path_, *keys, TestMasterKeySet({"b", "a"})).ok());
  const auto report = Run(RekeyTo::kCurrentKey, TestMasterKeys({"b", "a"}));
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_TRUE(report->served);
  EXPECT_GT(report->changed, 0);
  EXPECT_THAT(report->needed, ElementsAre("b"));
  ASSERT_TRUE(ChangeMasterKeys(path_, *keys, TestMasterKeySet({"b"})).ok());
  EXPECT_THAT(life_->ledger().Faults(**engine, moment_), IsEmpty());
  life_->Step(**engine, 5);
  EXPECT_THAT(life_->failures(), IsEmpty());
  ASSERT_TRUE((*engine)->Close().ok());
  engine->reset();
  EXPECT_TRUE(OpenWith(TestMasterKeys({"b"})).ok());
}

TEST_F(StoreRekeyTest, KeysThatFilesNeedAreNotTakenAwayFromAServer) {
  Live(TestMasterKeys({"a"}));
  const Keys keys = TestMasterKeys({"a"});
  auto engine = RocksEngine::Open(OptionsWith(keys), life_->clock());
  ASSERT_TRUE(engine.ok()) << engine.status();
  EXPECT_TRUE(absl::IsFailedPrecondition(
      ChangeMasterKeys(path_, *keys, TestMasterKeySet({"b"}))));
  std::vector<MasterKey> others;
  others.push_back(testing_support::TestMasterKey("a", "another"));
  EXPECT_TRUE(absl::IsFailedPrecondition(ChangeMasterKeys(
      path_, *keys, *MasterKeySet::Make("a", std::move(others)))));
  EXPECT_EQ(keys->Get()->current().check(),
            TestMasterKeySet({"a"})->current().check());
  EXPECT_THAT(life_->ledger().Faults(**engine, moment_), IsEmpty());
}

TEST_F(StoreRekeyTest, TurnsEncryptionOnAndOff) {
  Live(nullptr);
  const auto on = Run(RekeyTo::kEncrypted, TestMasterKeys({"a"}));
  ASSERT_TRUE(on.ok()) << on.status();
  EXPECT_EQ(on->changed, on->files);
  EXPECT_EQ(Count(PrefixKind::kPlain), 0);
  EXPECT_FALSE(OpenWith(nullptr).ok());
  EXPECT_TRUE(OpenWith(TestMasterKeys({"a"})).ok());
  EXPECT_EQ(Run(RekeyTo::kEncrypted, TestMasterKeys({"a"}))->changed, 0);

  const auto off = Run(RekeyTo::kPlain, TestMasterKeys({"a"}));
  ASSERT_TRUE(off.ok()) << off.status();
  EXPECT_EQ(Count(PrefixKind::kEncrypted), 0);
  EXPECT_FALSE(fs::exists(path_ + "/ENCRYPTION"));
  EXPECT_FALSE(OpenWith(TestMasterKeys({"a"})).ok());
  EXPECT_TRUE(OpenWith(nullptr).ok());
}

TEST_F(StoreRekeyTest, RefusesWhatItMayNotTouch) {
  Live(nullptr);
  const Keys keys = TestMasterKeys({"a"});
  EXPECT_TRUE(
      absl::IsFailedPrecondition(Run(RekeyTo::kCurrentKey, keys).status()));
  EXPECT_TRUE(
      absl::IsFailedPrecondition(Run(RekeyTo::kEncrypted, nullptr).status()));
  EXPECT_TRUE(absl::IsFailedPrecondition(
      RekeyStore({.path = dir_.path(), .keys = keys}).status()));
  {
    auto engine = RocksEngine::Open(OptionsWith(nullptr), life_->clock());
    ASSERT_TRUE(engine.ok());
    for (const RekeyTo to : {RekeyTo::kEncrypted, RekeyTo::kPlain}) {
      const auto refused = Run(to, keys);
      EXPECT_TRUE(absl::IsFailedPrecondition(refused.status()));
      EXPECT_THAT(std::string(refused.status().message()), HasSubstr("in use"));
    }
  }
  ASSERT_TRUE(Run(RekeyTo::kEncrypted, keys).ok());
  // Without its keys nothing of it is changed.
  for (const RekeyTo to :
       {RekeyTo::kCurrentKey, RekeyTo::kEncrypted, RekeyTo::kPlain}) {
    EXPECT_TRUE(
        absl::IsFailedPrecondition(Run(to, TestMasterKeys({"b"})).status()));
  }
  EXPECT_TRUE(OpenWith(keys).ok());
}

TEST_F(StoreRekeyTest, MakesALostModeAgain) {
  Live(TestMasterKeys({"a"}));
  const std::string file = path_ + "/ENCRYPTION";
  for (const bool lost : {true, false}) {
    if (lost) {
      fs::remove(file);
    } else {
      std::ofstream(file, std::ios::binary) << "roentgen encryption 1\nmode";
    }
    EXPECT_FALSE(OpenWith(TestMasterKeys({"a"})).ok());
    ASSERT_TRUE(Run(RekeyTo::kEncrypted, TestMasterKeys({"a"})).ok());
    EXPECT_TRUE(OpenWith(TestMasterKeys({"a"})).ok());
  }
}

// A power cut at any moment of it: the store stays closed until it is run
// again, or is all the one or all the other; and nothing is lost.
class RekeyCutTest
    : public StoreRekeyTest,
      public testing::WithParamInterface<std::tuple<RekeyTo, Leftover>> {};

TEST_P(RekeyCutTest, IsRunAgainAndNothingIsLost) {
  const auto [to, leftover] = GetParam();
  const bool encrypts = to == RekeyTo::kEncrypted;
  const Keys keys = TestMasterKeys({"a"});
  const Keys after = encrypts ? keys : nullptr;
  const Keys before = encrypts ? nullptr : keys;
  files_ = std::make_shared<PowerCutFiles>();
  Live(before);
  const size_t begin = files_->moments();
  ASSERT_TRUE(Run(to, keys).ok());
  const size_t end = files_->moments();
  ASSERT_GT(end, begin + 20);

  std::mt19937_64 random(1);
  PowerCut cut(*files_);
  size_t half_done = 0;
  constexpr size_t kCuts = 30;
  for (size_t i = 0; i <= kCuts; ++i) {
    const size_t moment = begin + (end - begin) * i / kCuts;
    cut.AdvanceTo(moment);
    const TempDir dir;
    const std::string left = dir.path() + "/store";
    cut.Leave(leftover, random, left);
    const auto below = std::make_shared<PowerCutFiles>();  // It is fast.
    RocksEngineOptions options = OptionsWith(before);
    options.path = left;
    options.file_system = below;
    const absl::Status opened = Open(options);
    if (!opened.ok()) {
      EXPECT_TRUE(absl::IsFailedPrecondition(opened)) << moment << opened;
      ++half_done;
    }
    const auto again = RekeyStore(
        {.path = left, .keys = keys, .to = to, .file_system = below});
    ASSERT_TRUE(again.ok()) << moment << again.status();
    options.keys = after;
    const absl::Status done = Open(options);
    EXPECT_TRUE(done.ok()) << moment << done;
    for (const auto& entry : fs::directory_iterator(left)) {
      EXPECT_THAT(entry.path().string(),
                  testing::Not(testing::EndsWith(".rekey-tmp")));
    }
  }
  EXPECT_GT(half_done, kCuts / 2);
}

INSTANTIATE_TEST_SUITE_P(
    All, RekeyCutTest,
    testing::Combine(testing::Values(RekeyTo::kEncrypted, RekeyTo::kPlain),
                     testing::Values(Leftover::kSynced, Leftover::kTornTail,
                                     Leftover::kSomePages)));

}  // namespace
}  // namespace roentgen::storage
