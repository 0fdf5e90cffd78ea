// The index of a batch must say of each trace just what its summary says.
#include "storage/index/batch_index.h"

#include <map>
#include <set>
#include <string>
#include <vector>

#include "bench/support/segment_generator.h"
#include "gtest/gtest.h"
#include "storage/assembly/observations.h"
#include "storage/assembly/summarize.h"
#include "storage/index/column_codec.h"
#include "tests/support/segments.h"

namespace roentgen::storage {
namespace {

constexpr int64_t kStartUs = 1'700'000'000'000'000;

class BatchIndexTest : public testing::Test {
 protected:
  void Build(int traces) {
    bench::SegmentGenerator generator(11);
    BatchIndexBuilder builder;
    for (int i = 0; i < traces; ++i) {
      TraceRecords records;
      for (std::string& d : generator.Trace(kStartUs + i * 1'000)) {
        records.trace_id = testing_support::Record(d).trace_id;
        records.records.push_back(
            {.sequence = {1, uint32_t(records.records.size())},
             .received = {kStartUs * 1'000 + i},
             .document = std::move(d)});
      }
      absl::StatusOr<Trace> trace = AssembleTrace(records);
      ASSERT_TRUE(trace.ok());
      builder.Add(*trace, records.records.back().received);
      traces_.push_back(*std::move(trace));
    }
    for (IndexChunk& c : builder.Finish()) {
      chunks_[{c.column, c.annotation_key, c.part}] = std::move(c.bytes);
    }
  }

  std::vector<int64_t> Ints(Column column, Part part = Part::kValues,
                            const std::string& key = "") {
    auto ints = DecodeInts(chunks_.at({column, key, part}));
    EXPECT_TRUE(ints.ok()) << ints.status();
    return ints.ok() ? *ints : std::vector<int64_t>();
  }

  std::vector<std::string> Strings(Column column, const std::string& key = "") {
    auto dictionary =
        DecodeDictionary(chunks_.at({column, key, Part::kDictionary}));
    EXPECT_TRUE(dictionary.ok());
    EXPECT_TRUE(std::is_sorted(dictionary->begin(), dictionary->end()));
    std::vector<std::string> out;
    for (int64_t code : Ints(column, Part::kValues, key)) {
      out.push_back(dictionary->at(size_t(code)));
    }
    return out;
  }

  using Key = std::tuple<Column, std::string, Part>;
  std::vector<Trace> traces_;
  std::map<Key, std::string> chunks_;
};

TEST_F(BatchIndexTest, TraceColumnsRepeatTheSummaries) {
  Build(60);
  const auto start = Ints(Column::kStart);
  const auto duration = Ints(Column::kDuration);
  const auto status = Ints(Column::kHttpStatus);
  const auto url = Strings(Column::kHttpUrl);
  ASSERT_EQ(start.size(), traces_.size());
  for (size_t i = 0; i < traces_.size(); ++i) {
    const TraceSummary s = Summarize(traces_[i]);
    EXPECT_EQ(start[i], s.start.ns);
    EXPECT_EQ(duration[i], absl::ToInt64Nanoseconds(*s.duration));
    EXPECT_EQ(status[i], s.http.status);
    EXPECT_EQ(url[i], s.http.url);
  }
}

TEST_F(BatchIndexTest, NodeAndEdgeRowsRepeatTheObservations) {
  Build(60);
  const auto node_trace = Ints(Column::kNodeTrace);
  const auto service = Strings(Column::kNodeService);
  const auto edge_trace = Ints(Column::kEdgeTrace);
  size_t row = 0, edge_row = 0;
  for (size_t i = 0; i < traces_.size(); ++i) {
    const TraceObservations seen = Observe(traces_[i]);
    for (const NodeObservation& node : seen.nodes) {
      ASSERT_EQ(node_trace.at(row), int64_t(i));
      EXPECT_EQ(service.at(row).substr(0, service[row].find('\0')),
                node.service.name);
      ++row;
    }
    for (size_t e = 0; e < seen.edges.size(); ++e) {
      ASSERT_EQ(edge_trace.at(edge_row++), int64_t(i));
    }
  }
  EXPECT_EQ(row, node_trace.size());
  EXPECT_EQ(edge_row, edge_trace.size());
}

TEST_F(BatchIndexTest, AnnotationsAreFoundByColumnOrFilter) {
  Build(2'000);
  const auto rows = Ints(Column::kAnnotationString, Part::kRows, "tenant");
  const auto values = Strings(Column::kAnnotationString, "tenant");
  std::set<std::pair<int64_t, std::string>> indexed;
  for (size_t i = 0; i < rows.size(); ++i) indexed.insert({rows[i], values[i]});
  // Nearly unique values get filters.
  auto filter = AnnotationFilter::Parse(
      chunks_.at({Column::kAnnotationString, "customer", Part::kFilter}));
  ASSERT_TRUE(filter.ok());
  size_t false_hits = 0;
  for (size_t i = 0; i < traces_.size(); ++i) {
    const TraceSummary s = Summarize(traces_[i]);
    for (const AnnotationEntry& e : s.annotations.at("tenant")) {
      EXPECT_TRUE(
          indexed.contains({int64_t(i), std::get<std::string>(e.value)}));
    }
    for (const AnnotationEntry& e : s.annotations.at("customer")) {
      EXPECT_TRUE(filter->MayContain(i / kFilterTraces,
                                     std::get<std::string>(e.value)));
    }
    false_hits +=
        filter->MayContain(i / kFilterTraces, "absent-" + std::to_string(i));
  }
  EXPECT_LT(false_hits, traces_.size() / 20);
}

TEST(ColumnCodecTest, IntsComeBack) {
  const std::vector<std::vector<int64_t>> cases = {
      {},
      {0},
      {-1, -1, -1},
      {INT64_MIN, INT64_MAX, 0},
      {1, 255, 256},
      std::vector<int64_t>(10'000, 42),
      {1'700'000'000'000'000'000, 1'700'000'000'000'000'001}};
  for (const auto& values : cases) {
    auto back = DecodeInts(EncodeInts(values));
    ASSERT_TRUE(back.ok()) << back.status();
    EXPECT_EQ(*back, values);
  }
}

TEST(ColumnCodecTest, DictionariesComeBack) {
  const std::vector<std::vector<std::string>> cases = {
      {}, {""}, {"", "a", "ab", "abc", "b"}, {std::string(5'000, 'x')}};
  for (const auto& values : cases) {
    auto back = DecodeDictionary(EncodeDictionary(values));
    ASSERT_TRUE(back.ok()) << back.status();
    EXPECT_EQ(*back, values);
  }
}

TEST(ColumnCodecTest, OrderedBitsKeepTheOrderOfDoubles) {
  const double sorted[] = {-1e300, -2.5, -1e-300, 0.0, 1e-300, 1, 2.5, 1e300};
  for (size_t i = 1; i < std::size(sorted); ++i) {
    EXPECT_LT(OrderedBits(sorted[i - 1]), OrderedBits(sorted[i]));
    EXPECT_EQ(FromOrderedBits(OrderedBits(sorted[i])), sorted[i]);
  }
  EXPECT_EQ(OrderedBits(-0.0), OrderedBits(0.0));
}

}  // namespace
}  // namespace roentgen::storage
