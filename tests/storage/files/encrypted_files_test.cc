#include "storage/files/encrypted_files.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/files/store_folder.h"
#include "tests/support/faulty_files.h"
#include "tests/support/master_keys.h"
#include "tests/support/temp_dir.h"

namespace roentgen::storage {
namespace {

namespace fs = std::filesystem;

using rocksdb::FileOptions;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;
using testing::HasSubstr;
using testing_support::ChangeFault;
using testing_support::FaultyFiles;
using testing_support::TestMasterKeys;
using testing_support::TestMasterKeySet;

std::string OnDisk(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void PutOnDisk(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

std::string Text(size_t size) {
  std::string text;
  for (size_t i = 0; text.size() < size; ++i) text += std::to_string(i) + ' ';
  text.resize(size);
  return text;
}

class EncryptedFilesTest : public testing::Test {
 protected:
  std::string PathOf(const std::string& name) const {
    return dir_.path() + "/" + name;
  }
  absl::Status Write(const std::string& name, const std::string& bytes) {
    return StoreFolder(files_, dir_.path()).Write(name, bytes);
  }
  absl::StatusOr<std::string> Read(const std::string& name) {
    return StoreFolder(files_, dir_.path()).Read(name);
  }
  uint64_t SizeOf(const std::string& name) {
    uint64_t size = ~uint64_t{0};
    const IOStatus status =
        files_.GetFileSize(PathOf(name), IOOptions(), &size, nullptr);
    EXPECT_TRUE(status.ok()) << status.ToString();
    return size;
  }
  std::unique_ptr<rocksdb::FSRandomAccessFile> Open(const std::string& name) {
    std::unique_ptr<rocksdb::FSRandomAccessFile> file;
    EXPECT_TRUE(
        files_.NewRandomAccessFile(PathOf(name), {}, &file, nullptr).ok());
    return file;
  }

  const testing_support::TempDir dir_;
  const std::shared_ptr<FaultyFiles> below_ = std::make_shared<FaultyFiles>();
  const std::shared_ptr<MasterKeys> keys_ = TestMasterKeys({"a"});
  absl::Status adopt_;
  std::vector<std::string> adopted_;
  EncryptedFiles files_{below_, keys_, [this](const MasterKey& key) {
                          adopted_.push_back(key.id());
                          return adopt_;
                        }};
};

TEST_F(EncryptedFilesTest, WhatIsWrittenIsReadAndDoesNotLieThere) {
  for (const size_t size : {0, 1, 15, 16, 17, 4095, 4096, 4097, 3 << 20}) {
    const std::string text = Text(size);
    ASSERT_TRUE(Write("file", text).ok());
    EXPECT_EQ(*Read("file"), text);
    EXPECT_EQ(SizeOf("file"), size);
    const std::string bytes = OnDisk(PathOf("file"));
    EXPECT_EQ(bytes.size(), kPrefixBytes + size);
    if (size > 100) {
      EXPECT_EQ(bytes.find(text.substr(0, 8)), std::string::npos);
    }
  }
  // The same bytes lie there as others.
  ASSERT_TRUE(Write("one", "the same bytes").ok());
  ASSERT_TRUE(Write("two", "the same bytes").ok());
  EXPECT_NE(OnDisk(PathOf("one")).substr(kPrefixBytes),
            OnDisk(PathOf("two")).substr(kPrefixBytes));
}

TEST_F(EncryptedFilesTest, IsWrittenInParts) {
  std::unique_ptr<rocksdb::FSWritableFile> file;
  ASSERT_TRUE(files_.NewWritableFile(PathOf("log"), {}, &file, nullptr).ok());
  const std::string text = Text(100'000);
  size_t at = 0;
  for (size_t step = 1; at < text.size(); step = step * 2 + 1) {
    const size_t bytes = std::min(step, text.size() - at);
    file->PrepareWrite(at, bytes, IOOptions(), nullptr);
    ASSERT_TRUE(
        file->Append(Slice(text.data() + at, bytes), IOOptions(), nullptr)
            .ok());
    at += bytes;
    ASSERT_TRUE(file->RangeSync(0, at, IOOptions(), nullptr).ok());
    EXPECT_EQ(file->GetFileSize(IOOptions(), nullptr), at);
    // It is read while it is written.
    EXPECT_EQ(*Read("log"), text.substr(0, at));
  }
  ASSERT_TRUE(file->Truncate(500, IOOptions(), nullptr).ok());
  EXPECT_EQ(*Read("log"), text.substr(0, 500));
  // With the same part of the key stream as what was there.
  EXPECT_FALSE(file->Append("other", IOOptions(), nullptr).ok());
  EXPECT_TRUE(file->PositionedAppend("other", 0, IOOptions(), nullptr)
                  .IsNotSupported());
}

TEST_F(EncryptedFilesTest, IsReadFromAnywhere) {
  const std::string text = Text(50'000);
  ASSERT_TRUE(Write("table", text).ok());
  const auto file = Open("table");
  std::array<std::string, 5> buffers;
  std::array<rocksdb::FSReadRequest, 5> requests;
  for (size_t i = 0; i < requests.size(); ++i) {
    buffers[i].resize(1000);
    requests[i].offset = i * 11'111;
    requests[i].len = 1000;
    requests[i].scratch = buffers[i].data();
    Slice read;
    ASSERT_TRUE(file->Read(i * 11'111, 1000, IOOptions(), &read,
                           buffers[i].data(), nullptr)
                    .ok());
    EXPECT_EQ(read.ToString(), text.substr(i * 11'111, 1000));
  }
  ASSERT_TRUE(
      file->MultiRead(requests.data(), requests.size(), IOOptions(), nullptr)
          .ok());
  for (size_t i = 0; i < requests.size(); ++i) {
    EXPECT_EQ(requests[i].offset, i * 11'111);
    ASSERT_TRUE(requests[i].status.ok());
    EXPECT_EQ(requests[i].result.ToString(), text.substr(i * 11'111, 1000));
  }
  std::string came;
  rocksdb::FSReadRequest request;
  request.offset = 7;
  request.len = 20;
  request.scratch = buffers[0].data();
  void* handle = nullptr;
  rocksdb::IOHandleDeleter deleter;
  ASSERT_TRUE(file->ReadAsync(
                      request, IOOptions(),
                      [&](const rocksdb::FSReadRequest& done, void*) {
                        came = done.result.ToString();
                      },
                      nullptr, &handle, &deleter, nullptr)
                  .ok());
  EXPECT_EQ(came, text.substr(7, 20));

  std::unique_ptr<rocksdb::FSSequentialFile> in_order;
  ASSERT_TRUE(
      files_.NewSequentialFile(PathOf("table"), {}, &in_order, nullptr).ok());
  ASSERT_TRUE(in_order->Skip(33).ok());
  Slice read;
  ASSERT_TRUE(
      in_order->Read(100, IOOptions(), &read, buffers[0].data(), nullptr).ok());
  EXPECT_EQ(read.ToString(), text.substr(33, 100));
  EXPECT_TRUE(in_order
                  ->PositionedRead(5, 100, IOOptions(), &read,
                                   buffers[0].data(), nullptr)
                  .IsNotSupported());
}

TEST_F(EncryptedFilesTest, NamesAndLinksCarryTheKey) {
  ASSERT_TRUE(Write("file", "some bytes").ok());
  ASSERT_TRUE(
      files_.LinkFile(PathOf("file"), PathOf("link"), IOOptions(), nullptr)
          .ok());
  ASSERT_TRUE(
      files_.RenameFile(PathOf("file"), PathOf("renamed"), IOOptions(), nullptr)
          .ok());
  EXPECT_EQ(*Read("link"), "some bytes");
  EXPECT_EQ(*Read("renamed"), "some bytes");
  fs::copy_file(PathOf("link"), PathOf("copy"));
  EXPECT_EQ(*Read("copy"), "some bytes");
}

TEST_F(EncryptedFilesTest, SizesAreThoseOfThePlainBytes) {
  ASSERT_TRUE(Write("file", "some bytes").ok());
  fs::create_directory(PathOf("folder"));
  PutOnDisk(PathOf("LOCK"), "");
  std::vector<rocksdb::FileAttributes> all;
  ASSERT_TRUE(
      files_.GetChildrenFileAttributes(dir_.path(), IOOptions(), &all, nullptr)
          .ok());
  std::sort(all.begin(), all.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });
  ASSERT_EQ(all.size(), 3);
  EXPECT_EQ(all[0].size_bytes, 0);
  EXPECT_EQ(all[1].size_bytes, 10);
  uint64_t size = 0;
  EXPECT_FALSE(
      files_.GetFileSize(PathOf("none"), IOOptions(), &size, nullptr).ok());
}

// Whatever a power cut may leave of a file that was never synced.
TEST_F(EncryptedFilesTest, ATornPrefixReadsAsEmpty) {
  ASSERT_TRUE(Write("file", "some bytes").ok());
  const std::string bytes = OnDisk(PathOf("file"));
  for (const size_t size : {0, 1, 20, 511, 600, 4095, 4096}) {
    for (const std::string& left :
         {bytes.substr(0, size), std::string(size, '\0')}) {
      PutOnDisk(PathOf("torn"), left);
      EXPECT_EQ(*Read("torn"), "");
      EXPECT_EQ(SizeOf("torn"), 0);
      std::array<char, 10> buffer;
      Slice read("x");
      ASSERT_TRUE(Open("torn")
                      ->Read(0, 10, IOOptions(), &read, buffer.data(), nullptr)
                      .ok());
      EXPECT_TRUE(read.empty());
    }
  }
}

TEST_F(EncryptedFilesTest, WhatIsNoneOfItsIsDamage) {
  ASSERT_TRUE(Write("file", "some bytes").ok());
  std::string bytes = OnDisk(PathOf("file"));
  for (const std::string& other :
       {std::string("MANIFEST-000004\n"), std::string(9000, 'x'),
        std::string(9000, '\0'),
        bytes.replace(0, kPrefixBytes, kPrefixBytes, '\0')}) {
    PutOnDisk(PathOf("other"), other);
    EXPECT_TRUE(absl::IsDataLoss(Read("other").status()))
        << Read("other").status();
  }
}

TEST_F(EncryptedFilesTest, ANewKeyIsOfNewFilesAtOnce) {
  ASSERT_TRUE(Write("old", "old bytes").ok());
  keys_->Put(TestMasterKeySet({"b", "a"}));
  ASSERT_TRUE(Write("new", "new bytes").ok());
  EXPECT_EQ(*Read("old"), "old bytes");
  EXPECT_EQ(*Read("new"), "new bytes");
  keys_->Put(TestMasterKeySet({"b"}));
  EXPECT_EQ(*Read("new"), "new bytes");
  // Its key is missing: that is no damage, and says so.
  EXPECT_TRUE(absl::IsUnavailable(Read("old").status()));
  EXPECT_THAT(std::string(Read("old").status().message()),
              HasSubstr("master key 'a'"));
  EXPECT_THAT(adopted_, testing::ElementsAre("a", "b"));
}

TEST_F(EncryptedFilesTest, NoFileIsMadeUnderAKeyThatIsNotNoted) {
  adopt_ = absl::UnavailableError("no room");
  EXPECT_FALSE(Write("file", "bytes").ok());
  EXPECT_FALSE(fs::exists(PathOf("file")));
  adopt_ = absl::OkStatus();
  EXPECT_TRUE(Write("file", "bytes").ok());
}

TEST_F(EncryptedFilesTest, ThePrefixIsOnTheDiskBeforeTheFirstByte) {
  for (const ChangeFault fault :
       {ChangeFault::kCreate, ChangeFault::kWrite, ChangeFault::kSyncOther}) {
    below_->BreakChanges(fault, 0, 1);
    std::unique_ptr<rocksdb::FSWritableFile> file;
    EXPECT_FALSE(
        files_.NewWritableFile(PathOf("file"), {}, &file, nullptr).ok());
    EXPECT_EQ(file, nullptr);
    below_->HealChanges();
  }
}

TEST_F(EncryptedFilesTest, NothingIsAppendedAfterAnError) {
  std::unique_ptr<rocksdb::FSWritableFile> file;
  ASSERT_TRUE(files_.NewWritableFile(PathOf("file"), {}, &file, nullptr).ok());
  below_->BreakChanges(ChangeFault::kWrite, 0, 1);
  EXPECT_FALSE(file->Append("lost", IOOptions(), nullptr).ok());
  below_->HealChanges();
  EXPECT_FALSE(file->Append("behind", IOOptions(), nullptr).ok());
}

TEST_F(EncryptedFilesTest, RefusesWhatWouldUseAKeyStreamTwice) {
  ASSERT_TRUE(Write("file", "some bytes").ok());
  std::unique_ptr<rocksdb::FSWritableFile> writable;
  std::unique_ptr<rocksdb::FSRandomRWFile> both;
  std::unique_ptr<rocksdb::MemoryMappedFileBuffer> buffer;
  const std::string path = PathOf("file");
  EXPECT_TRUE(
      files_.ReopenWritableFile(path, {}, &writable, nullptr).IsNotSupported());
  EXPECT_TRUE(
      files_.ReuseWritableFile(PathOf("b"), path, {}, &writable, nullptr)
          .IsNotSupported());
  EXPECT_TRUE(
      files_.NewRandomRWFile(path, {}, &both, nullptr).IsNotSupported());
  EXPECT_TRUE(files_.NewMemoryMappedFileBuffer(path, &buffer).IsNotSupported());
  std::unique_ptr<rocksdb::FSRandomAccessFile> random;
  std::unique_ptr<rocksdb::FSSequentialFile> sequential;
  for (bool FileOptions::*const option :
       {&FileOptions::use_direct_reads, &FileOptions::use_direct_writes,
        &FileOptions::use_mmap_reads}) {
    FileOptions options;
    options.*option = true;
    EXPECT_TRUE(files_.NewWritableFile(PathOf("n"), options, &writable, nullptr)
                    .IsNotSupported());
    EXPECT_TRUE(files_.NewRandomAccessFile(path, options, &random, nullptr)
                    .IsNotSupported());
    EXPECT_TRUE(files_.NewSequentialFile(path, options, &sequential, nullptr)
                    .IsNotSupported());
  }
  EXPECT_TRUE(files_.Truncate(path, 4, IOOptions(), nullptr).IsNotSupported());
  EXPECT_EQ(*Read("file"), "some bytes");
}

}  // namespace
}  // namespace roentgen::storage
