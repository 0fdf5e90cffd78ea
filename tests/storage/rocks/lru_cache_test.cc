#include "storage/rocks/lru_cache.h"

#include <memory>
#include <string>

#include "gtest/gtest.h"

namespace roentgen::storage {
namespace {

constexpr size_t kEach = 1'000;

class LruCacheTest : public testing::Test {
 protected:
  // Three values fit, a fourth does not.
  LruCache<std::string> cache_{3 * kEach + 3 * 200};

  void Add(const std::string& key, size_t bytes = kEach) {
    cache_.Add(key, std::make_shared<const std::string>("value of " + key),
               bytes);
  }
};

TEST_F(LruCacheTest, FindsWhatWasAdded) {
  EXPECT_EQ(cache_.Find("a"), nullptr);
  Add("a");
  ASSERT_NE(cache_.Find("a"), nullptr);
  EXPECT_EQ(*cache_.Find("a"), "value of a");
}

TEST_F(LruCacheTest, ForgetsWhatWasNotAskedForTheLongest) {
  for (const char* key : {"a", "b", "c"}) Add(key);
  EXPECT_NE(cache_.Find("a"), nullptr);
  Add("d");
  EXPECT_EQ(cache_.Find("b"), nullptr);
  for (const char* key : {"a", "c", "d"}) {
    EXPECT_NE(cache_.Find(key), nullptr) << key;
  }
}

TEST_F(LruCacheTest, WhatIsUsedOutlivesItsPlace) {
  Add("a");
  const auto used = cache_.Find("a");
  for (const char* key : {"b", "c", "d"}) Add(key);
  EXPECT_EQ(cache_.Find("a"), nullptr);
  EXPECT_EQ(*used, "value of a");
}

TEST_F(LruCacheTest, OneThatExceedsTheWholeIsNotKept) {
  Add("a");
  Add("huge", 4 * kEach);
  EXPECT_EQ(cache_.Find("huge"), nullptr);
  EXPECT_NE(cache_.Find("a"), nullptr);
}

TEST_F(LruCacheTest, AKeyIsKeptOnce) {
  for (int i = 0; i < 10; ++i) Add("a");
  Add("b");
  Add("c");
  for (const char* key : {"a", "b", "c"}) {
    EXPECT_NE(cache_.Find(key), nullptr) << key;
  }
}

}  // namespace
}  // namespace roentgen::storage
