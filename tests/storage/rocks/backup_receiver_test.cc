// What a server that is not to be trusted can do to a folder with backups:
// nothing.
#include "storage/rocks/backup_receiver.h"

#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>
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
using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;
using testing_support::TempDir;

const Timestamp kTime = Timestamp::FromSeconds(1'700'000'000);

// For root nothing is forbidden, unless it gives that up meanwhile.
absl::Status AsAnybody(const std::function<absl::Status()>& act) {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3,
                                  .pid = 0};
  __user_cap_data_struct had[_LINUX_CAPABILITY_U32S_3] = {};
  EXPECT_EQ(syscall(SYS_capget, &header, had), 0);
  __user_cap_data_struct has[] = {had[0], had[1]};
  has[0].effective &= ~((1u << CAP_DAC_OVERRIDE) | (1u << CAP_DAC_READ_SEARCH));
  EXPECT_EQ(syscall(SYS_capset, &header, has), 0);
  absl::Status status = act();
  EXPECT_EQ(syscall(SYS_capset, &header, had), 0);
  return status;
}

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
      {"no bytes", {begin, announce, [](auto& to) { return to.Take(""); }}},
      {"no bytes, after some",
       {begin, announce, [](auto& to) { return to.Take("a"); },
        [](auto& to) { return to.Take(""); }}},
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
  const absl::Status second = BackupReceiver::Open(folder_).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(second)) << second;
  EXPECT_THAT(std::string(second.message()),
              StartsWith("backup folder " + folder_.path() + " is in use"));
  // What it has got so far is of no backup yet.
  EXPECT_TRUE(absl::IsFailedPrecondition(folder_.Keep(1, kTime).status()));
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
  EXPECT_TRUE(absl::IsFailedPrecondition(folder_.Keep(1, kTime).status()));
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
  const Timestamp last = kTime + absl::Seconds(3);
  EXPECT_EQ(files(), 4 + 2);
  EXPECT_EQ(*folder_.Keep(4, last), 0u);
  EXPECT_EQ(*folder_.Keep(3, last), 1u);
  EXPECT_EQ(files(), 3 + 1);
  EXPECT_EQ(*folder_.Keep(1, last), 2u);
  const auto contents = folder_.Look();
  ASSERT_THAT(contents->backups, SizeIs(1));
  EXPECT_EQ(contents->backups[0].time, last);
  EXPECT_THAT(*folder_.Verify(*contents, {}), IsEmpty());
}

// The clock of the server was ahead once.
TEST_F(BackupReceiverTest, TheOneJustTakenStays) {
  const Timestamp ahead = kTime + absl::Hours(24 * 365);
  for (const Timestamp time : {kTime, ahead, kTime + absl::Seconds(1)}) {
    ASSERT_TRUE(Send(*Open(), time, "x").ok());
  }
  const Timestamp taken = kTime + absl::Seconds(1);
  for (const size_t keep : {size_t{1}, size_t{2}}) {
    const absl::Status kept = folder_.Keep(keep, taken).status();
    EXPECT_TRUE(absl::IsFailedPrecondition(kept)) << kept;
    EXPECT_THAT(std::string(kept.message()), HasSubstr(NameOfRecord(ahead)));
    EXPECT_THAT(folder_.Look()->backups, SizeIs(3));
  }
  // Nothing is to go.
  EXPECT_EQ(*folder_.Keep(3, taken), 0u);
  fs::remove(folder_.path() + "/" + NameOfRecord(ahead));
  EXPECT_EQ(*folder_.Keep(1, taken), 1u);
  EXPECT_EQ(folder_.Look()->backups.at(0).time, taken);
}

TEST_F(BackupReceiverTest, TimesOfServers) {
  constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  struct Case {
    int64_t seconds;
    int64_t nanos;
  };
  for (const Case c :
       {Case{kMax, 0}, Case{kMin, 0}, Case{-1, 0}, Case{9'223'372'036, 0},
        Case{kMax / 1'000'000'000, 999'999'999}, Case{1, -1},
        Case{1, 1'000'000'000}, Case{1, kMax}, Case{0, kMin}}) {
    EXPECT_TRUE(
        absl::IsDataLoss(BackupReceiver::TimeOf(c.seconds, c.nanos).status()))
        << c.seconds << ' ' << c.nanos;
  }
  EXPECT_EQ(*BackupReceiver::TimeOf(1'700'000'000, 999'999'999),
            kTime + absl::Nanoseconds(999'999'999));
  EXPECT_EQ(BackupReceiver::TimeOf(9'223'372'035, 0)->ns,
            9'223'372'035'000'000'000);
}

TEST_F(BackupReceiverTest, FoldersOfStoresAreLeftAlone) {
  const fs::path store = dir_.path() + "/data";
  fs::create_directories(store / "sub");
  fs::create_directory_symlink(store / "sub", dir_.path() + "/link");
  for (const char* of_store : {"CURRENT", "IDENTITY"}) {
    std::ofstream(store / of_store) << "x";
    for (const fs::path& path :
         {store / "backup", store / "backup/", store / "backup.roentgen-tmp",
          store / "sub", store / "sub" / "b", store / "sub/../b",
          fs::path(dir_.path() + "/link"), fs::path(dir_.path() + "/link/b")}) {
      SCOPED_TRACE(path);
      const BackupFolder inside(nullptr, path);
      const absl::Status opened = BackupReceiver::Open(inside).status();
      EXPECT_TRUE(absl::IsFailedPrecondition(opened)) << opened;
      EXPECT_THAT(std::string(opened.message()), HasSubstr("holds a store"));
    }
    fs::remove(store / of_store);
  }
  EXPECT_FALSE(fs::exists(store / "backup"));
  // Beside one, and where there is none any more.
  std::ofstream(store / "CURRENT") << "x";
  const BackupFolder beside(nullptr, store.string() + "-backups");
  EXPECT_TRUE(BackupReceiver::Open(beside).ok());
  fs::remove(store / "CURRENT");
  const BackupFolder inside(nullptr, store / "backup");
  EXPECT_TRUE(BackupReceiver::Open(inside).ok());
}

TEST_F(BackupReceiverTest, WhatCannotBeReadIsNotAbsent) {
  // A file where a folder is to be.
  std::ofstream(dir_.path() + "/file") << "x";
  const BackupFolder file(nullptr, dir_.path() + "/file");
  const absl::Status looked = file.Look().status();
  EXPECT_TRUE(absl::IsUnavailable(looked)) << looked;
  EXPECT_THAT(std::string(looked.message()),
              AllOf(HasSubstr("backup folder"), HasSubstr("cannot be read: ")));
  // A folder of somebody else's.
  ASSERT_TRUE(Send(*Open(), kTime, "ab").ok());
  fs::permissions(folder_.path(), fs::perms::none);
  const absl::Status denied =
      AsAnybody([&] { return folder_.Look().status(); });
  fs::permissions(folder_.path(), fs::perms::owner_all);
  EXPECT_TRUE(absl::IsUnavailable(denied)) << denied;
  EXPECT_THAT(std::string(denied.message()),
              HasSubstr("cannot be read: Permission denied"));
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
