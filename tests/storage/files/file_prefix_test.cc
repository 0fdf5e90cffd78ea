#include "storage/files/file_prefix.h"

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/files/file_cipher.h"
#include "tests/support/master_keys.h"

namespace roentgen::storage {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing_support::TestMasterKey;
using testing_support::TestMasterKeySet;

class FilePrefixTest : public testing::Test {
 protected:
  std::string Secret(const OpenedPrefix& prefix) const {
    return std::string(prefix.key.secret.view());
  }
  std::string Secret() const { return std::string(key_.secret.view()); }

  const std::shared_ptr<const MasterKeySet> keys_ =
      TestMasterKeySet({"new", "old"});
  const FileKey key_ = FileKey::New();
  const std::string prefix_ = MakePrefix(key_, *keys_->Find("old"));
};

TEST_F(FilePrefixTest, IsReadBack) {
  ASSERT_EQ(prefix_.size(), kPrefixBytes);
  const auto opened = OpenPrefix(prefix_, *keys_);
  ASSERT_TRUE(opened.ok()) << opened.status();
  EXPECT_EQ(Secret(*opened), Secret());
  EXPECT_EQ(opened->key.file_id, key_.file_id);
  EXPECT_EQ(opened->generation, 1);
  EXPECT_THAT(opened->key_ids, ElementsAre("old", "old"));
}

TEST_F(FilePrefixTest, TellsNothingOfTheKey) {
  for (size_t at = 0; at + 8 <= Secret().size(); ++at) {
    EXPECT_EQ(prefix_.find(Secret().substr(at, 8)), std::string::npos);
  }
  EXPECT_NE(prefix_, MakePrefix(key_, *keys_->Find("old")));
}

TEST_F(FilePrefixTest, NoFlippedBitDoesHarm) {
  for (size_t bit = 0; bit < kPrefixBytes * 8; ++bit) {
    std::string flipped = prefix_;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ 1 << bit % 8);
    ASSERT_EQ(KindOfFile(flipped, kPrefixBytes + 10), PrefixKind::kEncrypted)
        << bit;
    const auto opened = OpenPrefix(flipped, *keys_);
    ASSERT_TRUE(opened.ok()) << bit << opened.status();
    ASSERT_EQ(Secret(*opened), Secret()) << bit;
  }
}

TEST_F(FilePrefixTest, EveryBitOfASlotIsAuthenticated) {
  // One slot alone, with any of its bits turned, gives no key, or its own.
  const size_t slot = OffsetOfSlot(0);
  std::string alone = prefix_;
  alone.replace(OffsetOfSlot(1), 512, 512, '\0');
  for (size_t bit = 0; bit < 172 * 8; ++bit) {
    std::string flipped = alone;
    char& byte = flipped[slot + bit / 8];
    byte = static_cast<char>(byte ^ 1 << bit % 8);
    const auto opened = OpenPrefix(flipped, *keys_);
    // Zeros fill up behind the key's id, and are of the associated data.
    EXPECT_FALSE(opened.ok()) << bit;
  }
}

TEST_F(FilePrefixTest, AKeyThatIsNotGivenIsNoDamage) {
  const auto opened = OpenPrefix(prefix_, *TestMasterKeySet({"new", "newer"}));
  EXPECT_TRUE(absl::IsFailedPrecondition(opened.status()));
  EXPECT_THAT(std::string(opened.status().message()), HasSubstr("'old'"));
  EXPECT_THAT(std::string(opened.status().message()),
              HasSubstr("'new', 'newer'"));
}

TEST_F(FilePrefixTest, AnotherKeyOfThatIdDoesNotOpenIt) {
  std::vector<MasterKey> others;
  others.push_back(TestMasterKey("old", "another"));
  const auto keys = MasterKeySet::Make("old", std::move(others));
  EXPECT_TRUE(absl::IsDataLoss(OpenPrefix(prefix_, **keys).status()));
}

TEST_F(FilePrefixTest, TheHighestGenerationCounts) {
  for (const int slot : {0, 1}) {
    std::string prefix = prefix_;
    const FileKey other = FileKey::New();
    const std::string made = MakeSlot(other, keys_->current(), 2);
    prefix.replace(OffsetOfSlot(slot), made.size(), made);
    auto opened = OpenPrefix(prefix, *keys_);
    ASSERT_TRUE(opened.ok());
    EXPECT_EQ(Secret(*opened), std::string(other.secret.view()));
    EXPECT_EQ(opened->slot, slot);
    // Torn, it is left out.
    for (size_t whole = 0; whole < made.size(); ++whole) {
      std::string torn = prefix_;
      torn.replace(OffsetOfSlot(slot), whole, made.substr(0, whole));
      opened = OpenPrefix(torn, *keys_);
      ASSERT_TRUE(opened.ok());
      EXPECT_EQ(Secret(*opened), Secret()) << whole;
    }
  }
}

TEST_F(FilePrefixTest, WhatWasNeverSyncedIsEmpty) {
  EXPECT_EQ(KindOfFile("", 0), PrefixKind::kEmpty);
  for (size_t size = 1; size < kPrefixBytes; ++size) {
    ASSERT_EQ(KindOfFile(prefix_.substr(0, size), size), PrefixKind::kEmpty);
    ASSERT_EQ(KindOfFile(std::string(size, '\0'), size), PrefixKind::kEmpty);
  }
  EXPECT_EQ(KindOfFile(std::string(kPrefixBytes, '\0'), kPrefixBytes),
            PrefixKind::kEmpty);
  // Some of its sectors were written.
  std::string torn = prefix_;
  torn.replace(512, kPrefixBytes - 512, kPrefixBytes - 512, '\0');
  EXPECT_EQ(KindOfFile(torn, kPrefixBytes), PrefixKind::kEmpty);
}

TEST_F(FilePrefixTest, WhatHasBytesIsNeverEmpty) {
  // Acknowledged bytes are not to be read as none.
  const uint64_t size = kPrefixBytes + 1;
  EXPECT_EQ(KindOfFile(prefix_, size), PrefixKind::kEncrypted);
  EXPECT_EQ(KindOfFile(std::string(kPrefixBytes, '\0'), size),
            PrefixKind::kPlain);
  std::string torn = prefix_;
  torn.replace(512, kPrefixBytes - 512, kPrefixBytes - 512, '\0');
  EXPECT_EQ(KindOfFile(torn, size), PrefixKind::kEncrypted);
  EXPECT_TRUE(absl::IsDataLoss(OpenPrefix(torn, *keys_).status()));
}

TEST_F(FilePrefixTest, PlainFilesAreToldApart) {
  EXPECT_EQ(KindOfFile("MANIFEST-000004\n", 16), PrefixKind::kPlain);
  EXPECT_EQ(KindOfFile(std::string(kPrefixBytes, 'x'), 1 << 20),
            PrefixKind::kPlain);
}

TEST(FileCipherTest, EveryPartIsThatOfTheWhole) {
  const FileCipher cipher(FileKey::New());
  std::string plain(1000, '\0');
  for (size_t i = 0; i < plain.size(); ++i) plain[i] = static_cast<char>(i * 7);
  std::string whole(plain.size(), '\0');
  ASSERT_TRUE(cipher.Apply(5, plain.data(), whole.data(), plain.size()));
  EXPECT_NE(whole, plain);
  for (size_t begin = 0; begin < 50; ++begin) {
    for (const size_t size : {0, 1, 15, 16, 17, 100, 949}) {
      std::string part = plain.substr(begin, size);
      ASSERT_TRUE(
          cipher.Apply(5 + begin, part.data(), part.data(), part.size()));
      ASSERT_EQ(part, whole.substr(begin, size)) << begin << ' ' << size;
    }
  }
}

// NIST SP 800-38A, F.5.5: CTR-AES256.Encrypt.
TEST(FileCipherTest, IsTheStandards) {
  const unsigned char key[] = {
      0x60, 0x3d, 0xeb, 0x10, 0x15, 0xca, 0x71, 0xbe, 0x2b, 0x73, 0xae, 0xf0,
      0x85, 0x7d, 0x77, 0x81, 0x1f, 0x35, 0x2c, 0x07, 0x3b, 0x61, 0x08, 0xd7,
      0x2d, 0x98, 0x10, 0xa3, 0x09, 0x14, 0xdf, 0xf4, 0xf0, 0xf1, 0xf2, 0xf3,
      0xf4, 0xf5, 0xf6, 0xf7, 0xf8, 0xf9, 0xfa, 0xfb, 0xfc, 0xfd, 0xfe, 0xff};
  const FileCipher cipher(
      {.file_id = {},
       .secret =
           Secret::CopyOf({reinterpret_cast<const char*>(key), sizeof key})});
  const std::string plain(
      "\x6b\xc1\xbe\xe2\x2e\x40\x9f\x96\xe9\x3d\x7e\x11\x73\x93\x17\x2a"
      "\xae\x2d\x8a\x57\x1e\x03\xac\x9c\x9e\xb7\x6f\xac\x45\xaf\x8e\x51",
      32);
  const std::string encrypted(
      "\x60\x1e\xc3\x13\x77\x57\x89\xa5\xb7\xa7\xf5\x04\xbb\xf3\xd2\x28"
      "\xf4\x43\xe3\xca\x4d\x62\xb5\x9a\xca\x84\xe9\x90\xca\xca\xf5\xc5",
      32);
  std::string out(32, '\0');
  ASSERT_TRUE(cipher.Apply(0, plain.data(), out.data(), out.size()));
  EXPECT_EQ(out, encrypted);
}

// The counter carries over all of its bytes.
TEST(FileCipherTest, CountsOnBehindTheNoncesEnd) {
  const auto cipher_with = [](const std::string& nonce) {
    return FileCipher({.file_id = {},
                       .secret = Secret::CopyOf(std::string(32, 'k') + nonce)});
  };
  const FileCipher last = cipher_with(std::string(16, '\xff'));
  const FileCipher first = cipher_with(std::string(16, '\0'));
  const std::string zeros(64, '\0');
  std::string a(64, '\0');
  std::string b(64, '\0');
  ASSERT_TRUE(last.Apply(16, zeros.data(), a.data(), a.size()));
  ASSERT_TRUE(first.Apply(0, zeros.data(), b.data(), b.size()));
  EXPECT_EQ(a, b);
}

}  // namespace
}  // namespace roentgen::storage
