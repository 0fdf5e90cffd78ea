// The bytes of keys and small values. They are on disk: never regenerate.
#include "storage/rocks/key_layout.h"

#include <string>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "gtest/gtest.h"
#include "storage/rocks/commit_log.h"

namespace roentgen::storage {
namespace {

std::string Hex(const std::string& bytes) {
  return std::string(absl::BytesToHexString(bytes));
}

TEST(KeyLayoutTest, KeysHaveTheseBytes) {
  EXPECT_EQ(BucketKey(7), std::string("bucket\0\0\0\7", 10));
  EXPECT_EQ(LocatorFamily(7), "loc-00000007");
  EXPECT_EQ(BatchFamily(7), "dat-00000007");
  EXPECT_EQ(Hex(LogKey(0x0102)), "0000000000000102");
  EXPECT_EQ(Hex(HeadKey(258)), "0100000102");
  EXPECT_EQ(Hex(BlockKey(258, 3)), "020000010200000003");
  EXPECT_EQ(
      Hex(ColumnKey(258, Column::kAnnotationString, Part::kDictionary, "ab")),
      "030000010232026162");
  EXPECT_EQ(Hex(DeadKey(258, 9)), "040000010200000009");
  EXPECT_EQ(Hex(ContextsKey(258)), "0600000102");
  EXPECT_EQ(Hex(OperationsKey(258)), "0700000102");
}

TEST(KeyLayoutTest, ValuesHaveTheseBytes) {
  const Locator locator{
      .batch = 300, .ordinal = 1, .block = 2, .first = 3, .records = 4};
  EXPECT_EQ(Hex(EncodeLocator(locator)), "ac0201020304");
  Locator pieces = locator;
  pieces.bytes = 300;
  EXPECT_EQ(Hex(EncodeLocator(pieces)), "ac0201020304ac0200");
  pieces.contexts = {0x0102030405060708};
  pieces.earlier = {{.batch = 5, .block = 6, .first = 7, .records = 8}};
  EXPECT_EQ(Hex(EncodeLocator(pieces)),
            "ac0201020304ac0201010203040506070805060708");
  BatchHead head{.through_commit = 5, .traces = 6, .records = 7, .blocks = 8};
  head.start.Add(1);
  head.latest_start.Add(2);
  head.latest_start.Add(3);
  EXPECT_EQ(Hex(EncodeHead(head)),
            "0105060708"
            "01000000000000000100000000000000"
            "ffffffffffffff7f0000000000000080"
            "ffffffffffffff7f0000000000000080"
            "ffffffffffffff7f0000000000000080"
            "02000000000000000300000000000000");
  const StoreMarks marks{.next_commit = 300,
                         .next_batch = 2,
                         .next_bucket = 3,
                         .latest = {4},
                         .log_begin = 5,
                         .last_commit = 299};
  EXPECT_EQ(Hex(EncodeMarks(marks)), "02ac020203040000000000000005ab02");
  EXPECT_EQ(DecodeMarks(EncodeMarks(marks)), marks);
  for (size_t cut = 0; cut < EncodeMarks(marks).size(); ++cut) {
    EXPECT_EQ(DecodeMarks(EncodeMarks(marks).substr(0, cut)), std::nullopt);
  }
  // Of a program that did not say what the log has.
  const StoreMarks older{
      .next_commit = 300, .next_batch = 2, .next_bucket = 3, .latest = {4}};
  EXPECT_EQ(DecodeMarks(std::string("\x01\xac\x02\x02\x03\x04", 6) +
                        std::string(7, '\0')),
            older);
  Commit commit{.received = {1}, .blocks = {}, .reopened = {}};
  commit.blocks.push_back(std::make_shared<const std::string>("xy"));
  commit.reopened.push_back(TraceId());
  EXPECT_EQ(Hex(EncodeCommit(commit)),
            "01010000000000000001027879"
            "0100000000000000000000000000000000");
  commit.previous = 300;
  EXPECT_EQ(Hex(EncodeCommit(commit)),
            "020100000000000000ac0201027879"
            "0100000000000000000000000000000000");
  for (const std::optional<uint64_t> previous :
       {std::optional<uint64_t>(), std::optional<uint64_t>(300)}) {
    commit.previous = previous;
    const auto read = DecodeCommit(EncodeCommit(commit));
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ(read->previous, previous);
    EXPECT_EQ(read->reopened, commit.reopened);
  }
}

TEST(KeyLayoutTest, KeysSortLikeTheirNumbers) {
  EXPECT_LT(LogKey(255), LogKey(256));
  EXPECT_LT(BlockKey(1, 255), BlockKey(1, 256));
  EXPECT_LT(BlockKey(255, 9), BlockKey(256, 0));
}

TEST(KeyLayoutTest, WhatIsNotAKeyIsNotRead) {
  EXPECT_FALSE(ParseLogKey("1234567"));
  EXPECT_FALSE(ParseLogKey("123456789"));
  EXPECT_FALSE(ParseHeadKey(BlockKey(1, 2)));
  EXPECT_FALSE(ParseDeadKey(DeadKey(1, 2).substr(0, 8)));
  EXPECT_FALSE(ParseBucketKey("bucket"));
  EXPECT_FALSE(DecodeLocator("\x01"));
  std::string locator(5, '\1');
  EXPECT_TRUE(DecodeLocator(locator));
  locator += "\5";
  EXPECT_FALSE(DecodeLocator(locator)) << "no count of contexts";
  EXPECT_FALSE(DecodeLocator(locator + "\x41")) << "too many contexts";
  EXPECT_FALSE(DecodeLocator(locator + "\x01" + "1234567")) << "half a context";
  locator += '\0';
  EXPECT_TRUE(DecodeLocator(locator));
  EXPECT_FALSE(DecodeLocator(locator + "\1\1\1")) << "half a piece";
  EXPECT_TRUE(DecodeLocator(locator + std::string(4 * 15, '\1')));
  EXPECT_FALSE(DecodeLocator(locator + std::string(4 * 16, '\1')));
  EXPECT_TRUE(absl::IsDataLoss(DecodeHead("\x01").status()));
  EXPECT_TRUE(absl::IsDataLoss(DecodeHead("").status()));
  std::string head = EncodeHead({.through_commit = 5});
  ASSERT_TRUE(DecodeHead(head).ok());
  EXPECT_TRUE(
      absl::IsDataLoss(DecodeHead(head.substr(0, head.size() - 16)).status()));
  head[0] = 0;
  EXPECT_TRUE(absl::IsDataLoss(DecodeHead(head).status()));
  // Other versions, whatever their heads look like.
  for (const std::string& future :
       {std::string("\x02") + head.substr(1), std::string("\x02"),
        std::string("\xac\x02x")}) {
    const absl::Status status = DecodeHead(future).status();
    EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  }
  EXPECT_FALSE(DecodeCommit("").ok());
}

}  // namespace
}  // namespace roentgen::storage
