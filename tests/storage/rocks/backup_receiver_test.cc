// What a server that is not to be trusted can do to a folder with backups:
// nothing.
#include "storage/rocks/backup_receiver.h"

#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/content_hash.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/rocks/backup_folder.h"
#include "storage/rocks/backup_record.h"
#include "tests/support/temp_dir.h"

namespace roentgen::storage {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing_support::TempDir;

const Timestamp kTime = Timestamp::FromSeconds(1'700'000'000);

class BackupReceiverTest : public testing::Test {
 protected:
  std::unique_ptr<BackupReceiver> Open() {
    auto opened = BackupReceiver::Open(folder_);
    EXPECT_TRUE(opened.ok()) << opened.status();
    return *std::move(opened);
  }
  // A backup of one file.
  static absl::Status Send(BackupReceiver& to, Timestamp time,
                           const std::string& bytes) {
    absl::Status status = to.Begin(time);
    status.Update(to.Announce(
        {.name = "CURRENT", .bytes = bytes.size(), .print = {}}, true));
    status.Update(to.Take(bytes));
    status.Update(to.EndFile(ContentHash::HexOf(bytes)));
    status.Update(to.Finish().status());
    return status;
  }

  TempDir dir_;
  const BackupFolder folder_{nullptr, dir_.path() + "/backups"};
};

TEST_F(BackupReceiverTest, NamesThatLeadElsewhere) {
  for (const std::string& name : std::vector<std::string>{
           "", ".", "..", "../000001.sst", "/etc/passwd", "a/000001.sst",
           "000001.sst/", "CURRENT/x", "current", "MANIFEST-", "MANIFEST-x",
           ".sst", "1.sst.log", "LOCK", "1 .sst", "1.sst\n",
           std::string("1.sst\0", 6), std::string(300, '1') + ".sst"}) {
    const auto to = Open();
    ASSERT_TRUE(to->Begin(kTime).ok());
    EXPECT_TRUE(absl::IsDataLoss(
        to->Announce({.name = name, .bytes = 1, .print = {}}, true)))
        << name;
    EXPECT_FALSE(CheckStoreFileName(name).ok());
  }
  for (const char* name : {"CURRENT", "MANIFEST-000004", "OPTIONS-000007",
                           "000012.sst", "1234567.log", "IDENTITY"}) {
    EXPECT_TRUE(CheckStoreFileName(name).ok()) << name;
  }
}

TEST_F(BackupReceiverTest, WhatMakesNoSense) {
  using Act = std::function<absl::Status(BackupReceiver&)>;
  const BackupFile current{.name = "CURRENT", .bytes = 2, .print = {}};
  const BackupFile table{
      .name = "1.sst", .bytes = 2, .print = ContentHash::HexOf("x")};
  struct Case {
    const char* about;
    std::vector<Act> acts;  // The last one is refused.
  };
  const Act begin = [](auto& to) { return to.Begin(kTime); };
  const Act announce = [&](auto& to) { return to.Announce(current, true); };
  const Act take = [](auto& to) { return to.Take("ab"); };
  const Act end_file = [](auto& to) {
    return to.EndFile(ContentHash::HexOf("ab"));
  };
  const Act finish = [](auto& to) { return to.Finish().status(); };
  const Case cases[] = {
      {"no begin", {announce}},
      {"two begins", {begin, begin}},
      {"no time", {[](auto& to) { return to.Begin(Timestamp()); }}},
      {"a file twice", {begin, announce, announce}},
      {"nobody has it",
       {begin, [&](auto& to) { return to.Announce(table, false); }}},
      {"a file that changes is never there",
       {begin, [&](auto& to) { return to.Announce(current, false); }}},
      {"a print that is none",
       {begin,
        [](auto& to) {
          return to.Announce({.name = "1.sst", .bytes = 2, .print = "x"}, true);
        }}},
      {"bytes of no file", {begin, take}},
      {"an end of no file", {begin, end_file}},
      {"longer than said", {begin, announce, take, take}},
      {"shorter than said",
       {begin, announce, [](auto& to) { return to.Take("a"); },
        [](auto& to) { return to.EndFile(ContentHash::HexOf("a")); }}},
      {"another hash",
       {begin, announce, take,
        [](auto& to) { return to.EndFile(ContentHash::HexOf("ba")); }}},
      {"no hash",
       {begin, announce, take, [](auto& to) { return to.EndFile(""); }}},
      {"a file after the bytes",
       {begin, announce, take,
        [&](auto& to) { return to.Announce(table, true); }}},
      {"not all files", {begin, announce, finish}},
      {"half a file", {begin, announce, take, finish}},
      {"no CURRENT",
       {begin, [&](auto& to) { return to.Announce(table, true); }, take,
        end_file, finish}},
      {"more than all files", {begin, announce, take, end_file, take}},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.about);
    const auto to = Open();
    for (const Act& act : c.acts) {
      const absl::Status status = act(*to);
      if (&act != &c.acts.back()) {
        ASSERT_TRUE(status.ok()) << status;
      } else {
        EXPECT_TRUE(absl::IsDataLoss(status)) << status;
      }
    }
    EXPECT_THAT(folder_.Look()->backups, IsEmpty());
  }
}

TEST_F(BackupReceiverTest, OneAtATimeInAFolder) {
  const auto first = Open();
  EXPECT_TRUE(
      absl::IsFailedPrecondition(BackupReceiver::Open(folder_).status()));
  // What it has got so far is of no backup yet.
  EXPECT_TRUE(absl::IsFailedPrecondition(folder_.Keep(1).status()));
}

TEST_F(BackupReceiverTest, TheSameTimeTwice) {
  ASSERT_TRUE(Send(*Open(), kTime, "ab").ok());
  EXPECT_TRUE(absl::IsAlreadyExists(Send(*Open(), kTime, "ab")));
}

TEST_F(BackupReceiverTest, OtherFoldersAreLeftAlone) {
  ASSERT_TRUE(folder_.Make().ok());
  std::ofstream(folder_.path() + "/notes.txt") << "mine";
  const auto opened = BackupReceiver::Open(folder_);
  EXPECT_TRUE(absl::IsFailedPrecondition(opened.status()));
  EXPECT_THAT(std::string(opened.status().message()), HasSubstr("notes.txt"));
  EXPECT_TRUE(absl::IsFailedPrecondition(folder_.Keep(1).status()));
  const BackupFolder nowhere(nullptr, dir_.path() + "/nowhere");
  EXPECT_TRUE(absl::IsNotFound(nowhere.Look().status()));
}

TEST_F(BackupReceiverTest, KeepsTheNewest) {
  for (int i = 0; i < 4; ++i) {
    ASSERT_TRUE(
        Send(*Open(), kTime + absl::Seconds(i), i == 0 ? "old" : "new").ok());
  }
  const auto files = [&] {
    return std::distance(fs::directory_iterator(folder_.path()), {});
  };
  EXPECT_EQ(files(), 4 + 2);
  EXPECT_EQ(*folder_.Keep(4), 0u);
  EXPECT_EQ(*folder_.Keep(3), 1u);
  EXPECT_EQ(files(), 3 + 1);
  EXPECT_EQ(*folder_.Keep(1), 2u);
  const auto contents = folder_.Look();
  ASSERT_THAT(contents->backups, SizeIs(1));
  EXPECT_EQ(contents->backups[0].time, kTime + absl::Seconds(3));
  EXPECT_THAT(*folder_.Verify(*contents, {}), IsEmpty());
}

TEST_F(BackupReceiverTest, NewestUntilATime) {
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(
        Send(*Open(), kTime + absl::Seconds(10 * i), std::to_string(i)).ok());
  }
  const auto contents = folder_.Look();
  struct Case {
    int at;
    int found;  // Less than 0: none.
  };
  for (const Case c :
       {Case{-1, -1}, Case{0, 0}, Case{9, 0}, Case{10, 1}, Case{25, 2}}) {
    const BackupRecord* found =
        NewestUntil(*contents, kTime + absl::Seconds(c.at));
    ASSERT_EQ(found != nullptr, c.found >= 0) << c.at;
    if (found == nullptr) continue;
    EXPECT_EQ(found->time, kTime + absl::Seconds(10 * c.found));
  }
  EXPECT_EQ(NewestUntil(*contents, std::nullopt)->time,
            kTime + absl::Seconds(20));
}

TEST(BackupRecordTest, EveryChangeOfItsTextIsSeen) {
  BackupRecord record{.time = kTime, .files = {}};
  record.files.push_back({.file = {.name = "CURRENT", .bytes = 16, .print = {}},
                          .hash = ContentHash::HexOf("a")});
  record.files.push_back({.file = {.name = "000007.sst",
                                   .bytes = 1'000,
                                   .print = ContentHash::HexOf("b")},
                          .hash = ContentHash::HexOf("c")});
  const std::string text = EncodeBackupRecord(record);
  const auto decoded = DecodeBackupRecord(text);
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  EXPECT_EQ(decoded->time, record.time);
  EXPECT_EQ(decoded->files, record.files);
  for (size_t i = 0; i < text.size(); ++i) {
    EXPECT_TRUE(
        absl::IsDataLoss(DecodeBackupRecord(text.substr(0, i)).status()))
        << i;
    for (int bit = 0; bit < 8; ++bit) {
      std::string changed = text;
      changed[i] = static_cast<char>(changed[i] ^ (1 << bit));
      EXPECT_FALSE(DecodeBackupRecord(changed).ok()) << i;
    }
  }
  EXPECT_FALSE(DecodeBackupRecord(text + "\n").ok());
}

TEST(ContentHashTest, IsXxh3With128Bits) {
  // XXH128 of nothing, as xxhsum prints it.
  EXPECT_EQ(ContentHash::HexOf(""), "99aa06d3014798d86001c324468d497f");
  ContentHash parts;
  for (const char* part : {"a", "", "bc"}) parts.Add(part);
  EXPECT_EQ(parts.Hex(), ContentHash::HexOf("abc"));
  EXPECT_TRUE(IsContentHash(parts.Hex()));
  EXPECT_FALSE(IsContentHash("99AA06D3014798D86001C324468D497F"));
  EXPECT_FALSE(IsContentHash("99aa"));
}

}  // namespace
}  // namespace roentgen::storage
