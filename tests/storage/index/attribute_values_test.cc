// Which traces may have an attribute of some value: never one too few, whether
// the columns are in memory or packed, of old batches or damaged.
#include "storage/index/attribute_values.h"

#include <algorithm>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/engine/trace_predicate.h"
#include "storage/index/batch_index.h"
#include "storage/index/chunk_columns.h"
#include "storage/index/index_columns.h"
#include "storage/index/index_format.h"
#include "storage/index/predicate_evaluator.h"
#include "tests/storage/index/index_fixture.h"
#include "tests/support/spans.h"
#include "trace/model/record.h"
#include "trace/span/span_view.h"
#include "trace/span/value_code.h"

namespace roentgen::storage {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using testing_support::IndexFixture;
using testing_support::MapChunks;
using testing_support::SpanSpec;

constexpr uint32_t kTraces = 12'800;  // 100 slices.

std::vector<uint32_t> Packed(const std::string& bytes, const std::string& key,
                             std::vector<uint64_t> codes) {
  const auto slices = FindSlices(bytes, key, codes);
  EXPECT_TRUE(slices.ok()) << slices.status();
  return slices.ok() ? *slices : std::vector<uint32_t>();
}

TEST(AttributeValues, FewManyAndAllSlicesComeBack) {
  AttributeValues values;
  AttributeValues::Key method("rpc.method"), other("other");
  std::vector<uint32_t> all, odd;
  for (uint32_t slice = 0; slice < kTraces / kTracesPerSlice; ++slice) {
    all.push_back(slice);
    if (slice % 2 == 1) odd.push_back(slice);
    values.Add(method, 1, slice);
    if (slice % 2 == 1) values.Add(method, 2, slice);
    if (slice == 7 || slice == 99) values.Add(method, 3, slice);
  }
  const std::string bytes = values.Pack(kTraces);
  for (const auto& [code, slices] :
       {std::pair(uint64_t{1}, all), std::pair(uint64_t{2}, odd),
        std::pair(uint64_t{3}, std::vector<uint32_t>{7, 99}),
        std::pair(uint64_t{4}, std::vector<uint32_t>())}) {
    EXPECT_EQ(values.Find("rpc.method", {{code}}), slices) << code;
    EXPECT_EQ(Packed(bytes, "rpc.method", {code}), slices) << code;
  }
  EXPECT_EQ(Packed(bytes, "rpc.method", {3, 4, 2}).size(), odd.size());
  EXPECT_THAT(Packed(bytes, "other", {1, 2, 3}), IsEmpty());
  EXPECT_LT(bytes.size(), 40u);
}

// On disk: never change them.
TEST(AttributeValues, BytesStayAsTheyAre) {
  AttributeValues values;
  AttributeValues::Key method("rpc.method");
  for (const char* text : {"GetCart", "GetProduct"}) {
    values.Add(method, CodeOfText(text), 0);
  }
  values.Add(method, CodeOfText("GetCart"), 2);
  values.Add(method,
             CodeOfValue({.kind = AnyValueView::Kind::kInt, .integer = 7}), 1);
  EXPECT_EQ(absl::BytesToHexString(values.Pack(1'400)),
            "0b0300dd26a76f7ec5b91c02050001010100");
}

TEST(AttributeValues, BeyondTheMostValuesOfAKeyAnyMayBeThere) {
  AttributeValues values;
  AttributeValues::Key key("id"), other("other");
  for (uint64_t code = 1; code < 10'000; ++code) {
    values.Add(key, code, static_cast<uint32_t>(code / 100));
  }
  values.Add(other, 1, 0);
  const std::string bytes = values.Pack(kTraces);
  for (uint64_t code : {uint64_t{1}, uint64_t{5'000}, uint64_t{9'999}}) {
    EXPECT_THAT(Packed(bytes, "id", {code, kAnyValueCode}),
                testing::Contains(static_cast<uint32_t>(code / 100)));
  }
  EXPECT_THAT(Packed(bytes, "other", {2, kAnyValueCode}), IsEmpty());
  EXPECT_LT(bytes.size(), 25'000u);
}

TEST(AttributeValues, MemoryIsThatOfTheTableAndTheSlices) {
  AttributeValues values;
  const size_t empty = values.MemoryBytes();
  AttributeValues::Key key("k"), other("other");
  // One value that many slices have: a number each, with room for as many.
  for (uint32_t slice = 0; slice < 100'000; ++slice) values.Add(key, 1, slice);
  const size_t wide = values.MemoryBytes();
  EXPECT_GE(wide, empty + 100'000 * sizeof(uint32_t));
  EXPECT_LE(wide, empty + 2 * 100'000 * sizeof(uint32_t) + 1'000);
  for (uint32_t slice = 0; slice < 100'000; ++slice) {
    values.Add(key, 1, 99'999);  // Is there.
  }
  EXPECT_EQ(values.MemoryBytes(), wide);
  // Many values of a slice each: the table, a quarter to half of it free.
  constexpr size_t kValues = 4'000;
  constexpr size_t kSlot = sizeof(std::pair<uint64_t, std::vector<uint32_t>>);
  for (uint64_t code = 1; code <= kValues; ++code) values.Add(other, code, 0);
  EXPECT_GE(values.MemoryBytes(), wide + kValues * (kSlot + sizeof(uint32_t)));
  EXPECT_LE(values.MemoryBytes(),
            wide + kValues * 9 / 4 * (kSlot + 1 + sizeof(uint32_t)));
}

TEST(AttributeValues, DamagedBytesAreNoticedOrAnswer) {
  AttributeValues values;
  AttributeValues::Key key("k");
  for (uint64_t code = 1; code <= 60; ++code) {
    for (uint32_t slice = 0; slice < 12; slice += 1 + code % 12) {
      values.Add(key, code, slice);
    }
  }
  const std::string bytes = values.Pack(12 * kTracesPerSlice);
  const uint64_t seed = 20'261'128;
  SCOPED_TRACE(seed);
  std::mt19937_64 random(seed);
  int refused = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string damaged = bytes;
    damaged[random() % damaged.size()] = static_cast<char>(random());
    if (i % 4 == 0) damaged.resize(random() % damaged.size());
    const uint64_t code = 1 + random() % 60;
    const auto slices = FindSlices(damaged, "k", {{code}});
    refused += slices.ok() ? 0 : 1;
    EXPECT_TRUE(slices.ok() || absl::IsDataLoss(slices.status()));
  }
  EXPECT_GT(refused, 100);
}

// A trace of one span.
TraceRecords TraceOf(const SpanSpec& spec) {
  NewRecord record = testing_support::Record(spec);
  TraceRecords trace;
  trace.trace_id = record.trace_id;
  trace.records.push_back({.sequence = {1, 0},
                           .received = {1'700'000'000'000'000'000},
                           .format = record.format,
                           .document = std::move(record.document),
                           .context = record.context});
  return trace;
}

// Of names that all spans of a resource have as annotations, too.
TEST(IndexColumnsTest, NamesOfContextsTakeMemory) {
  constexpr size_t kNames = 500;
  constexpr size_t kNameBytes = 200;
  SpanSpec spec{.trace = 1};
  const size_t plain = IndexFixture({TraceOf(spec)}).columns().MemoryBytes();
  for (size_t i = 0; i < kNames; ++i) {
    std::string name = std::to_string(i);
    name.resize(kNameBytes, 'n');
    spec.resource.emplace_back(std::move(name), "value");
  }
  const size_t named = IndexFixture({TraceOf(spec)}).columns().MemoryBytes();
  // Once in the text of all of them, and once each.
  EXPECT_GE(named, plain + 2 * kNames * kNameBytes);
  EXPECT_LE(named, plain + 4 * kNames * kNameBytes);
}

class AttributeSearch : public testing::Test {
 protected:
  AttributeSearch() {
    for (uint64_t i = 0; i < 300; ++i) {
      specs_.push_back(
          {.trace = i + 1,
           // Some are subsegments, which no annotation tells their resource of.
           .parent = i % 8 < 4 ? 0u : 99u,
           .kind = 1 + i % 4,
           .attributes = {{"http.url", "/items/" + std::to_string(i)},
                          {"http.method", i % 2 == 0 ? "GET" : "PUT"}},
           .resource = {{"pod", "p" + std::to_string(i / 100)}}});
    }
    std::vector<TraceRecords> traces;
    for (const SpanSpec& spec : specs_) traces.push_back(TraceOf(spec));
    index_.emplace(traces);
  }

  static std::vector<uint32_t> Find(const TracePredicate& predicate,
                                    ColumnSource& source) {
    uint64_t rows = 0;
    const auto match = EvaluatePredicate(predicate, source, rows);
    EXPECT_TRUE(match.ok()) << match.status();
    std::vector<uint32_t> out;
    if (match.ok()) match->may.ForEach([&](uint32_t i) { out.push_back(i); });
    return out;
  }

  // What a search by key and text asks for.
  static TracePredicate Asked(const std::string& key, const std::string& text) {
    using P = TracePredicate;
    const TextTest test{TextOp::kEqual, text};
    return {P::AnyOf{{{P::AnnotationText{key, test}},
                      {P::AnnotationText{"otel.resource." + key, test}},
                      {P::Attribute{key, text}}}}};
  }

  // No trace that has it is missing.
  void ExpectAll(const std::string& key, const std::string& text,
                 ColumnSource& source) {
    const std::vector<uint32_t> found = Find(Asked(key, text), source);
    for (uint32_t i = 0; i < specs_.size(); ++i) {
      SpanSpec::Attributes all = specs_[i].attributes;
      all.insert(all.end(), specs_[i].resource.begin(),
                 specs_[i].resource.end());
      if (std::find(all.begin(), all.end(), std::pair(key, text)) ==
          all.end()) {
        continue;
      }
      EXPECT_TRUE(std::binary_search(found.begin(), found.end(), i))
          << key << "=" << text << " trace " << i;
    }
  }

  std::vector<SpanSpec> specs_;
  std::optional<IndexFixture> index_;
};

TEST_F(AttributeSearch, NoTraceIsMissingAndAbsentValuesFindNone) {
  ChunkColumns packed = index_->Packed();
  for (ColumnSource* source : {static_cast<ColumnSource*>(&index_->columns()),
                               static_cast<ColumnSource*>(&packed)}) {
    for (uint64_t i = 0; i < 300; i += 7) {
      ExpectAll("http.url", "/items/" + std::to_string(i), *source);
    }
    for (const char* method : {"GET", "PUT"}) {
      ExpectAll("http.method", method, *source);
    }
    for (const char* pod : {"p0", "p1", "p2"}) ExpectAll("pod", pod, *source);
    EXPECT_THAT(Find(Asked("http.url", "/items/77"), *source),
                SizeIs(testing::Le(kTracesPerSlice)));
    for (const char* key :
         {"http.url", "http.method", "pod", "service.name", "no.such.key"}) {
      EXPECT_THAT(Find(Asked(key, "absent"), *source), IsEmpty()) << key;
    }
  }
  EXPECT_TRUE(index_->chunks().Has(Column::kAttributeValue, Part::kFilter, ""));
}

// None of these members is in any trace: nothing has to be looked at.
TEST_F(AttributeSearch, AbsentMembersOfSpansFindNone) {
  using P = TracePredicate;
  ChunkColumns packed = index_->Packed();
  EXPECT_THAT(Find({P::Operation{.statuses = kErrorStatuses}}, packed),
              IsEmpty());
  for (const std::string_view member :
       {kScopeNameMember, kScopeVersionMember, kTraceStateMember,
        kStatusTextMember, kEventMember}) {
    EXPECT_THAT(Find({P::Attribute{std::string(member), "absent"}}, packed),
                IsEmpty());
  }
}

}  // namespace
}  // namespace roentgen::storage
