// A store whose files are encrypted: with its keys, with others, with none.
#include <algorithm>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/files/encrypted_files.h"
#include "storage/files/store_encryption.h"
#include "storage/rocks/rocks_engine.h"
#include "storage/rocks/store_check.h"
#include "storage/rocks/store_repair.h"
#include "tests/storage/rocks/store_workload.h"
#include "tests/support/calls.h"
#include "tests/support/master_keys.h"
#include "tests/support/temp_dir.h"

namespace roentgen::storage {
namespace {

namespace fs = std::filesystem;

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing_support::TestMasterKey;
using testing_support::TestMasterKeys;
using testing_support::TestMasterKeySet;

std::vector<fs::path> FilesIn(const std::string& path) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(path)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string BytesIn(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

class EncryptedStoreTest : public testing::Test {
 protected:
  RocksEngineOptions OptionsWith(std::shared_ptr<const MasterKeys> keys) const {
    return StoreWorkload::OptionsOf(1, {.path = path_,
                                        .memtable_bytes = 2 << 20,
                                        .cache_bytes = 4 << 20,
                                        .keys = std::move(keys)});
  }
  // A working life.
  void Live(std::shared_ptr<const MasterKeys> keys) {
    life_ = std::make_unique<StoreWorkload>(1, OptionsWith(std::move(keys)),
                                            [this] { return ++moment_; });
    life_->Run();
    ASSERT_THAT(life_->failures(), IsEmpty());
  }
  absl::Status OpenWith(std::shared_ptr<const MasterKeys> keys) {
    return Open(OptionsWith(std::move(keys)));
  }
  absl::Status Open(const RocksEngineOptions& options) {
    auto opened = RocksEngine::Open(options, life_->clock());
    if (!opened.ok()) return opened.status();
    EXPECT_THAT(life_->ledger().Faults(**opened, moment_), IsEmpty());
    return (*opened)->Close();
  }
  // What everybody says who may not read it.
  std::vector<absl::Status> RefusalsWith(
      const std::shared_ptr<const MasterKeys>& keys) {
    return {OpenWith(keys),
            CheckFolder(OptionsWith(keys), {}, UnattendedCall()).status(),
            RepairStore(OptionsWith(keys), dir_.path() + "/repaired", {},
                        UnattendedCall())
                .status()};
  }

  const testing_support::TempDir dir_;
  const std::string path_ = dir_.path() + "/store";
  std::atomic<size_t> moment_{0};
  std::unique_ptr<StoreWorkload> life_;
};

TEST_F(EncryptedStoreTest, LivesAndEveryFileIsEncrypted) {
  Live(TestMasterKeys({"a"}));
  EXPECT_TRUE(OpenWith(TestMasterKeys({"a"})).ok());
  size_t encrypted = 0;
  for (const fs::path& file : FilesIn(path_)) {
    const std::string bytes = BytesIn(file);
    if (file.filename() == "ENCRYPTION") continue;
    if (file.filename() == "LOCK") {
      EXPECT_EQ(bytes, "");
      continue;
    }
    EXPECT_EQ(KindOfFile(bytes, bytes.size()), PrefixKind::kEncrypted) << file;
    ++encrypted;
  }
  EXPECT_GT(encrypted, 5);
}

TEST_F(EncryptedStoreTest, WithoutItsKeysItStaysClosedAndSaysWhy) {
  Live(TestMasterKeys({"a"}));
  std::vector<MasterKey> others;
  others.push_back(TestMasterKey("a", "another"));
  struct Case {
    std::shared_ptr<const MasterKeys> keys;
    std::string message;
  };
  const Case cases[] = {
      {nullptr, "is encrypted with the master keys 'a', and no key is given"},
      {TestMasterKeys({"b"}),
       "under the master key 'a', which is not among "
       "those given: 'b'"},
      {std::make_shared<MasterKeys>(
           *MasterKeySet::Make("a", std::move(others))),
       "is encrypted with another master key 'a' than the one that is given"}};
  const std::string before = BytesIn(path_ + "/ENCRYPTION");
  for (const Case& c : cases) {
    for (const absl::Status& status : RefusalsWith(c.keys)) {
      EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
      EXPECT_THAT(std::string(status.message()), HasSubstr(c.message));
      EXPECT_THAT(std::string(status.message()), HasSubstr(path_));
      EXPECT_THAT(std::string(status.message()), Not(HasSubstr("\n")));
      EXPECT_THAT(std::string(status.message()), Not(HasSubstr("orrupt")));
    }
  }
  EXPECT_EQ(BytesIn(path_ + "/ENCRYPTION"), before);
  EXPECT_TRUE(OpenWith(TestMasterKeys({"a"})).ok());
}

TEST_F(EncryptedStoreTest, APlainStoreIsNotOpenedWithKeys) {
  Live(nullptr);
  EXPECT_FALSE(fs::exists(path_ + "/ENCRYPTION"));
  for (const absl::Status& status : RefusalsWith(TestMasterKeys({"a"}))) {
    EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr("is not encrypted"));
  }
  EXPECT_TRUE(OpenWith(nullptr).ok());
}

TEST_F(EncryptedStoreTest, APlainFileInItKeepsItClosedAndIsNamed) {
  Live(TestMasterKeys({"a"}));
  std::string table;
  for (const fs::path& file : FilesIn(path_)) {
    if (file.extension() == ".sst") table = file;
  }
  ASSERT_NE(table, "");
  const std::string bytes = BytesIn(table);
  std::ofstream(table, std::ios::binary) << std::string(10'000, 'x');
  for (const absl::Status& status : RefusalsWith(TestMasterKeys({"a"}))) {
    EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
    EXPECT_THAT(std::string(status.message()),
                HasSubstr(fs::path(table).filename().string()));
  }
  std::ofstream(table, std::ios::binary) << bytes;
  EXPECT_TRUE(OpenWith(TestMasterKeys({"a"})).ok());
}

TEST_F(EncryptedStoreTest, ALostOrDamagedModeIsSaid) {
  Live(TestMasterKeys({"a"}));
  const std::string file = path_ + "/ENCRYPTION";
  const std::string whole = BytesIn(file);
  for (size_t bit = 0; bit < whole.size() * 8; bit += 3) {
    std::string flipped = whole;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ 1 << bit % 8);
    std::ofstream(file, std::ios::binary) << flipped;
    const absl::Status opened = OpenWith(TestMasterKeys({"a"}));
    ASSERT_TRUE(absl::IsDataLoss(opened)) << bit << ' ' << opened;
  }
  fs::remove(file);
  for (const auto& keys :
       {TestMasterKeys({"a"}), std::shared_ptr<MasterKeys>()}) {
    const absl::Status opened = OpenWith(keys);
    EXPECT_TRUE(absl::IsFailedPrecondition(opened)) << opened;
    EXPECT_THAT(std::string(opened.message()), HasSubstr("is missing"));
  }
}

TEST_F(EncryptedStoreTest, ANewKeyIsUsedAtOnceAndTheOldOneIsStillNeeded) {
  Live(TestMasterKeys({"a"}));
  EXPECT_TRUE(OpenWith(TestMasterKeys({"b", "a"})).ok());
  EXPECT_THAT(BytesIn(path_ + "/ENCRYPTION"), HasSubstr("key b "));
  bool any = false;
  for (const fs::path& file : FilesIn(path_)) {
    const std::string bytes = BytesIn(file);
    if (KindOfFile(bytes, bytes.size()) != PrefixKind::kEncrypted) continue;
    any = any || OpenPrefix(bytes, *TestMasterKeySet({"b"})).ok();
  }
  EXPECT_TRUE(any);
  EXPECT_TRUE(absl::IsFailedPrecondition(OpenWith(TestMasterKeys({"b"}))));
  EXPECT_TRUE(OpenWith(TestMasterKeys({"a", "b"})).ok());
}

TEST_F(EncryptedStoreTest, IsRepairedIntoAnEncryptedOne) {
  Live(TestMasterKeys({"a"}));
  const auto keys = TestMasterKeys({"b", "a"});
  const auto report = RepairStore(OptionsWith(keys), dir_.path() + "/repaired",
                                  {}, UnattendedCall());
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_TRUE(report->lossless());
  RocksEngineOptions repaired = OptionsWith(TestMasterKeys({"b"}));
  repaired.path = dir_.path() + "/repaired";
  EXPECT_TRUE(Open(repaired).ok());
  EXPECT_FALSE(fs::exists(dir_.path() + "/repaired.salvage"));
  const auto checked = CheckFolder(repaired, {}, UnattendedCall());
  ASSERT_TRUE(checked.ok());
  EXPECT_EQ(checked->found(), 0);
}

}  // namespace
}  // namespace roentgen::storage
