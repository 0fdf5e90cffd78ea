// Spans in record blocks: every byte comes back, whatever a client wrote.
#include <random>
#include <string>
#include <vector>

#include "base/wire.h"
#include "gtest/gtest.h"
#include "storage/record/block_codec.h"
#include "storage/record/context_table.h"
#include "storage/record/record_block.h"
#include "storage/record/span_cut.h"
#include "tests/support/segments.h"
#include "tests/support/spans.h"
#include "trace/span/wire_fields.h"

namespace roentgen::storage {
namespace {

using testing_support::ContextOf;
using testing_support::SpanBytes;
using testing_support::SpanSpec;
using testing_support::TraceNumber;

std::string Field(uint32_t number, std::string_view bytes) {
  std::string out;
  AppendBytesField(number, bytes, out);
  return out;
}
std::string Time(uint32_t number, uint64_t ns) {
  std::string out;
  AppendFixed64Field(number, ns, out);
  return out;
}

// Spans that a client may write, canonical and not.
std::vector<std::string> Forms(const TraceId& trace) {
  const std::string id(8, 'i'), parent(8, 'p');
  const std::string head = Field(1, trace.AsBytes()) + Field(2, id);
  const std::string times = Time(7, 5) + Time(8, 7);
  return {
      head + times,
      head + Field(4, parent) + times,
      head + Field(4, "") + times,
      head + Field(3, "") + Field(4, parent) + Field(5, "n") + times,
      head + Field(5, "n") + times + Field(9, "x") + Field(9, "x") +
          Field(16, "unknown") + Field(300, "unknown"),
      head + times + Time(7, 9),  // Not ascending.
      Field(2, id) + Field(1, trace.AsBytes()) + times,
      head + Field(2, id) + times,  // Given twice.
      head + Field(4, parent) + Field(4, parent) + times,
      head + Field(4, "short") + times,
      head + Time(8, 7),  // No start.
      Field(1, std::string(16, 'o')) + Field(2, id) + times,
      head + Time(7, UINT64_MAX) + Time(8, 0),
      head + Time(7, 1'000) + Time(8, 2'000),
      head + Time(7, 1'001) + Time(8, 2'000),
      "",
      "no span",
  };
}

TEST(SpanCutTest, GivesBackWhatItCuts) {
  const TraceId trace = TraceNumber(1);
  size_t cut = 0;
  for (const std::string& span : Forms(trace)) {
    std::vector<std::string_view> rest;
    const auto columns = CutSpan(trace, span, rest);
    if (!columns) continue;
    ++cut;
    std::string restored;
    RestoreSpan(trace, *columns, rest, restored);
    EXPECT_EQ(restored, span);
  }
  EXPECT_EQ(cut, 8u);
}

struct Stored {
  TraceId trace;
  StoredRecord record;
};

std::vector<Stored> RandomRecords(uint64_t seed, size_t count) {
  std::mt19937_64 random(seed);
  const auto below = [&](uint64_t n) { return random() % n; };
  std::vector<Stored> out;
  uint64_t trace = 1;
  for (size_t i = 0; i < count; ++i) {
    if (below(4) == 0) ++trace;
    Stored stored{.trace = TraceNumber(trace), .record = {}};
    StoredRecord& record = stored.record;
    record.sequence = {below(1000), static_cast<uint32_t>(below(1000))};
    record.received = {static_cast<int64_t>(below(1'000'000'000))};
    const uint64_t kind = below(10);
    if (kind == 0) {
      record.document = testing_support::Document({.trace = trace, .id = i});
    } else {
      record.format = RecordFormat::kOtlpSpan;
      const SpanSpec spec{.trace = trace,
                          .id = 1 + below(20),
                          .parent = below(24),
                          .name = "n" + std::to_string(below(5)),
                          .start = 1.7e9 + double(below(1000)) / 7,
                          .seconds = double(below(50)) / 3,
                          .attributes = {{"k", std::to_string(below(30))}},
                          .service = "s" + std::to_string(below(3))};
      const std::vector<std::string> forms = Forms(stored.trace);
      record.document =
          kind == 1 ? forms[below(forms.size())] : SpanBytes(spec);
      record.context = ContextOf(spec);
    }
    out.push_back(std::move(stored));
  }
  return out;
}

TEST(SpanBlockTest, EveryRecordComesBack) {
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(seed);
    const std::vector<Stored> records = RandomRecords(seed, 5 * seed);
    ContextTableBuilder shared(seed % 3 == 0 ? 300 : SIZE_MAX);
    RecordBlockBuilder builder(RecordBlockBuilder::Form::kSealed,
                               seed % 2 == 0 ? &shared : nullptr);
    // A builder is used again and again.
    for (int round = 0; round < 2; ++round) {
      for (const Stored& r : records) {
        builder.Add(r.trace, EntityId{7}, r.record);
      }
      const auto block =
          RecordBlock::Parse(builder.Finish(), &shared.contexts());
      ASSERT_TRUE(block.ok()) << block.status();
      ASSERT_EQ(block->size(), records.size());
      for (size_t i = 0; i < records.size(); ++i) {
        ASSERT_EQ(block->Get(i, records[i].trace), records[i].record) << i;
      }
    }
  }
}

// What sealing does with the blocks of requests.
TEST(SpanBlockTest, CutSpansMoveFromBlockToBlock) {
  const std::vector<Stored> records = RandomRecords(8, 200);
  RecordBlockBuilder builder(RecordBlockBuilder::Form::kRequest);
  for (const Stored& r : records) builder.Add(r.trace, EntityId{7}, r.record);
  const auto from = RecordBlock::Parse(builder.Finish());
  ASSERT_TRUE(from.ok()) << from.status();
  RecordBlockBuilder sealed(RecordBlockBuilder::Form::kSealed);
  size_t moved = 0;
  for (size_t i = 0; i < records.size(); ++i) {
    const auto& [trace, record] = records[i];
    if (!from->is_cut(i)) {
      sealed.Add(trace, EntityId{7}, record);
      continue;
    }
    ++moved;
    std::vector<uint32_t> numbers;
    for (uint32_t n : from->FieldNumbers(i)) {
      numbers.push_back(sealed.AddField(from->field(n)));
    }
    sealed.AddCut(trace, record.sequence, record.received, from->columns(i),
                  numbers, from->context(i));
  }
  EXPECT_GT(moved, 50u);
  const auto block = RecordBlock::Parse(sealed.Finish());
  ASSERT_TRUE(block.ok()) << block.status();
  for (size_t i = 0; i < records.size(); ++i) {
    ASSERT_EQ(block->Get(i, records[i].trace), records[i].record) << i;
  }
}

TEST(SpanBlockTest, ContextTablesComeBack) {
  ContextTableBuilder builder;
  for (const char* service : {"a", "b", "a"}) {
    builder.Add(ContextOf({.service = service}));
  }
  const auto table = UnpackContexts(PackContexts(builder.contexts()));
  ASSERT_TRUE(table.ok()) << table.status();
  ASSERT_EQ(table->size(), 2u);
  EXPECT_TRUE(SameContext((*table)[1], ContextOf({.service = "b"})));
  EXPECT_TRUE(absl::IsDataLoss(UnpackContexts("x").status()));
}

class DamagedSpanBlock
    : public testing::TestWithParam<RecordBlockBuilder::Form> {};

// The two forms are compressed in different ways.
INSTANTIATE_TEST_SUITE_P(Forms, DamagedSpanBlock,
                         testing::Values(RecordBlockBuilder::Form::kRequest,
                                         RecordBlockBuilder::Form::kSealed));

TEST_P(DamagedSpanBlock, IsDataLossOrAnEqualLengthRead) {
  RecordBlockBuilder builder(GetParam());
  for (const Stored& r : RandomRecords(3, 12)) {
    builder.Add(r.trace, EntityId{7}, r.record);
  }
  const std::string stored = builder.Finish();
  for (size_t n = 0; n < stored.size(); ++n) {
    EXPECT_FALSE(RecordBlock::Parse(stored.substr(0, n)).ok()) << n;
    for (const int bit : {0x40, 0x01}) {
      std::string flipped = stored;
      flipped[n] = static_cast<char>(flipped[n] ^ bit);
      const auto block = RecordBlock::Parse(flipped);
      if (!block.ok()) {
        EXPECT_TRUE(absl::IsDataLoss(block.status()));
        continue;
      }
      for (size_t i = 0; i < block->size(); ++i) {
        block->Get(i, TraceId());
      }
    }
  }
}

// A number of a field that is not there must not make a span shorter.
TEST(SpanBlockTest, NumbersOfFieldsThatAreNotThereAreDataLoss) {
  const NewRecord record = testing_support::Record(SpanSpec{});
  RecordBlockBuilder builder(RecordBlockBuilder::Form::kSealed);
  builder.Add(TraceNumber(1), EntityId{1}, record.format, record.document,
              record.context);
  const std::string stored = builder.Finish();
  ASSERT_TRUE(RecordBlock::Parse(stored).ok());
  std::string_view plain;
  std::string raw;
  ASSERT_TRUE(DecompressBlock(stored, plain, raw).ok());
  for (const char number : {'\x7f', '\xff'}) {
    std::string damaged = raw;
    damaged.back() = number;  // The span's numbers are the last bytes.
    std::string packed;
    CompressBlock(plain, damaged, Compression::kZstd, packed);
    EXPECT_TRUE(absl::IsDataLoss(RecordBlock::Parse(packed).status()));
  }
}

}  // namespace
}  // namespace roentgen::storage
