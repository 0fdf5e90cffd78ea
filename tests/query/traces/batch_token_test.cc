#include "query/traces/batch_token.h"

#include <cstdint>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "xxhash.h"

namespace roentgen::query {
namespace {

constexpr uint64_t kKey = 22;

const std::vector<std::string> kIds = {"a", "b", "c"};
const AnswerPositions kPositions = {
    {0, {.segments = 12, .pieces = 0}},
    {2, {.segments = 0, .pieces = 345}},
};

// A token of the given form whose check sum is right.
std::string Summed(const std::string& positions) {
  const std::string all = "a\nb\nc\n" + positions;
  return positions +
         std::to_string(XXH3_64bits_withSeed(all.data(), all.size(), kKey));
}

TEST(BatchTokenTest, ComesBackForTheSameIds) {
  EXPECT_EQ(EncodeBatchToken(kIds, kPositions, kKey),
            Summed("0.12.0-2.0.345-"));
  for (const AnswerPositions& positions :
       {kPositions, AnswerPositions{{1, {}}},
        AnswerPositions{{0, {}}, {1, {}}, {2, {SIZE_MAX, SIZE_MAX}}}}) {
    EXPECT_EQ(
        DecodeBatchToken(kIds, EncodeBatchToken(kIds, positions, kKey), kKey),
        positions);
  }
  EXPECT_EQ(EncodeBatchToken(kIds, {}, kKey), "");
}

TEST(BatchTokenTest, IsRefusedForOtherIdsAnotherStoreOrText) {
  const std::string token = EncodeBatchToken(kIds, kPositions, kKey);
  const std::vector<std::string> others[] = {
      {"a", "b"}, {"a", "c", "b"}, {"a", "b", "c", "d"}, {"ab", "", "c"}, {}};
  for (const std::vector<std::string>& ids : others) {
    EXPECT_FALSE(DecodeBatchToken(ids, token, kKey)) << ids.size();
  }
  EXPECT_FALSE(DecodeBatchToken(kIds, token, kKey + 1));
  for (size_t i = 0; i < token.size(); ++i) {
    for (const char other : {'0', '7', '-', '.', ' ', '\0'}) {
      std::string changed = token;
      changed[i] = other;
      if (changed == token) continue;
      EXPECT_FALSE(DecodeBatchToken(kIds, changed, kKey)) << changed;
    }
    EXPECT_FALSE(DecodeBatchToken(kIds, token.substr(0, i), kKey)) << i;
    EXPECT_FALSE(DecodeBatchToken(kIds, token.substr(i + 1), kKey)) << i;
  }
  EXPECT_FALSE(DecodeBatchToken(kIds, "not-a-token", kKey));
}

// Also by who knows the key: what reads is what was written.
TEST(BatchTokenTest, HasOneForm) {
  ASSERT_TRUE(DecodeBatchToken(kIds, Summed("0.1.0-1.0.0-"), kKey));
  for (const char* positions : {"",
                                "-",
                                "--",
                                "0.1.0",
                                "0.1.0--",
                                "-0.1.0-",  // Places missing.
                                " 0.1.0-",
                                "0 .1.0-",
                                "0. 1.0-",
                                "0.1.0 -",  // Blanks.
                                "+0.1.0-",
                                "00.1.0-",
                                "0.01.0-",
                                "0.1.-0-",  // Numbers.
                                "0.1.18446744073709551616-",
                                "0.1.x-",
                                "0.1.0x0-",  //
                                "0.1-",
                                "0.1.0.0-",
                                "0..0-",
                                ".1.0-",  // Parts.
                                "0.1.0-0.1.0-",
                                "0.1.0-0.2.0-",  // Twice.
                                "1.0.0-0.1.0-",
                                "3.0.0-"}) {  // Out of order; of no id.
    EXPECT_FALSE(DecodeBatchToken(kIds, Summed(positions), kKey))
        << '"' << positions << '"';
  }
}

}  // namespace
}  // namespace roentgen::query
