// A small late document costs what it is, however large its trace: what is
// sealed stays where it is, and is whole for whoever asks.
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "base/limits.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/rocks/rocks_engine.h"
#include "storage/rocks/sealed_pieces.h"
#include "tests/support/calls.h"
#include "tests/support/engines.h"
#include "tests/support/faulty_files.h"
#include "tests/support/segments.h"

namespace roentgen::storage {
namespace {

using testing::ElementsAreArray;
using testing_support::AnyCall;
using testing_support::EngineKind;
using testing_support::EngineUnderTest;
using testing_support::FaultyFiles;
using testing_support::ReadFault;
using testing_support::Record;
using testing_support::SegmentSpec;
using testing_support::TraceNumber;

constexpr Timestamp kNow = Timestamp::FromSeconds(1'700'000'100);

class LatePiecesTest : public testing::Test {
 protected:
  explicit LatePiecesTest(RocksEngineOptions options = {})
      : store_(EngineKind::kRocksOpen, kNow, std::move(options)) {}

  NewRecord Segment(uint64_t trace, uint64_t id) {
    // It does not compress, so that caches do not hold all.
    std::string note;
    while (note.size() < 200) note += std::to_string(random_());
    return Record(SegmentSpec{
        .trace = trace,
        .id = id,
        .name = "service-" + std::to_string(id % 3),
        .extra = "\"annotations\":{\"part\":\"p" + std::to_string(id) +
                 "\"},\"metadata\":{\"note\":\"" + note + "\"},"});
  }

  void Put(uint64_t trace, uint64_t first, uint64_t count) {
    std::vector<NewRecord> records;
    for (uint64_t id = first; id < first + count; ++id) {
      records.push_back(Segment(trace, id));
      documents_.push_back(records.back().document);
    }
    ASSERT_TRUE(WriteAndWait(store_.engine(), std::move(records)).ok());
  }
  void Seal() { ASSERT_TRUE(store_.rocks()->SealAll().ok()); }

  std::vector<std::string> Documents(uint64_t trace) {
    const TraceId id = TraceNumber(trace);
    const auto found = store_.engine().GetTraces({&id, 1}, AnyCall());
    EXPECT_TRUE(found.ok()) << found.status();
    std::vector<std::string> documents;
    if (!found.ok() || found->empty()) return documents;
    for (const StoredRecord& record : found->front().records) {
      documents.push_back(record.document);
    }
    return documents;
  }

  // Bytes that all files have now, once everything is written out.
  uint64_t BytesWritten() {
    store_.Restart();
    return store_.engine().Usage().disk_bytes;
  }

  EngineUnderTest store_;
  std::vector<std::string> documents_;  // Of the trace, in order.
  std::mt19937_64 random_{1};
};

TEST_F(LatePiecesTest, NewsOfALargeTraceTakesNoneOfItIntoMemory) {
  Put(1, 1, 5'000);
  Seal();
  const EngineUsage before = store_.engine().Usage();
  Put(1, 5'001, 1);
  const EngineUsage after = store_.engine().Usage();
  EXPECT_EQ(after.open_traces, 1u);
  EXPECT_EQ(after.open_records, 1u);
  EXPECT_LT(after.memory_bytes, before.memory_bytes + 10'000);
  EXPECT_THAT(Documents(1), ElementsAreArray(documents_));
}

TEST_F(LatePiecesTest, SealingNewsWritesTheNewsAndNotTheTrace) {
  Put(1, 1, 5'000);
  const uint64_t whole = BytesWritten();
  for (uint64_t i = 0; i < 4; ++i) {
    Put(1, 5'001 + i, 1);
    Seal();
    EXPECT_EQ(store_.engine().Usage().open_records, 0u);
    EXPECT_THAT(Documents(1), ElementsAreArray(documents_));
  }
  // Its rows are of the whole trace, its documents are not there again.
  EXPECT_LT(BytesWritten(), 2 * whole);
  EXPECT_THAT(Documents(1), ElementsAreArray(documents_));
}

TEST_F(LatePiecesTest, ManyLateDocumentsStayFewPieces) {
  Put(1, 1, 600);
  Seal();
  uint64_t next = 601;
  for (uint64_t i = 0; i < 40; ++i) {
    const uint64_t count = 1 + i % 3 * 7;
    Put(1, next, count);
    next += count;
    Seal();
    ASSERT_THAT(Documents(1), ElementsAreArray(documents_)) << i;
  }
  store_.Restart();
  EXPECT_THAT(Documents(1), ElementsAreArray(documents_));
}

TEST_F(LatePiecesTest, ItIsFoundByWhatIsOldAndByWhatIsNew) {
  Put(1, 1, 1'000);
  Seal();
  Put(1, 1'001, 1);
  const auto count = [&](const std::string& value) {
    const TracePredicate part{TracePredicate::AnnotationText{
        .key = "part", .test = {.op = TextOp::kEqual, .text = value}}};
    const auto found = store_.engine().Find({.predicate = part}, AnyCall());
    EXPECT_TRUE(found.ok()) << found.status();
    return found.ok() ? found->traces.size() : 0;
  };
  for (const bool sealed : {false, true}) {
    if (sealed) Seal();
    EXPECT_EQ(count("p1"), 1u);
    EXPECT_EQ(count("p1000"), 1u);
    EXPECT_EQ(count("p1001"), 1u);
    EXPECT_EQ(count("p1002"), 0u);
  }
}

// The more has to be looked at again, the longer it waits.
TEST(LateWaitTest, ALargeTraceIsSealedLaterThanASmallOne) {
  RocksEngineOptions options;
  options.seal_batch_records = 1;
  EngineUnderTest store(EngineKind::kRocksOpen, kNow, options);
  const auto put = [&](uint64_t trace, uint64_t first, uint64_t count) {
    std::vector<NewRecord> records;
    for (uint64_t id = first; id < first + count; ++id) {
      records.push_back(Record(SegmentSpec{.trace = trace, .id = id}));
    }
    ASSERT_TRUE(WriteAndWait(store.engine(), std::move(records)).ok());
  };
  // With as many records the wait is twice as long.
  put(1, 1, 8'192);
  put(2, 1, 10);
  ASSERT_TRUE(store.rocks()->SealAll().ok());
  put(1, 8'193, 1);
  put(2, 11, 1);
  const auto open_after = [&](absl::Duration time) {
    store.clock().Advance(time);
    EXPECT_TRUE(store.engine().Retain().ok());
    return store.engine().Usage().open_traces;
  };
  EXPECT_EQ(open_after(options.seal_idle + absl::Seconds(1)), 1u);
  EXPECT_EQ(open_after(options.seal_idle - absl::Seconds(2)), 1u);
  EXPECT_EQ(open_after(absl::Seconds(2)), 0u);
}

// Half of a small table's traces come back at once.
TEST(LateCrowdTest, OlderRecordsTakeAPartOfTheMemoryAtMost) {
  RocksEngineOptions options;
  options.open_table_bytes = 1 << 20;
  EngineUnderTest store(EngineKind::kRocksOpen, kNow, options);
  constexpr uint64_t kTraces = 60;
  for (uint64_t trace = 1; trace <= kTraces; ++trace) {
    std::vector<NewRecord> records;
    for (uint64_t id = 1; id <= 200; ++id) {
      records.push_back(Record(SegmentSpec{.trace = trace, .id = id}));
    }
    ASSERT_TRUE(WriteAndWait(store.engine(), std::move(records)).ok());
    ASSERT_TRUE(store.rocks()->SealAll().ok());
  }
  std::vector<NewRecord> late;
  for (uint64_t trace = 1; trace <= kTraces; ++trace) {
    late.push_back(Record(SegmentSpec{.trace = trace, .id = 1'000}));
  }
  ASSERT_TRUE(WriteAndWait(store.engine(), std::move(late)).ok());
  const EngineUsage usage = store.engine().Usage();
  EXPECT_EQ(usage.open_traces, kTraces);
  EXPECT_LT(usage.memory_bytes, options.open_table_bytes / 2);
  for (uint64_t trace = 1; trace <= kTraces; ++trace) {
    const TraceId id = TraceNumber(trace);
    const auto found = store.engine().GetTraces({&id, 1}, AnyCall());
    ASSERT_TRUE(found.ok()) << found.status();
    ASSERT_EQ(found->size(), 1u);
    EXPECT_EQ(found->front().records.size(), 201u);
  }
}

TEST_F(LatePiecesTest, ATraceMovesWholeWhenItsBucketGoes) {
  Put(1, 1, 1'000);
  Seal();
  Put(1, 1'001, 1);
  Seal();
  // News just before the older records expire.
  store_.clock().Advance(testing_support::kTestRetention - absl::Minutes(1));
  Put(1, 1'002, 1);
  EXPECT_THAT(Documents(1), ElementsAreArray(documents_));
  store_.clock().Advance(absl::Hours(24));
  ASSERT_TRUE(store_.engine().Retain().ok());
  EXPECT_EQ(store_.engine().Usage().buckets_dropped, 1u);
  EXPECT_THAT(Documents(1), ElementsAreArray(documents_));
  store_.Restart();
  EXPECT_THAT(Documents(1), ElementsAreArray(documents_));
}

TEST_F(LatePiecesTest, WhatHasExpiredDoesNotComeBack) {
  Put(1, 1, 1'000);
  Seal();
  store_.clock().Advance(testing_support::kTestRetention + absl::Minutes(1));
  documents_.clear();
  Put(1, 1'001, 1);
  EXPECT_THAT(Documents(1), ElementsAreArray(documents_));
  store_.Restart();
  EXPECT_THAT(Documents(1), ElementsAreArray(documents_));
}

// A store on a disk that is about to fail.
class LateFaultsTest : public LatePiecesTest {
 protected:
  LateFaultsTest() : LateFaultsTest(std::make_shared<FaultyFiles>()) {}

  const std::shared_ptr<FaultyFiles> files_;

 private:
  explicit LateFaultsTest(std::shared_ptr<FaultyFiles> files)
      : LatePiecesTest({.disk_reserve_bytes = 1, .file_system = files}),
        files_(std::move(files)) {}
};

TEST_F(LateFaultsTest, WhatDoesNotReadHoldsUpItsTraceAlone) {
  Put(1, 1, 3'000);
  Seal();
  store_.Restart();
  Put(1, 3'001, 1);
  const std::vector<std::string> all = documents_;
  Put(2, 1, 1);
  files_->Break(ReadFault::kFail, 0, UINT64_MAX);
  Seal();
  EXPECT_GT(files_->broken(), 0u);
  EXPECT_EQ(store_.engine().Usage().open_traces, 1u);
  files_->Heal();
  Seal();
  EXPECT_EQ(store_.engine().Usage().open_traces, 1u) << "not again at once";
  store_.clock().Advance(absl::Minutes(1));
  Seal();
  EXPECT_EQ(store_.engine().Usage().open_traces, 0u);
  EXPECT_THAT(Documents(1), ElementsAreArray(all));
  store_.Restart();
  EXPECT_THAT(Documents(1), ElementsAreArray(all));
}

// As many late documents as would have it written again whole.
TEST_F(LateFaultsTest, WhatDoesNotReadOnceIsNotLost) {
  Put(1, 1, 1'000);
  Seal();
  store_.Restart();
  Put(1, 1'001, 1'000);
  files_->Break(ReadFault::kFlipInSst, 0, UINT64_MAX);
  Seal();
  EXPECT_GT(files_->broken(), 0u);
  files_->Heal();
  EXPECT_EQ(store_.engine().Usage().open_traces, 0u);
  store_.Restart();
  EXPECT_THAT(Documents(1), ElementsAreArray(documents_));
}

struct JoinCase {
  std::vector<uint32_t> pieces;
  size_t records;
  size_t joined;
};

TEST(PiecesToJoinTest, SmallOnesGoWithWhatIsNew) {
  const JoinCase cases[] = {
      {{1'000}, 1, 0},          {{1'000}, 499, 0},
      {{1'000}, 500, 1},        {{1'000, 1}, 1, 1},
      {{1'000, 4}, 1, 0},       {{1'000, 4, 1}, 1, 2},
      {{1'000, 10, 3}, 1, 0},   {{1'000, 300, 100}, 60, 2},
      {{100'000, 1'000}, 1, 0},
  };
  for (const JoinCase& c : cases) {
    std::vector<Piece> pieces;
    for (uint32_t records : c.pieces) pieces.push_back({.records = records});
    EXPECT_EQ(PiecesToJoin(pieces, c.records, 2), c.joined)
        << testing::PrintToString(c.pieces) << " and " << c.records;
  }
}

TEST(PiecesToJoinTest, NoTraceHasMoreThanFitALocator) {
  std::vector<Piece> pieces;
  for (int i = 0; i < 100; ++i) {
    const size_t joined = PiecesToJoin(pieces, 1, 0);
    pieces.resize(pieces.size() - joined);
    pieces.push_back({.records = 1});
    ASSERT_LE(pieces.size(), limits::kTracePiecesMax);
  }
  EXPECT_EQ(pieces.size(), limits::kTracePiecesMax);
}

}  // namespace
}  // namespace roentgen::storage
