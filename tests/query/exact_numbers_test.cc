// Numbers of annotations come back, are found and are counted as they are,
// whatever a double makes of them, in segments and spans, on every engine.
#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/numbers.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "query/search/summary_search.h"
#include "query/spans/span_search.h"
#include "tests/support/calls.h"
#include "tests/support/engines.h"
#include "tests/support/segments.h"
#include "tests/support/span_builder.h"

namespace roentgen::query {
namespace {

using storage::ExactNumber;
using testing_support::EngineKind;
using testing_support::EngineUnderTest;
using testing_support::SegmentSpec;
using testing_support::TraceNumber;

constexpr int64_t kStart = 1'700'000'000;
constexpr Timestamp kNow = Timestamp::FromSeconds(kStart + 100);

// As they are written, each once as a number.
const std::vector<std::string> kTexts = {
    "0", "3", "-3", "0.1", "9007199254740991", "9007199254740992",
    "9007199254740993", "9007199254740994", "9007199254740995",
    "-9007199254740992", "-9007199254740993", "-9007199254740994",
    "1152921504606846976", "1152921504606846977", "9223372036854775806",
    "9223372036854775807", "-9223372036854775808", "-9223372036854775807",
    // No integers of 64 bits any more.
    "9223372036854775808", "12345678901234567890123", "1e300"};

bool IsInteger(const std::string& text) {
  int64_t integer;
  return absl::SimpleAtoi(text, &integer);
}

ExactNumber NumberOf(const std::string& text) {
  int64_t integer;
  if (absl::SimpleAtoi(text, &integer)) return integer;
  double number = 0;
  EXPECT_TRUE(absl::SimpleAtod(text, &number));
  return number;
}

class ExactNumbersTest : public testing::TestWithParam<EngineKind> {
 protected:
  // Trace i + 1 has the number as a segment's annotation, 101 + i as a span's
  // attribute, 201 + i as its resource's.
  ExactNumbersTest() {
    std::vector<storage::NewRecord> records;
    for (uint64_t i = 0; i < kTexts.size(); ++i) {
      records.push_back(testing_support::Record(
          SegmentSpec{.trace = i + 1,
                      .extra = R"("annotations":{"n":)" + kTexts[i] + "},"}));
      // The builder of spans asks doubles to look like some.
      const bool is_double = !IsInteger(kTexts[i]) &&
                             kTexts[i].find_first_of(".e") == kTexts[i].npos;
      const std::string text = kTexts[i] + (is_double ? ".0" : "");
      records.push_back(Span(101 + i, "attr n = " + text));
      records.push_back(Span(201 + i, "resource n = " + text));
    }
    EXPECT_TRUE(
        storage::WriteAndWait(store_.engine(), std::move(records)).ok());
    store_.Settle();
  }

  static storage::NewRecord Span(uint64_t trace, const std::string& line) {
    const storage::TraceId id = TraceNumber(trace);
    std::string hex = id.ToString();
    std::erase(hex, '-');
    const storage::StoredRecord stored = testing_support::SpanOf(
        {"trace " + hex.substr(1), "kind SERVER", "name GET",
         "resource service.name = \"spans\"", "start 1700000000000000000",
         "end 1700000001000000000", line});
    return testing_support::AsNewRecord(stored);
  }

  static int NumberOfTrace(const storage::TraceId& id) {
    return id.bytes[14] * 256 + id.bytes[15];
  }

  std::vector<int> Find(const std::string& expression) {
    const SummarySearch search(store_.engine(), options_);
    const auto page = search.Page({.start = Timestamp::FromSeconds(kStart - 60),
                                   .end = kNow,
                                   .filter_expression = expression},
                                  testing_support::AnyCall());
    EXPECT_TRUE(page.ok()) << page.status();
    std::vector<int> found;
    if (!page.ok()) return found;
    EXPECT_TRUE(page->next_token.empty());
    for (const auto& s : page->summaries) found.push_back(NumberOfTrace(s.id));
    std::sort(found.begin(), found.end());
    return found;
  }

  EngineUnderTest store_{GetParam(), kNow};
  SummarySearch::Options options_;
};

TEST_P(ExactNumbersTest, FiltersCompareThem) {
  for (const std::string& literal : kTexts) {
    const ExactNumber asked = NumberOf(literal);
    for (const std::string op : {"=", "!=", "<", "<=", ">", ">="}) {
      const auto meets = [&](const std::string& text) {
        const auto order = NumberOf(text) <=> asked;
        return (order < 0 && (op[0] == '<' || op == "!=")) ||
               (order > 0 && (op[0] == '>' || op == "!=")) ||
               (order == 0 && op != "<" && op != ">" && op != "!=");
      };
      std::vector<int> own, of_resource;
      for (size_t i = 0; i < kTexts.size(); ++i) {
        if (!meets(kTexts[i])) continue;
        own.push_back(static_cast<int>(i) + 1);
        of_resource.push_back(static_cast<int>(i) + 201);
      }
      const size_t segments = own.size();
      for (size_t i = 0; i < segments; ++i) own.push_back(own[i] + 100);
      EXPECT_EQ(Find("annotation[n] " + op + " " + literal), own)
          << op << " " << literal;
      EXPECT_EQ(Find("annotation[otel.resource.n] " + op + " " + literal),
                of_resource)
          << op << " " << literal;
    }
  }
  // A double is the number that it is.
  EXPECT_THAT(Find("annotation[n] = 9007199254740992.0"),
              testing::ElementsAre(6, 106));
  EXPECT_THAT(Find("annotation[n] = 3.0"), testing::ElementsAre(2, 102));
}

TEST_P(ExactNumbersTest, SummariesAndSpansHaveThem) {
  const SummarySearch search(store_.engine(), options_);
  const auto page =
      search.Page({.start = Timestamp::FromSeconds(kStart - 60), .end = kNow},
                  testing_support::AnyCall());
  ASSERT_TRUE(page.ok()) << page.status();
  int seen = 0;
  for (const storage::TraceSummary& s : page->summaries) {
    const int trace = NumberOfTrace(s.id);
    const std::string& text = kTexts[static_cast<size_t>(trace % 100) - 1];
    const auto& values =
        s.annotations.at(trace > 200 ? "otel.resource.n" : "n");
    ASSERT_EQ(values.size(), 1u);
    const auto& number = std::get<ExactNumber>(values[0].value);
    EXPECT_EQ(number, NumberOf(text)) << text;
    EXPECT_EQ(number.is_integer(), IsInteger(text)) << text;
    ++seen;
  }
  EXPECT_EQ(seen, static_cast<int>(3 * kTexts.size()));
  // Integers are integers to readers of spans, small ones, too.
  const SpanSearch spans(store_.engine());
  for (size_t i = 0; i < kTexts.size(); ++i) {
    if (!IsInteger(kTexts[i])) continue;
    std::vector<int> found;
    ASSERT_TRUE(spans
                    .Find({.attributes = {{"n", kTexts[i]}}},
                          testing_support::AnyCall(),
                          [&](const SpanTrace& trace) {
                            found.push_back(NumberOfTrace(trace.id));
                            return true;
                          })
                    .ok());
    const int at = static_cast<int>(i) + 1;
    EXPECT_THAT(found, testing::UnorderedElementsAre(at, at + 100, at + 200));
    const auto trace =
        spans.Get(TraceNumber(i + 1), testing_support::AnyCall());
    ASSERT_TRUE(trace.ok() && trace->has_value());
    storage::SpanView view;
    ASSERT_TRUE(storage::ReadSpan((*trace)->spans.front().span, view));
    const storage::AnyValueView* value =
        storage::FindAttribute(view.attributes, "n");
    ASSERT_NE(value, nullptr);
    EXPECT_EQ(value->kind, storage::AnyValueView::Kind::kInt) << kTexts[i];
    EXPECT_EQ(value->integer, NumberOf(kTexts[i]).integer());
  }
}

TEST_P(ExactNumbersTest, FiguresCountEachByItself) {
  const SummarySearch search(store_.engine(), options_);
  for (const auto& [key, each] :
       {std::pair("n", 2u), std::pair("otel.resource.n", 1u)}) {
    const auto answer =
        search.Figures({.start = Timestamp::FromSeconds(kStart - 60),
                        .end = kNow,
                        .group_by = storage::GroupBy::kAnnotation,
                        .annotation_key = key},
                       testing_support::AnyCall());
    ASSERT_TRUE(answer.ok()) << answer.status();
    EXPECT_EQ(answer->groups.size(), kTexts.size());
    for (const auto& [group, figures] : answer->groups) {
      EXPECT_EQ(figures.traces, each);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Engines, ExactNumbersTest,
                         testing_support::AllEngines(),
                         testing_support::EngineName());

}  // namespace
}  // namespace roentgen::query
