// Index chunks with flipped, cut or swapped bytes: searches answer or say
// DataLoss, and never touch what is not theirs.
//
// The seed is printed; ROENTGEN_SEED repeats a run.
#include <random>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "query/plan/planner.h"
#include "storage/index/batch_index.h"
#include "storage/index/chunk_columns.h"
#include "storage/index/column_aggregate.h"
#include "storage/index/column_graph.h"
#include "storage/index/column_summaries.h"
#include "storage/index/predicate_evaluator.h"
#include "storage/index/service_key.h"
#include "tests/storage/index/index_fixture.h"
#include "tests/support/expressions.h"

namespace roentgen::storage {
namespace {

using testing_support::IndexFixture;
using testing_support::MapChunks;

// Whatever the status is, it is one of these.
void ExpectAnswerOrDataLoss(const absl::Status& status) {
  EXPECT_TRUE(status.ok() || absl::IsDataLoss(status) ||
              absl::IsResourceExhausted(status))
      << status;
}

class DamagedIndexTest : public testing::Test {
 protected:
  DamagedIndexTest() : chunks_(PackColumns(index_.columns())) {
    testing_support::RandomExpressions expressions(seed_);
    for (int i = 0; i < 60; ++i) {
      plans_.push_back(query::PlanFilter(expressions.Next()));
    }
  }

  void SearchAll(const std::vector<IndexChunk>& chunks,
                 const IndexDirectory& directory) {
    const MapChunks reader(chunks);
    const auto traces = static_cast<uint32_t>(index_.traces().size());
    uint64_t rows = 0;
    for (const TracePredicate& plan : plans_) {
      ChunkColumns columns(reader, directory, traces, size_t{1} << 28);
      const auto match = EvaluatePredicate(plan, columns, rows);
      ExpectAnswerOrDataLoss(match.status());
      refused_ += match.ok() ? 0 : 1;
    }
    for (int group = 0; group < 5; ++group) {
      ChunkColumns columns(reader, directory, traces, size_t{1} << 28);
      AggregateResult result;
      ExpectAnswerOrDataLoss(
          AggregateColumns({.group_by = static_cast<GroupBy>(group),
                            .annotation_key = "tenant"},
                           TraceBitmap(traces, true), columns, result)
              .status());
    }
    ReadSummaries(reader, directory);
    ChunkColumns columns(reader, directory, traces, size_t{1} << 28);
    GraphPeriods periods;
    const absl::Status status =
        AddColumnGraph(columns, TraceBitmap(traces, true),
                       GraphWindow(TimeRange(), absl::Minutes(1)), -1, periods);
    ExpectAnswerOrDataLoss(status);
    refused_ += status.ok() ? 0 : 1;
  }

  void ReadSummaries(const MapChunks& reader, const IndexDirectory& directory) {
    const auto traces = static_cast<uint32_t>(index_.traces().size());
    ChunkColumns columns(reader, directory, traces, size_t{1} << 28);
    ColumnSummaries summaries(columns);
    bool refused = false;
    for (uint32_t i = 0; i < traces; ++i) {
      const auto summary = summaries.Read(index_.traces()[i].id, i);
      ExpectAnswerOrDataLoss(summary.status());
      refused |= !summary.ok();
    }
    refused_ += refused ? 1 : 0;
  }

  IndexDirectory DirectoryOf(const std::vector<IndexChunk>& chunks) {
    for (const IndexChunk& chunk : chunks) {
      if (chunk.column != Column::kDirectory) continue;
      auto directory = IndexDirectory::Decode(chunk.bytes);
      if (directory.ok()) return *std::move(directory);
      EXPECT_TRUE(absl::IsDataLoss(directory.status()));
      ++refused_;
    }
    return IndexDirectory();
  }

  const uint64_t seed_ = testing_support::RunSeed(20'261'126);
  std::mt19937_64 random_{seed_};
  IndexFixture index_{60, 5};
  const std::vector<IndexChunk> chunks_;
  std::vector<TracePredicate> plans_;
  int refused_ = 0;
};

TEST_F(DamagedIndexTest, FlippedBytesOfAnyChunk) {
  for (int i = 0; i < 400; ++i) {
    std::vector<IndexChunk> chunks = chunks_;
    std::string& bytes = chunks[random_() % chunks.size()].bytes;
    if (bytes.empty()) continue;
    if (random_() % 4 == 0) bytes.resize(random_() % bytes.size());
    for (uint64_t n = 1 + random_() % 3; n > 0 && !bytes.empty(); --n) {
      bytes[random_() % bytes.size()] = static_cast<char>(random_());
    }
    SearchAll(chunks, DirectoryOf(chunks));
  }
  EXPECT_GT(refused_, 100);
}

// A directory that decodes and lies: what counts is checked where it is used.
TEST_F(DamagedIndexTest, DirectoriesThatLie) {
  const IndexDirectory truth = DirectoryOf(chunks_);
  for (size_t at = 0; at < truth.columns().size(); ++at) {
    for (int lie = 0; lie < 12; ++lie) {
      std::vector<ColumnInfo> columns = truth.columns();
      ColumnInfo& info = columns[at];
      if (lie < 6) info.parts ^= 1U << lie;
      if (lie == 6) info.rows += 1;
      if (lie == 7) info.rows = 0;
      if (lie == 8) columns.erase(columns.begin() + std::ptrdiff_t(at));
      if (lie == 9) info.parts = 0;
      if (lie == 10) info.column = columns[random_() % columns.size()].column;
      if (lie == 11) info.rows_of = random_() % (columns.size() + 2);
      SearchAll(chunks_, IndexDirectory(std::move(columns)));
    }
  }
  EXPECT_GT(refused_, 100);
}

// Every chunk stands where another belongs, once.
TEST_F(DamagedIndexTest, ChunksInOtherPlaces) {
  const IndexDirectory truth = DirectoryOf(chunks_);
  for (size_t at = 0; at < chunks_.size(); ++at) {
    for (int i = 0; i < 5; ++i) {
      std::vector<IndexChunk> chunks = chunks_;
      chunks[at].bytes = chunks_[random_() % chunks_.size()].bytes;
      SearchAll(chunks, truth);
    }
  }
  EXPECT_GT(refused_, 100);
}

TEST_F(DamagedIndexTest, DirectoriesOfAnyBytes) {
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes(random_() % 40, '\0');
    for (char& c : bytes) c = static_cast<char>(random_() % 6);
    const auto decoded = IndexDirectory::Decode(bytes);
    if (!decoded.ok()) {
      ASSERT_TRUE(absl::IsDataLoss(decoded.status()));
    }
  }
}

TEST(ServiceKeyTest, AnyBytesComeBack) {
  const std::string parts[] = {"",   "a",   std::string(1, '\0'),
                               "\1", "\1z", std::string("\1\0e\1", 4),
                               "b\1"};
  for (const std::string& name : parts) {
    for (const std::string& type : parts) {
      for (const std::string& account : parts) {
        const ServiceId service{
            .name = name, .type = type, .account_id = account};
        EXPECT_EQ(SplitServiceKey(ServiceKeyOf(service)), service);
      }
    }
  }
  EXPECT_EQ(SplitServiceKey("lone").name, "lone");
}

TEST(ServiceKeyTest, AnyAliasComesBackAndIsNotEmpty) {
  for (const std::string name : {"", "a", "\1", "\1z"}) {
    for (const std::string type : {"", "remote"}) {
      std::string key;
      AppendAliasKey({.name = name, .type = type, .account_id = "no"}, key);
      EXPECT_EQ(SplitAliasKey(key), (ServiceAlias{.name = name, .type = type}));
      EXPECT_FALSE(key.empty());
    }
  }
  EXPECT_EQ(SplitAliasKey("lone").name, "lone");
}

}  // namespace
}  // namespace roentgen::storage
