// The index of a batch must say of each trace just what its summary says.
#include "storage/index/batch_index.h"

#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/limits.h"
#include "gtest/gtest.h"
#include "storage/index/column_codec.h"
#include "storage/index/index_columns.h"
#include "storage/index/text_dictionary.h"
#include "storage/index/text_filter.h"
#include "tests/storage/index/index_fixture.h"
#include "tests/support/calls.h"
#include "tests/support/segments.h"
#include "tests/support/spans.h"
#include "trace/assembly/observations.h"
#include "trace/assembly/summarize.h"
#include "trace/assembly/trace.h"
#include "trace/model/operation.h"
#include "trace/model/record.h"

namespace roentgen::storage {
namespace {

using testing_support::IndexFixture;

std::vector<int64_t> Numbers(ColumnSource& source, Column column) {
  const auto numbers = source.Numbers(column, {});
  EXPECT_TRUE(numbers.ok()) << numbers.status();
  return {numbers->values.begin(), numbers->values.end()};
}

std::vector<std::string> Texts(ColumnSource& source, Column column,
                               const std::string& key = "") {
  const auto texts = source.Texts(column, key);
  EXPECT_TRUE(texts.ok()) << texts.status();
  std::vector<std::string> out;
  for (uint32_t code : texts->codes) {
    out.emplace_back(texts->dictionary->at(code));
  }
  return out;
}

// Whether in memory or packed, columns say the same.
class BatchIndexTest : public testing::TestWithParam<bool> {
 protected:
  void Check(const std::function<void(ColumnSource&)>& check) {
    if (GetParam()) {
      ChunkColumns packed = index_.Packed();
      check(packed);
    } else {
      check(index_.columns());
    }
  }

  IndexFixture index_{1'500, 11};
};

INSTANTIATE_TEST_SUITE_P(Sources, BatchIndexTest, testing::Bool(),
                         [](const auto& kind) {
                           return kind.param ? "Packed" : "InMemory";
                         });

TEST_P(BatchIndexTest, TraceColumnsRepeatTheSummaries) {
  Check([&](ColumnSource& source) {
    const auto start = Numbers(source, Column::kStart);
    const auto duration = Numbers(source, Column::kDuration);
    const auto status = Numbers(source, Column::kHttpStatus);
    const auto url = Texts(source, Column::kHttpUrl);
    ASSERT_EQ(start.size(), index_.traces().size());
    for (size_t i = 0; i < index_.traces().size(); ++i) {
      const TraceSummary s = Summarize(index_.traces()[i]);
      EXPECT_EQ(start[i], s.start.ns);
      EXPECT_EQ(duration[i], absl::ToInt64Nanoseconds(*s.duration));
      EXPECT_EQ(status[i], s.http.status);
      EXPECT_EQ(url[i], s.http.url);
    }
  });
}

TEST_P(BatchIndexTest, NodeAndEdgeRowsRepeatTheObservations) {
  Check([&](ColumnSource& source) {
    const auto node_trace = source.Rows(Column::kNodeTrace, {});
    const auto edge_trace = source.Rows(Column::kEdgeTrace, {});
    ASSERT_TRUE(node_trace.ok() && edge_trace.ok());
    const auto service = Texts(source, Column::kNodeService);
    size_t row = 0, edge_row = 0;
    for (size_t i = 0; i < index_.traces().size(); ++i) {
      const TraceObservations seen = Observe(index_.traces()[i]);
      for (const NodeObservation& node : seen.nodes) {
        ASSERT_LT(row, node_trace->size());
        ASSERT_EQ((*node_trace)[row], i);
        EXPECT_EQ(service.at(row).substr(0, service[row].find('\0')),
                  seen.services[node.service].name);
        ++row;
      }
      for (size_t e = 0; e < seen.edges.size(); ++e) {
        ASSERT_EQ((*edge_trace)[edge_row++], i);
      }
    }
    EXPECT_EQ(row, node_trace->size());
    EXPECT_EQ(edge_row, edge_trace->size());
  });
}

TEST_P(BatchIndexTest, AnnotationsRepeatTheSummaries) {
  Check([&](ColumnSource& source) {
    for (const char* key : {"tenant", "customer"}) {
      const auto rows = source.Texts(Column::kAnnotationString, key);
      ASSERT_TRUE(rows.ok());
      const auto values = Texts(source, Column::kAnnotationString, key);
      std::set<std::pair<size_t, std::string>> indexed;
      for (size_t i = 0; i < values.size(); ++i) {
        indexed.insert({rows->rows[i], values[i]});
      }
      for (size_t i = 0; i < index_.traces().size(); ++i) {
        const TraceSummary s = Summarize(index_.traces()[i]);
        for (const AnnotationEntry& e : s.annotations.at(key)) {
          const auto& text = std::get<std::string>(e.value);
          EXPECT_EQ(indexed.erase({i, text}), 1u) << i << " " << text;
          const auto found =
              source.Lookup(Column::kAnnotationString, key, text);
          ASSERT_TRUE(found.ok());
          EXPECT_NE(
              std::count(found->codes.begin(), found->codes.end(), found->code),
              0);
          EXPECT_EQ(found->rows.size(), rows->rows.size());
        }
      }
      EXPECT_TRUE(indexed.empty());
      const auto absent = source.Lookup(Column::kAnnotationString, key, "no");
      ASSERT_TRUE(absent.ok());
      EXPECT_TRUE(absent->codes.empty());
    }
  });
}

TEST(PackedIndexTest, FiltersTurnAwayMostAbsentTexts) {
  const IndexFixture index(1'500, 11);
  ChunkColumns packed = index.Packed();
  int passed = 0;
  for (int i = 0; i < 1'000; ++i) {
    passed += *packed.MayHoldText(Column::kAnnotationString, "customer",
                                  "absent-" + std::to_string(i));
  }
  EXPECT_LT(passed, 30);
  EXPECT_FALSE(*packed.MayHoldText(Column::kAnnotationString, "no such", "x"));
}

std::string WithAnnotations(int trace, const std::string& annotations) {
  return R"({"trace_id":")" +
         testing_support::TraceNumber(static_cast<uint64_t>(trace + 1))
             .ToString() +
         R"(","id":"00000000000000aa","name":"s","start_time":1700000000,)"
         R"("end_time":1700000001,"annotations":{)" +
         annotations + "}}";
}

TEST(PackedIndexTest, LongTextsThatHardlyRepeatKeepPrints) {
  std::vector<std::vector<std::string>> traces;
  for (int i = 0; i < 2'000; ++i) {
    std::string text;
    for (int part = 0; part < 4; ++part) {
      text += std::to_string(static_cast<uint64_t>(i * 4 + part + 1) *
                             0x9E3779B97F4A7C15u);
    }
    traces.push_back({WithAnnotations(i, R"("request":")" + text + "\"")});
  }
  const IndexFixture index(traces);
  EXPECT_TRUE(
      index.chunks().Has(Column::kAnnotationString, Part::kPrints, "request"));
  EXPECT_FALSE(index.chunks().Has(Column::kAnnotationString, Part::kDictionary,
                                  "request"));
  ChunkColumns packed = index.Packed();
  const auto texts = packed.Texts(Column::kAnnotationString, "request");
  ASSERT_TRUE(texts.ok());
  ASSERT_EQ(texts->prints.size(), 2'000u);
  const TraceSummary s = Summarize(index.traces()[77]);
  EXPECT_EQ(texts->prints[77], PrintOf(std::get<std::string>(
                                   s.annotations.at("request").front().value)));
}

TEST(PackedIndexTest, NumbersNearOthersKeepDifferences) {
  IndexFixture index(300, 5);
  ChunkColumns packed = index.Packed();
  int differences = 0;
  for (Column column :
       {Column::kStart, Column::kDuration, Column::kResponseTime,
        Column::kEvent, Column::kServiceEnd, Column::kReceived,
        Column::kLatestStart}) {
    EXPECT_EQ(Numbers(packed, column), Numbers(index.columns(), column));
    differences += index.chunks().Has(column, Part::kDifferences, "") ? 1 : 0;
  }
  EXPECT_GE(differences, 2);
}

// Without a root or an end there is nothing to be near to.
TEST(PackedIndexTest, UnknownNumbersComeBack) {
  std::vector<std::vector<std::string>> traces;
  for (uint64_t i = 1; i <= 40; ++i) {
    traces.push_back({testing_support::Document(
        {.trace = i, .in_progress = i % 3 == 0, .parent = i % 2})});
  }
  IndexFixture index(traces);
  ChunkColumns packed = index.Packed();
  for (Column column : {Column::kResponseTime, Column::kServiceEnd,
                        Column::kEvent, Column::kLatestStart}) {
    EXPECT_EQ(Numbers(packed, column), Numbers(index.columns(), column));
  }
}

// More than a chunk may hold: the traces are looked at one by one instead.
TEST(PackedIndexTest, TooMuchTextIsSetAside) {
  const std::string filler(900, 'x');
  std::vector<std::vector<std::string>> traces;
  const size_t count = limits::kTextColumnBytesMax / 900 + 2;
  for (size_t i = 0; i < count; ++i) {
    traces.push_back({WithAnnotations(
        static_cast<int>(i),
        "\"k\":\"" + std::to_string(1'000'000 + i) + filler + "\"")});
  }
  const IndexFixture index(traces);
  ChunkColumns packed = index.Packed();
  const auto others = packed.Rows(Column::kAnnotationOther, {});
  ASSERT_TRUE(others.ok()) << others.status();
  EXPECT_FALSE(others->empty());
  EXPECT_EQ(others->back(), count - 1);
  EXPECT_TRUE(packed.Texts(Column::kAnnotationString, "k").ok());
}

TEST(PackedIndexTest, EqualRowsAreKeptOnce) {
  std::vector<std::vector<std::string>> traces;
  for (int i = 0; i < 100; ++i) {
    traces.push_back({WithAnnotations(
        i, i % 3 == 0 ? R"("a":"x","b":"y","c":1)" : R"("c":2)")});
  }
  const IndexFixture index(traces);
  const ColumnInfo* b = index.directory().Find(Column::kAnnotationString, "b");
  ASSERT_NE(b, nullptr);
  ASSERT_TRUE(b->rows_of.has_value());
  EXPECT_EQ(index.directory().columns()[*b->rows_of].key, "a");
  EXPECT_FALSE(index.chunks().Has(Column::kAnnotationString, Part::kRows, "b"));
  ChunkColumns packed = index.Packed();
  const auto rows = packed.Texts(Column::kAnnotationString, "b");
  ASSERT_TRUE(rows.ok()) << rows.status();
  ASSERT_EQ(rows->rows.size(), 34u);
  EXPECT_EQ(rows->rows[33], 99u);
}

// A column of its own, and none where there are none.
TEST(PackedIndexTest, IdsOf64BitsAreNamed) {
  const auto traces = [](const std::vector<std::string>& ids) {
    std::vector<std::vector<std::string>> documents;
    for (const std::string& id : ids) {
      documents.push_back({R"({"name":"a","id":"00000000000000ab",)"
                           R"("start_time":1,"end_time":2,"trace_id":")" +
                           id + "\"}"});
    }
    return documents;
  };
  const std::string whole = "1-00000001-000000000000000000000001";
  const std::string other = "1-00000000-000000010000000000000001";
  const std::string cut = "1-00000000-000000000000000000000001";
  const IndexFixture some(traces({whole, cut, other, cut}));
  ChunkColumns packed = some.Packed();
  const auto rows = packed.Rows(Column::kShortIdTrace, {});
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_EQ(std::vector<uint32_t>(rows->begin(), rows->end()),
            (std::vector<uint32_t>{1, 3}));
  const IndexFixture none(traces({whole, other}));
  EXPECT_EQ(none.directory().Find(Column::kShortIdTrace, {}), nullptr);
}

TEST(PackedIndexTest, TooManyKeysAreSetAside) {
  std::vector<std::vector<std::string>> traces;
  const int keys = static_cast<int>(limits::kIndexedKeysPerBatchMax);
  for (int i = 0; i <= keys; ++i) {
    traces.push_back(
        {WithAnnotations(i, "\"k" + std::to_string(i) + "\":true")});
  }
  const IndexFixture index(traces);
  ChunkColumns packed = index.Packed();
  const auto others = packed.Rows(Column::kAnnotationOther, {});
  ASSERT_TRUE(others.ok());
  ASSERT_EQ(others->size(), 1u);
  EXPECT_EQ(others->front(), static_cast<uint32_t>(keys));
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
    auto back = DecodeInts<int64_t>(EncodeInts<int64_t>(values));
    ASSERT_TRUE(back.ok()) << back.status();
    EXPECT_EQ(*back, values);
  }
}

TEST(ColumnCodecTest, SmallIntsComeBackAndLargeOnesAreRefused) {
  const std::vector<std::vector<uint32_t>> cases = {
      {}, {0}, {UINT32_MAX}, {0, UINT32_MAX}, {7, 8, 9}};
  for (const auto& values : cases) {
    auto back = DecodeInts<uint32_t>(EncodeInts<uint32_t>(values));
    ASSERT_TRUE(back.ok()) << back.status();
    EXPECT_EQ(*back, values);
  }
  EXPECT_FALSE(DecodeInts<uint32_t>(EncodeInts<int64_t>({-1})).ok());
  EXPECT_FALSE(
      DecodeInts<uint32_t>(EncodeInts<int64_t>({0, int64_t{1} << 32})).ok());
}

TEST(ColumnCodecTest, DictionariesComeBack) {
  const std::string long_text(5'000, 'x');
  const std::vector<std::vector<std::string_view>> cases = {
      {}, {""}, {"", "a", "ab", "abc", "b"}, {long_text}};
  for (const auto& values : cases) {
    auto back = UnpackDictionary(EncodeDictionary(values));
    ASSERT_TRUE(back.ok()) << back.status();
    ASSERT_EQ(back->size(), values.size());
    for (uint32_t i = 0; i < values.size(); ++i) {
      EXPECT_EQ(back->at(i), values[i]);
      EXPECT_EQ(back->Find(values[i]), i);
    }
    EXPECT_EQ(back->Find("absent"), std::nullopt);
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

// A trace of as many names as it has spans, and one of as many services.
TEST(TraceOfManyOperations, TakesLittleRoomInTheIndex) {
  TraceRecords records{.trace_id = testing_support::TraceNumber(1),
                       .records = {}};
  for (const bool services : {false, true}) {
    records.records.clear();
    for (uint64_t id = 1; id <= 8'000; ++id) {
      testing_support::SpanSpec spec{.id = id};
      (services ? spec.service : spec.name) =
          std::to_string(id) + std::string(480, 'x');
      NewRecord made = testing_support::Record(spec);
      records.records.push_back({.sequence = {1, uint32_t(id)},
                                 .received = {1},
                                 .format = made.format,
                                 .document = made.document,
                                 .context = made.context});
    }
    const absl::StatusOr<Trace> trace =
        AssembleTrace(records, testing_support::AnyCall());
    ASSERT_TRUE(trace.ok()) << trace.status();
    IndexColumns columns;
    columns.Add(*trace, {1});
    const GrowingDictionary& told =
        columns.texts(Column::kSpanOperation).dictionary;
    const size_t bytes_max =
        limits::kTraceOperationBytesMax * (services ? 2 : 1);
    EXPECT_LE(told.text_bytes(), bytes_max + 1'100);
    EXPECT_GT(told.text_bytes(), bytes_max - 1'100);
    EXPECT_TRUE(told.Find(services ? AnyOperation() : AnyOperationOf("shop")));
  }
}

}  // namespace
}  // namespace roentgen::storage
