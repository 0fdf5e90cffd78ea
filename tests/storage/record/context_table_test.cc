#include "storage/record/context_table.h"

#include <cstdint>
#include <random>
#include <set>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace roentgen::storage {
namespace {

// What ForEach tells, which is each once.
std::set<uint32_t> All(const ContextHashes& hashes) {
  std::set<uint32_t> all;
  hashes.ForEach(
      [&](uint32_t hash) { EXPECT_TRUE(all.insert(hash).second) << hash; });
  return all;
}

TEST(ContextHashesTest, EachIsNewOnce) {
  ContextHashes hashes;
  EXPECT_FALSE(hashes.Has(0));
  EXPECT_TRUE(All(hashes).empty());
  // More than fit without memory of their own; 0 is one as any.
  for (uint32_t hash = 0; hash < 100; ++hash) {
    EXPECT_FALSE(hashes.Has(hash));
    EXPECT_TRUE(hashes.Add(hash)) << hash;
    for (uint32_t seen = 0; seen <= hash; ++seen) {
      EXPECT_TRUE(hashes.Has(seen)) << seen << " of " << hash;
      EXPECT_FALSE(hashes.Add(seen)) << seen << " of " << hash;
    }
    EXPECT_EQ(All(hashes).size(), hash + 1);
  }
  EXPECT_TRUE(hashes.Add(UINT32_MAX));
  EXPECT_FALSE(hashes.Add(UINT32_MAX));
}

// One of so many hashes, which are far from each other.
uint32_t OneOf(uint32_t different, std::mt19937_64& random) {
  return static_cast<uint32_t>(random() % different) * 2'654'435'761u;
}

TEST(ContextHashesTest, SaysWhatASetSays) {
  const uint64_t seed = 20'261'128;
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  // Few, about as many as fit, and many; out of so many different ones.
  for (const auto& [adds, different] :
       {std::pair(4u, 3u), {12u, 6u}, {16u, 7u}, {40u, 8u}, {5'000u, 2'000u}}) {
    for (int round = 0; round < 20; ++round) {
      ContextHashes hashes;
      std::set<uint32_t> expected;
      for (uint32_t i = 0; i < adds; ++i) {
        const uint32_t hash = OneOf(different, random);
        ASSERT_EQ(hashes.Add(hash), expected.insert(hash).second) << hash;
        const uint32_t other = OneOf(different, random);
        ASSERT_EQ(hashes.Has(other), expected.contains(other)) << other;
      }
      EXPECT_EQ(All(hashes), expected);
      ContextHashes moved = std::move(hashes);
      EXPECT_EQ(All(moved), expected);
    }
  }
}

}  // namespace
}  // namespace roentgen::storage
