// Figures from columns are those from assembled traces, in memory and packed:
// random traces, windows, periods, subsets and signs.
//
// The seed is printed; ROENTGEN_SEED repeats a run.
#include "storage/index/column_graph.h"

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "storage/index/batch_index.h"
#include "storage/index/chunk_columns.h"
#include "storage/index/index_columns.h"
#include "tests/query/plan/random_traces.h"
#include "tests/storage/index/index_fixture.h"
#include "tests/support/calls.h"
#include "tests/support/expressions.h"
#include "tests/support/graph_text.h"
#include "tests/support/segments.h"
#include "trace/assembly/message_links.h"
#include "trace/assembly/trace.h"
#include "trace/assembly/trace_graph.h"

namespace roentgen::storage {
namespace {

using testing_support::GraphText;
using testing_support::MapChunks;
using testing_support::RandomTraces;

constexpr int64_t kStart = 1'700'000'000;
constexpr uint64_t kTraces = 250;

// Times as odd as documents may have them.
const char* const kOddTimes[] = {
    R"("start_time":-9223372036,"end_time":9223372036)",
    R"("start_time":1700000010,"end_time":1700000004.5)",
    R"("start_time":-0.5,"end_time":-0.25)",
    R"("start_time":9223372036,"end_time":-9223372036)",
};

class ColumnGraphTest : public testing::Test {
 protected:
  ColumnGraphTest() {
    RandomTraces documents(seed_, {.start = double(kStart)});
    for (uint64_t t = 0; t < kTraces; ++t) {
      AddTrace(t, t % 40 == 7 ? OddTrace(t) : documents.Trace(t));
    }
    std::vector<IndexChunk> chunks = PackColumns(columns_);
    for (const IndexChunk& chunk : chunks) {
      if (chunk.column != Column::kDirectory) continue;
      directory_ = *IndexDirectory::Decode(chunk.bytes);
    }
    chunks_ = std::make_unique<MapChunks>(std::move(chunks));
  }

  static std::vector<std::string> OddTrace(uint64_t t) {
    return {R"({"trace_id":")" + testing_support::TraceNumber(t).ToString() +
            R"(","id":"00000000000000a1","name":"odd",)" +
            kOddTimes[t / 40 % std::size(kOddTimes)] + "}"};
  }

  void AddTrace(uint64_t number, std::vector<std::string> documents) {
    TraceRecords records{.trace_id = testing_support::TraceNumber(number),
                         .records = {}};
    for (std::string& d : documents) {
      records.records.push_back(
          {.sequence = {1, static_cast<uint32_t>(records.records.size())},
           .received = {1},
           .document = std::move(d)});
    }
    absl::StatusOr<Trace> trace =
        AssembleTrace(records, testing_support::AnyCall());
    ASSERT_TRUE(trace.ok()) << trace.status();
    links_.push_back(RandomLinks());
    columns_.Add(*trace, {1}, links_.back());
    traces_.push_back(*std::move(trace));
  }

  std::vector<LinkEdge> RandomLinks() {
    std::vector<LinkEdge> links;
    for (uint64_t n = Below(10) < 8 ? 0 : 1 + Below(3); n > 0; --n) {
      links.push_back(
          {.source = {.name = Below(2) == 0 ? "jobs" : "shop",
                      .type = Below(3) == 0 ? "client" : "AWS::SQS::Queue",
                      .account_id = {}},
           .target = {.name = "shop", .type = "", .account_id = {}},
           .outcome = {.throttle = Below(4) == 0, .fault = Below(4) == 0},
           .end = {(kStart + int64_t(Below(70))) * 1'000'000'000 +
                   int64_t(Below(1'000'000'000))},
           .age = absl::Milliseconds(Below(5'000))});
    }
    return links;
  }

  GraphWindow RandomWindow() {
    TimeRange range;
    const int64_t begin = kStart - 5 + int64_t(Below(70));
    if (Below(4) != 0) range.begin = Timestamp::FromSeconds(begin);
    if (Below(4) != 0) {
      range.end = Timestamp::FromSeconds(begin + int64_t(Below(40)));
    }
    constexpr int kMinutes[] = {0, 0, 1, 5, 60};
    return {range, absl::Minutes(kMinutes[Below(5)])};
  }

  TraceBitmap RandomSet() {
    const uint64_t share = Below(4);
    return TraceBitmap::Where(
        kTraces, [&](uint32_t) { return share == 3 || Below(3) <= share; });
  }

  GraphPeriods Expected(const TraceBitmap& set, const GraphWindow& window,
                        int64_t sign) const {
    GraphPeriods periods;
    set.ForEach([&](uint32_t t) {
      AddTraceGraph(traces_[t], links_[t], window, sign, periods);
    });
    return periods;
  }

  uint64_t Below(uint64_t n) { return random_() % n; }

  const uint64_t seed_ = testing_support::RunSeed(20'261'124);
  std::mt19937_64 random_{seed_ + 1};
  std::vector<Trace> traces_;
  std::vector<std::vector<LinkEdge>> links_;
  IndexColumns columns_;
  IndexDirectory directory_;
  std::unique_ptr<MapChunks> chunks_;
};

TEST_F(ColumnGraphTest, SaysWhatTheTracesSay) {
  ChunkColumns packed(*chunks_, directory_, kTraces, size_t{1} << 30);
  for (int round = 0; round < 60; ++round) {
    const GraphWindow window = RandomWindow();
    const TraceBitmap set = RandomSet();
    const int64_t sign = Below(3) == 0 ? -1 : 1;
    const GraphPeriods expected = Expected(set, window, sign);
    for (ColumnSource* source : {static_cast<ColumnSource*>(&columns_),
                                 static_cast<ColumnSource*>(&packed)}) {
      GraphPeriods periods;
      const absl::Status status =
          AddColumnGraph(*source, set, window, sign, periods);
      ASSERT_TRUE(status.ok()) << status;
      ASSERT_EQ(GraphText(periods), GraphText(expected)) << round;
      ASSERT_EQ(periods, expected) << round;
    }
  }
}

TEST_F(ColumnGraphTest, WhatIsTakenAwayLeavesTheRest) {
  const GraphWindow window(TimeRange(), absl::Minutes(1));
  const TraceBitmap all(kTraces, true);
  const TraceBitmap some = RandomSet();
  TraceBitmap rest = some;
  rest.Invert();
  GraphPeriods periods;
  ASSERT_TRUE(AddColumnGraph(columns_, all, window, 1, periods).ok());
  ASSERT_TRUE(AddColumnGraph(columns_, some, window, -1, periods).ok());
  for (auto& [begin, figures] : periods) DropEmpty(figures);
  std::erase_if(periods, [](const auto& p) { return p.second.nodes.empty(); });
  EXPECT_EQ(GraphText(periods), GraphText(Expected(rest, window, 1)));
}

TEST_F(ColumnGraphTest, TheDirectoryKnowsTheFirstAndTheLastSecond) {
  const ColumnInfo* seconds = directory_.Find(Column::kNodeSecond, {});
  ASSERT_NE(seconds, nullptr);
  EXPECT_EQ(seconds->min, -9'223'372'036);
  EXPECT_EQ(seconds->max, 9'223'372'036);
}

TEST(ColumnGraphEmptyTest, NoTracesNoFigures) {
  IndexColumns columns;
  GraphPeriods periods;
  EXPECT_TRUE(AddColumnGraph(columns, TraceBitmap(),
                             GraphWindow(TimeRange(), absl::ZeroDuration()), 1,
                             periods)
                  .ok());
  EXPECT_TRUE(periods.empty());
}

TEST_F(ColumnGraphTest, ASetOfAnotherSizeIsRefused) {
  GraphPeriods periods;
  EXPECT_TRUE(absl::IsDataLoss(AddColumnGraph(
      columns_, TraceBitmap(kTraces - 1, true),
      GraphWindow(TimeRange(), absl::ZeroDuration()), 1, periods)));
}

TEST_F(ColumnGraphTest, GroupsAreTextsOfTheirTraces) {
  columns_.SetGroups(3, std::vector<std::string>{"a", "b"});
  columns_.SetGroups(9, std::vector<std::string>{});
  columns_.SetGroups(11, std::vector<std::string>{"b"});
  const std::vector<IndexChunk> chunks = PackColumns(columns_);
  for (const IndexChunk& chunk : chunks) {
    if (chunk.column != Column::kDirectory) continue;
    directory_ = *IndexDirectory::Decode(chunk.bytes);
  }
  const MapChunks reader(chunks);
  ChunkColumns packed(reader, directory_, kTraces, size_t{1} << 30);
  for (ColumnSource* source : {static_cast<ColumnSource*>(&columns_),
                               static_cast<ColumnSource*>(&packed)}) {
    const auto found = source->Lookup(Column::kGroup, {}, "b");
    ASSERT_TRUE(found.ok()) << found.status();
    std::vector<uint32_t> traces;
    for (size_t i = 0; i < found->codes.size(); ++i) {
      if (found->codes[i] == found->code) traces.push_back(found->rows[i]);
    }
    EXPECT_EQ(traces, (std::vector<uint32_t>{3, 11}));
    EXPECT_TRUE(source->Lookup(Column::kGroup, {}, "c")->codes.empty());
  }
}

}  // namespace
}  // namespace roentgen::storage
