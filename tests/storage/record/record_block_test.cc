#include "storage/record/record_block.h"

#include <string>
#include <vector>

#include "base/limits.h"
#include "bench/support/segment_generator.h"
#include "gtest/gtest.h"
#include "storage/record/block_codec.h"
#include "tests/support/segments.h"

namespace roentgen::storage {
namespace {

using testing_support::Record;
using testing_support::TraceNumber;

constexpr int64_t kStartUs = 1'700'000'000'000'000;

TEST(RecordBlockTest, GivesBackEveryByteOfGeneratedDocuments) {
  RecordBlockBuilder builder(RecordBlockBuilder::Form::kSealed);
  std::vector<StoredRecord> records;
  std::vector<TraceId> ids;
  for (const std::string& document :
       bench::SegmentGenerator(7).Documents(200, kStartUs)) {
    const NewRecord parsed = Record(document);
    records.push_back(
        {.sequence = {5 + records.size() / 3, uint32_t(records.size() % 3)},
         .received = {int64_t(1000 - records.size())},
         .document = document});
    ids.push_back(parsed.trace_id);
    builder.Add(parsed.trace_id, parsed.facts.entities[0].id, records.back());
  }
  const std::string stored = builder.Finish();
  EXPECT_EQ(builder.records(), 0u);
  auto block = RecordBlock::Parse(stored);
  ASSERT_TRUE(block.ok()) << block.status();
  ASSERT_EQ(block->size(), records.size());
  for (size_t i = 0; i < records.size(); ++i) {
    EXPECT_EQ(block->Get(i, ids[i]), records[i]);
  }
}

TEST(RecordBlockTest, CutsOnlyCanonicalIdsAndRestoresAllForms) {
  const std::string trace = TraceNumber(1).ToString();
  const EntityId id{0xAB};
  const std::vector<std::string> documents = {
      "",
      trace,
      trace + trace,
      "x" + id.ToString() + "y" + trace + "z",
      "x" + trace + "y" + id.ToString(),
      id.ToString() + trace,
      trace + id.ToString(),
      "no ids here",
      // The entity id as a part of the trace id.
      "1-65000000-0000000000000000000000ab",
  };
  RecordBlockBuilder builder(RecordBlockBuilder::Form::kRequest);
  for (const std::string& d : documents) {
    builder.Add(TraceNumber(1), id, RecordFormat::kXrayJson, d);
  }
  auto block = RecordBlock::Parse(builder.Finish());
  ASSERT_TRUE(block.ok());
  for (size_t i = 0; i < documents.size(); ++i) {
    EXPECT_EQ(block->Get(i).document, documents[i]) << i;
  }
}

TEST(RecordBlockTest, AnyDamageIsDataLossOrAnEqualLengthRead) {
  RecordBlockBuilder builder(RecordBlockBuilder::Form::kSealed);
  for (const std::string& d :
       bench::SegmentGenerator(7).Documents(5, kStartUs)) {
    const NewRecord parsed = Record(d);
    StoredRecord record;
    record.document = d;
    builder.Add(parsed.trace_id, parsed.facts.entities[0].id, record);
  }
  const std::string stored = builder.Finish();
  for (size_t n = 0; n < stored.size(); ++n) {
    EXPECT_FALSE(RecordBlock::Parse(stored.substr(0, n)).ok()) << n;
    std::string flipped = stored;
    flipped[n] = static_cast<char>(flipped[n] ^ 0x40);
    auto block = RecordBlock::Parse(flipped);
    if (!block.ok()) {
      EXPECT_TRUE(absl::IsDataLoss(block.status()));
      continue;
    }
    for (size_t i = 0; i < block->size(); ++i) block->Get(i, TraceNumber(1));
  }
}

TEST(BlockCodecTest, RefusesSizesBeyondTheLimit) {
  std::string bomb("\x01\x01\x00", 3);
  bomb += "\xff\xff\xff\xff\x7f";
  std::string raw;
  std::string_view plain;
  EXPECT_TRUE(absl::IsDataLoss(DecompressBlock(bomb, plain, raw)));
}

// The dictionary is part of the format: these bytes must decode for ever.
TEST(BlockCodecTest, ReadsTheBlockOfVersionOne) {
  const unsigned char stored[] = {
#include "tests/storage/record/block_v1.inc"
  };
  auto block = RecordBlock::Parse(
      {reinterpret_cast<const char*>(stored), sizeof(stored)});
  ASSERT_TRUE(block.ok()) << block.status();
  ASSERT_EQ(block->size(), 1u);
  const StoredRecord record = block->Get(0, TraceNumber(1));
  EXPECT_EQ(record.document, testing_support::Document({.trace = 1, .id = 2}));
  EXPECT_EQ(record.sequence, (RecordSequence{3, 4}));
  EXPECT_EQ(record.received, Timestamp{5});
}

}  // namespace
}  // namespace roentgen::storage
