// Where traces lie in blocks, with and without locators and blocks.
#include "storage/rocks/batch_rows.h"

#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace roentgen::storage {
namespace {

using testing::IsEmpty;

using Rows = std::map<uint32_t, RowPlace>;

// A batch of traces with so many records each, in blocks of `room` records. As
// when sealing, a trace begins a block of its own when it does not fit.
struct Batch {
  explicit Batch(const std::vector<uint32_t>& sizes, uint32_t room) {
    for (uint32_t i = 0; i < sizes.size(); ++i) {
      if (!blocks.empty() && blocks.back()->size() + sizes[i] > room) {
        blocks.emplace_back(std::vector<bool>());
      }
      if (blocks.empty()) blocks.emplace_back(std::vector<bool>());
      rows[i] = {.block = static_cast<uint32_t>(blocks.size() - 1),
                 .first = static_cast<uint32_t>(blocks.back()->size()),
                 .records = sizes[i]};
      for (uint32_t record = 0; record < sizes[i]; ++record) {
        if (blocks.back()->size() == room) {
          blocks.emplace_back(std::vector<bool>());
        }
        blocks.back()->push_back(record == 0 || blocks.back()->empty());
      }
    }
  }

  uint32_t traces() const { return static_cast<uint32_t>(rows.size()); }

  std::vector<BlockStarts> blocks;
  Rows rows;
};

TEST(BatchRowsTest, AreFoundWithoutLocatorsWhereNoTraceFillsABlock) {
  const Batch batch({1, 2, 1, 3, 2, 2, 1}, 4);
  EXPECT_EQ(PlaceRows(batch.blocks, {}, batch.traces()), batch.rows);
}

TEST(BatchRowsTest, ATraceOfSeveralBlocksIsFoundByTheCount) {
  // Two blocks begin with more of one trace, none with another.
  const Batch batch({10}, 4);
  EXPECT_EQ(PlaceRows(batch.blocks, {}, 1), batch.rows);
}

TEST(BatchRowsTest, WhatTheCountDoesNotTellIsNotGuessed) {
  // One of the blocks begins with a trace, nobody knows which.
  const Batch batch({6, 3, 3}, 4);
  const Rows found = PlaceRows(batch.blocks, {}, batch.traces());
  for (const auto& [ordinal, place] : found) {
    EXPECT_EQ(place, batch.rows.at(ordinal)) << ordinal;
  }
  EXPECT_LT(found.size(), batch.rows.size());
  // One locator tells.
  EXPECT_EQ(PlaceRows(batch.blocks, {{0, batch.rows.at(0)}}, batch.traces()),
            batch.rows);
}

TEST(BatchRowsTest, LocatorsThatCannotBeAreLeftAside) {
  const Batch batch({1, 2, 1, 3}, 4);
  const Rows wrong[] = {{{1, {.block = 9, .first = 0, .records = 1}}},
                        {{1, {.block = 0, .first = 2, .records = 1}}},
                        {{1, {.block = 0, .first = 1, .records = 0}}},
                        {{1, {.block = 0, .first = 1, .records = 3}}},
                        {{1, {.block = 0, .first = 1, .records = UINT32_MAX}}}};
  for (const Rows& known : wrong) {
    EXPECT_EQ(PlaceRows(batch.blocks, known, batch.traces()), batch.rows);
  }
}

TEST(BatchRowsTest, NoBlocksNoRows) {
  EXPECT_THAT(PlaceRows({}, {}, 0), IsEmpty());
  const std::vector<BlockStarts> none(3);
  EXPECT_THAT(PlaceRows(none, {}, 5), IsEmpty());
}

// Whatever is missing: what is found is right, and all of it is that can be
// told from locators alone.
TEST(BatchRowsTest, WhatIsFoundIsRight) {
  std::mt19937_64 random(7);
  size_t found_without_locator = 0;
  for (int round = 0; round < 3'000; ++round) {
    std::vector<uint32_t> sizes(1 + random() % 20);
    for (uint32_t& size : sizes) {
      size = 1 + static_cast<uint32_t>(random() % (random() % 5 == 0 ? 15 : 3));
    }
    Batch batch(sizes, 4);
    Rows known;
    for (const auto& [ordinal, place] : batch.rows) {
      if (random() % 3 == 0) known[ordinal] = place;
    }
    std::vector<BlockStarts> blocks = batch.blocks;
    std::vector<bool> gone(blocks.size());
    for (size_t i = 0; i < blocks.size(); ++i) {
      if (random() % 6 != 0) continue;
      blocks[i].reset();
      gone[i] = true;
    }
    const std::optional<uint32_t> traces =
        random() % 4 == 0 ? std::nullopt : std::optional(batch.traces());
    const Rows found = PlaceRows(blocks, known, traces);
    for (const auto& [ordinal, place] : found) {
      ASSERT_TRUE(batch.rows.contains(ordinal)) << round;
      ASSERT_EQ(place, batch.rows.at(ordinal)) << round;
      found_without_locator += known.contains(ordinal) ? 0 : 1;
    }
    for (const auto& [ordinal, place] : known) {
      bool reads = true;
      uint32_t left = place.records;
      for (uint32_t b = place.block; left > 0; ++b) {
        reads = reads && !gone[b];
        const uint32_t first = b == place.block ? place.first : 0;
        const auto size = static_cast<uint32_t>(batch.blocks[b]->size());
        left -= std::min(left, size - first);
      }
      ASSERT_EQ(found.contains(ordinal), reads) << round;
    }
  }
  EXPECT_GT(found_without_locator, 1'000u);
}

}  // namespace
}  // namespace roentgen::storage
