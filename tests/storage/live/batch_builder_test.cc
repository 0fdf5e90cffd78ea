// Sealing reads each field of a request once, and adds what it knows of it to
// blocks and index. The batch must be the one that reading each span by itself
// makes.
#include "storage/live/batch_builder.h"

#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "opentelemetry/proto/trace/v1/trace.pb.h"
#include "storage/index/batch_index.h"
#include "storage/record/context_table.h"
#include "tests/support/calls.h"
#include "tests/support/span_builder.h"
#include "tests/support/spans.h"
#include "tests/trace/mapping/random_spans.h"
#include "trace/assembly/trace.h"
#include "trace/mapping/record_document.h"

namespace roentgen::storage {
namespace {

constexpr size_t kTraces = 60;
constexpr size_t kRecordsPerRequest = 9;

std::string HexId(uint64_t n, size_t digits) {
  const std::string text = std::to_string(n);
  return std::string(digits - text.size(), '1') + text;
}

// Fields in ascending order, as exporters write them: only such spans are cut.
std::string InOrder(const std::string& bytes) {
  opentelemetry::proto::trace::v1::Span span;
  EXPECT_TRUE(span.ParseFromString(bytes));
  return span.SerializeAsString();
}

// Spans of many traces, mixed, as a collector sends them.
std::vector<std::pair<TraceId, StoredRecord>> RandomSpans(std::mt19937& random,
                                                          size_t count) {
  std::vector<std::pair<TraceId, StoredRecord>> spans;
  RecordDocuments documents;
  SegmentDocument document;
  for (size_t i = 0; i < count; ++i) {
    std::vector<std::string> lines = testing_support::RandomSpanLines(random);
    lines.push_back("trace " + HexId(random() % kTraces, 32));
    lines.push_back("id " + HexId(i, 16));
    StoredRecord record = testing_support::SpanOf(lines);
    // Some are kept whole.
    if (i % 10 != 0) record.document = InOrder(record.document);
    record.sequence = {1 + i / kRecordsPerRequest,
                       static_cast<uint32_t>(i % kRecordsPerRequest)};
    record.received.ns = static_cast<int64_t>(record.sequence.commit) * 1'000;
    EXPECT_TRUE(
        documents.Read(record, SpanPlace::kInService, Texts::kOmitted, document)
            .ok());
    spans.emplace_back(document.trace_id, std::move(record));
  }
  return spans;
}

class BatchBuilderTest : public testing::Test {
 protected:
  void Fill(uint32_t seed, size_t count) {
    std::mt19937 random(seed);
    RecordBlockBuilder builder(RecordBlockBuilder::Form::kRequest);
    std::vector<std::pair<size_t, size_t>> places;  // Of the request's records.
    const auto finish = [&] {
      const auto block = std::make_shared<const std::string>(builder.Finish());
      for (const auto& [trace, i] : places) {
        to_seal_[trace].part.records[i].block = block;
      }
      places.clear();
    };
    SegmentDocument document;
    RecordDocuments documents;
    for (auto& [id, record] : RandomSpans(random, count)) {
      size_t trace = 0;
      while (trace < to_seal_.size() && to_seal_[trace].id != id) ++trace;
      if (trace == to_seal_.size()) {
        to_seal_.push_back({.id = id, .part = {}});
        traces_.push_back({id, {}});
      }
      ASSERT_TRUE(
          documents
              .Read(record, SpanPlace::kInService, Texts::kOmitted, document)
              .ok());
      places.emplace_back(trace, to_seal_[trace].part.records.size());
      to_seal_[trace].part.records.push_back(
          {.sequence = record.sequence,
           .received = record.received,
           .block = nullptr,
           .index = static_cast<uint32_t>(builder.records()),
           .document_bytes = static_cast<uint32_t>(record.document.size()),
           .own_id = document.root().id});
      builder.Add(id, document.root().id, record.format, record.document,
                  record.context);
      traces_[trace].records.push_back(std::move(record));
      if (builder.records() == kRecordsPerRequest) finish();
    }
    if (!places.empty()) finish();
  }

  static void Add(const testing_support::SpanSpec& spec,
                  TraceRecords& records) {
    const NewRecord record = testing_support::Record(spec);
    records.trace_id = record.trace_id;
    records.records.push_back({.sequence = {1 + records.records.size(), 0},
                               .received = {5},
                               .format = record.format,
                               .document = record.document,
                               .context = record.context});
  }

  std::vector<TraceToSeal> to_seal_;
  std::vector<TraceRecords> traces_;  // The same.
};

TEST_F(BatchBuilderTest, TheIndexIsThatOfTracesReadByThemselves) {
  ASSERT_NO_FATAL_FAILURE(Fill(7, 900));
  const auto built =
      BuildBatch(to_seal_, {}, [](const Trace&) { return ResolvedLinks(); });
  ASSERT_TRUE(built.ok()) << built.status();
  IndexColumns columns{IndexColumns::Summaries::kTold};
  for (const TraceRecords& records : traces_) {
    const auto trace = AssembleTrace(records, testing_support::AnyCall());
    ASSERT_TRUE(trace.ok()) << trace.status();
    columns.Add(*trace, records.records.back().received);
  }
  const std::vector<IndexChunk> expected = PackColumns(columns);
  ASSERT_EQ(built->chunks.size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    SCOPED_TRACE(static_cast<int>(expected[i].column));
    SCOPED_TRACE(expected[i].annotation_key);
    EXPECT_EQ(built->chunks[i].column, expected[i].column);
    EXPECT_EQ(built->chunks[i].annotation_key, expected[i].annotation_key);
    EXPECT_EQ(built->chunks[i].part, expected[i].part);
    EXPECT_EQ(built->chunks[i].bytes, expected[i].bytes);
  }
}

TEST_F(BatchBuilderTest, EveryRecordIsWhereItsLocatorSays) {
  ASSERT_NO_FATAL_FAILURE(Fill(8, 700));
  const auto built =
      BuildBatch(to_seal_, {}, [](const Trace&) { return ResolvedLinks(); });
  ASSERT_TRUE(built.ok()) << built.status();
  const auto contexts = UnpackContexts(built->contexts);
  ASSERT_TRUE(contexts.ok()) << contexts.status();
  ASSERT_EQ(built->locators.size(), traces_.size());
  for (size_t t = 0; t < traces_.size(); ++t) {
    const Locator& locator = built->locators[t];
    ASSERT_EQ(locator.records, traces_[t].records.size());
    const auto block =
        RecordBlock::Parse(built->blocks.at(locator.block), &*contexts);
    ASSERT_TRUE(block.ok()) << block.status();
    for (uint32_t i = 0; i < locator.records; ++i) {
      EXPECT_EQ(block->Get(locator.first + i, traces_[t].trace_id),
                traces_[t].records[i]);
    }
  }
}

// More different fields than a reader remembers, in one trace or in many.
TEST_F(BatchBuilderTest, FieldsThatNobodySharesAreForgotten) {
  constexpr uint64_t kSpans = 500;
  constexpr uint64_t kAttributes = 450;
  for (const uint64_t traces : {uint64_t{1}, uint64_t{2}, kSpans}) {
    SCOPED_TRACE(traces);
    std::vector<TraceRecords> records(traces);
    for (uint64_t i = 0; i < kSpans; ++i) {
      testing_support::SpanSpec spec{.trace = i % traces + 1, .id = i + 1};
      for (uint64_t a = 0; a < kAttributes; ++a) {
        spec.attributes.emplace_back("k" + std::to_string(a % 400),
                                     std::to_string(i * kAttributes + a));
      }
      Add(spec, records[i % traces]);
    }
    IndexColumns columns{IndexColumns::Summaries::kTold};
    std::vector<TraceToSeal> to_seal;
    for (const TraceRecords& r : records) {
      auto open = ToOpenRecords(r.trace_id, r.records);
      ASSERT_TRUE(open.ok()) << open.status();
      to_seal.push_back(
          {.id = r.trace_id, .part = {.records = std::move(open->records)}});
      const auto trace = AssembleTrace(r, testing_support::AnyCall());
      ASSERT_TRUE(trace.ok()) << trace.status();
      columns.Add(*trace, {5});
    }
    const auto built =
        BuildBatch(to_seal, {}, [](const Trace&) { return ResolvedLinks(); });
    ASSERT_TRUE(built.ok()) << built.status();
    const std::vector<IndexChunk> expected = PackColumns(columns);
    ASSERT_EQ(built->chunks.size(), expected.size());
    for (size_t i = 0; i < expected.size(); ++i) {
      EXPECT_EQ(built->chunks[i].bytes, expected[i].bytes)
          << expected[i].annotation_key;
    }
  }
}

// Two traces of three spans each, of which one has too many attributes: its row
// says that it may have any, and what was told before that stays.
TEST_F(BatchBuilderTest, ATraceWithTooManyAttributesIsToBeLookedAt) {
  IndexColumns columns{IndexColumns::Summaries::kTold};
  BlockReader reader(10);
  TraceAssembler assembler;
  for (const uint64_t attributes : {uint64_t{3}, uint64_t{4}}) {
    TraceRecords records;
    for (uint64_t i = 0; i < 3; ++i) {
      testing_support::SpanSpec spec{.trace = attributes, .id = i + 1};
      for (uint64_t a = 0; a < attributes; ++a) {
        spec.attributes.emplace_back(
            "k" + std::to_string(i) + "." + std::to_string(a),
            "v" + std::to_string(a));
      }
      Add(spec, records);
    }
    const auto open = ToOpenRecords(records.trace_id, records.records);
    ASSERT_TRUE(open.ok()) << open.status();
    const auto trace =
        reader.Assemble(records.trace_id, open->records, assembler);
    ASSERT_TRUE(trace.ok()) << trace.status();
    columns.Add(**trace, {5}, {}, reader.numbering());
    const SegmentDocument& last = (*trace)->documents.back();
    EXPECT_EQ(last.attributes_left_out, attributes == 4);
    EXPECT_EQ(last.annotations.capacity() == 0, attributes == 4);
  }
  const std::vector<uint32_t> second{1};
  EXPECT_EQ(columns.rows(Column::kAnnotationOther), second);
  EXPECT_EQ(columns.rows(Column::kAttributeOther), second);
  EXPECT_EQ(columns.annotation_texts().at("k2.0").rows,
            std::vector<uint32_t>{0});
  EXPECT_EQ(columns.annotation_texts().at("k1.3").rows, second);
  EXPECT_FALSE(columns.annotation_texts().contains("k2.3"));
}

// A trace of very many texts, the last of them under a key of its own, and one
// that shares some.
TEST_F(BatchBuilderTest, NewTextsOfATraceEndAtALimit) {
  constexpr uint64_t kKeys = 500;
  constexpr uint64_t kSpans = limits::kIndexedTraceTextsMax / kKeys + 1;
  TraceRecords many, few;
  for (uint64_t i = 0; i < kSpans; ++i) {
    testing_support::SpanSpec spec{.trace = 1, .id = i + 1};
    for (uint64_t a = 0; a < kKeys; ++a) {
      spec.attributes.emplace_back("k" + std::to_string(a),
                                   std::to_string(i * kKeys + a));
    }
    Add(spec, many);
  }
  Add({.trace = 1, .id = kSpans + 1, .attributes = {{"customer", "c1"}}}, many);
  Add({.trace = 2, .id = 1, .attributes = {{"k0", "0"}, {"k1", "new"}}}, few);
  const auto large = AssembleTrace(many, testing_support::AnyCall());
  const auto small = AssembleTrace(few, testing_support::AnyCall());
  ASSERT_TRUE(large.ok() && small.ok());
  IndexColumns columns{IndexColumns::Summaries::kTold};
  columns.Add(*large, {5});
  EXPECT_FALSE(columns.annotation_texts().contains("customer"));
  columns.Add(*small, {5});
  EXPECT_EQ(columns.rows(Column::kAnnotationOther), std::vector<uint32_t>{0});
  EXPECT_EQ(columns.annotation_texts().at("k0").rows.back(), 1U);
  EXPECT_EQ(columns.annotation_texts().at("k1").rows.back(), 1U);
}

// Numbers of attributes hold for one reader.
TEST_F(BatchBuilderTest, ReadersOfOneIndexDoNotMixTheirAttributes) {
  ASSERT_NO_FATAL_FAILURE(Fill(9, 300));
  IndexColumns numbered, columns;
  for (size_t t = 0; t < traces_.size(); ++t) {
    BlockReader reader;
    TraceAssembler assembler;
    const auto trace =
        reader.Assemble(to_seal_[t].id, to_seal_[t].part.records, assembler);
    ASSERT_TRUE(trace.ok()) << trace.status();
    numbered.Add(**trace, {1}, {}, reader.numbering());
    columns.Add(**trace, {1});
  }
  const std::vector<IndexChunk> got = PackColumns(numbered);
  const std::vector<IndexChunk> expected = PackColumns(columns);
  ASSERT_EQ(got.size(), expected.size());
  for (size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(got[i].bytes, expected[i].bytes) << expected[i].annotation_key;
  }
}

}  // namespace
}  // namespace roentgen::storage
