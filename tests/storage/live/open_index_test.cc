// What the index of open traces keeps, and when it lets go.
#include "storage/live/open_index.h"

#include <memory>
#include <string>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/live/open_table.h"
#include "storage/record/record_block.h"
#include "tests/support/segments.h"
#include "tests/support/spans.h"

namespace roentgen::storage {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing_support::SpanSpec;
using testing_support::TraceNumber;

// Older records that do not read.
class Unreadable final : public EarlierRecords {
 public:
  explicit Unreadable(absl::Status why) : why_(std::move(why)) {}

  const std::vector<Piece>& pieces() const override { return pieces_; }
  absl::StatusOr<std::vector<OpenRecord>> Read(BlockReader&) const override {
    ++reads_;
    return why_;
  }
  int reads() const { return reads_; }

 private:
  const absl::Status why_;
  const std::vector<Piece> pieces_ = {{.records = 7}};
  mutable int reads_ = 0;
};

class OpenIndexTest : public testing::Test {
 protected:
  void Put(const SpanSpec& spec) {
    NewRecord record = testing_support::Record(spec);
    RecordBlockBuilder builder(RecordBlockBuilder::Form::kRequest);
    builder.Add(record.trace_id, EntityId{spec.id}, record.format,
                record.document, record.context);
    table_.Append(
        record.trace_id,
        {.sequence = {++commit_, 0},
         .received = {1},
         .block = std::make_shared<const std::string>(builder.Finish()),
         .document_bytes = static_cast<uint32_t>(record.document.size()),
         .own_id = EntityId{spec.id}});
  }
  void Note() { index_.Note(table_.TakeChanges()); }
  void Index(bool links_missing = false) {
    const auto indexed = index_.Index([] { return absl::OkStatus(); },
                                      [&](const Trace&) {
                                        return ResolvedLinks{{}, links_missing};
                                      });
    EXPECT_TRUE(indexed.ok()) << indexed.status();
  }

  OpenTable table_;
  OpenIndex index_;
  uint64_t commit_ = 0;
};

TEST_F(OpenIndexTest, ASegmentGoesWhenNothingLivesInIt) {
  Put({.trace = 1});
  Put({.trace = 2});
  Note();
  Index();
  ASSERT_EQ(index_.segments().size(), 1u);
  EXPECT_EQ(index_.segments().front().live_count, 2u);
  const size_t full = index_.MemoryBytes();
  table_.Erase(TraceNumber(1));
  Note();
  ASSERT_EQ(index_.segments().size(), 1u);
  EXPECT_EQ(index_.segments().front().live_count, 1u);
  table_.Erase(TraceNumber(2));
  Note();
  EXPECT_TRUE(index_.segments().empty());
  EXPECT_LT(index_.MemoryBytes(), full / 2);
}

TEST_F(OpenIndexTest, WhatWaitsTakesMemory) {
  const size_t empty = index_.MemoryBytes();
  for (uint64_t id = 1; id <= 100; ++id) Put({.id = id});
  Note();
  EXPECT_GE(index_.MemoryBytes(), empty + 100 * sizeof(OpenRecord));
  Index();
  const size_t indexed = index_.MemoryBytes();
  Put({.id = 101});
  Note();
  Index(true);  // It is looked at again: some sender may still come.
  EXPECT_GE(index_.MemoryBytes(), indexed + 100 * sizeof(OpenRecord));
}

TEST_F(OpenIndexTest, ContextsTakeMemory) {
  SpanSpec spec{.trace = 1};
  Put(spec);
  Note();
  Index();
  const size_t plain = index_.MemoryBytes();
  for (int i = 0; i < 500; ++i) {
    spec.resource.emplace_back("attribute-" + std::to_string(i), "value");
  }
  spec.trace = 2;
  spec.kind = 3;  // No segment: names alone are kept.
  spec.parent = 9;
  Put(spec);
  Note();
  Index();
  EXPECT_GE(index_.MemoryBytes(), plain + 500 * 2 * sizeof(std::string));
}

// The trace is found by what is known of it, and answers can say what they
// lack. What is damaged for good is not read again.
TEST_F(OpenIndexTest, RowsOfTracesThatLackOlderRecordsSaySo) {
  const struct {
    absl::Status why;
    bool again;
  } cases[] = {{absl::UnavailableError("disk"), true},
               {absl::DataLossError("bits"), false}};
  uint64_t number = 1;
  for (const auto& [why, again] : cases) {
    const auto earlier = std::make_shared<const Unreadable>(why);
    const TraceId id = TraceNumber(number);
    table_.Reopen(id, {.records = {}, .contexts = {}, .earlier = earlier});
    Put({.trace = number, .id = 1});
    Note();
    Index();
    EXPECT_THAT(index_.lacking(), ElementsAre(id)) << why;
    const int reads = earlier->reads();
    Index();
    EXPECT_EQ(earlier->reads() > reads, again) << why;
    EXPECT_THAT(index_.lacking(), ElementsAre(id)) << why;
    table_.Erase(id);
    Note();
    EXPECT_THAT(index_.lacking(), IsEmpty()) << why;
    ++number;
  }
}

}  // namespace
}  // namespace roentgen::storage
