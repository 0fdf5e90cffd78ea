// Roll-ups come back as they were, add up as figures do, and leave nothing
// where they cancel. The bytes are pinned.
//
// The seed is printed; ROENTGEN_SEED repeats a run.
#include "trace/graph/roll_up.h"

#include <random>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "base/wrapping.h"
#include "gtest/gtest.h"
#include "tests/support/expressions.h"
#include "tests/support/graph_text.h"
#include "tests/trace/graph/random_figures.h"

namespace roentgen::storage {
namespace {

using testing_support::GraphText;
using testing_support::Negative;
using testing_support::RandomFigures;

constexpr int64_t kMinute = 1'700'000'040;
const RollUpSpan kSpan = RollUpSpan::Minute(kMinute);

std::string Merge(const std::string& a, const std::string& b) {
  const std::string_view both[] = {a, b};
  auto merged = MergeRollUps(both);
  EXPECT_TRUE(merged.ok()) << merged.status();
  return merged.ok() ? *std::move(merged) : "";
}

GraphFigures Decoded(const std::string& value, const RollUpSpan& span) {
  auto figures = DecodeRollUp(value, span);
  EXPECT_TRUE(figures.ok()) << figures.status();
  return figures.ok() ? *std::move(figures) : GraphFigures();
}

class RollUpTest : public testing::Test {
 protected:
  const uint64_t seed_ = testing_support::RunSeed(20'261'124);
  RandomFigures random_{seed_};
};

TEST_F(RollUpTest, FiguresComeBackAsTheyWere) {
  for (const RollUpSpan& span :
       {kSpan, RollUpSpan::Hour(kMinute), RollUpSpan::Minute(-60)}) {
    for (int i = 0; i < 500; ++i) {
      const GraphFigures figures = random_.Next(span);
      const GraphFigures back = Decoded(EncodeRollUp(figures, span), span);
      ASSERT_EQ(GraphText(back), GraphText(figures));
      ASSERT_EQ(back, figures);
    }
  }
}

TEST_F(RollUpTest, SumsAreThoseOfTheFigures) {
  for (int i = 0; i < 500; ++i) {
    const GraphFigures a = random_.Next(kSpan);
    const GraphFigures b = random_.Next(kSpan);
    const std::string a_value = EncodeRollUp(a, kSpan);
    const std::string b_value = EncodeRollUp(b, kSpan);
    GraphFigures sum = a;
    AddFigures(b, 1, sum);
    const std::string merged = Merge(a_value, b_value);
    EXPECT_EQ(merged, Merge(b_value, a_value));
    EXPECT_EQ(merged, EncodeRollUp(sum, kSpan));
    GraphFigures added = a;
    ASSERT_TRUE(AddRollUp(b_value, kSpan, 1, added).ok());
    ASSERT_EQ(GraphText(added), GraphText(sum));
    ASSERT_TRUE(AddRollUp(b_value, kSpan, -1, added).ok());
    DropEmpty(added);
    ASSERT_EQ(added, a);
  }
}

TEST_F(RollUpTest, ActivityMayBeToldPerSpanOnly) {
  for (int i = 0; i < 100; ++i) {
    GraphFigures figures = random_.Next(kSpan);
    GraphFigures back;
    ASSERT_TRUE(AddRollUp(EncodeRollUp(figures, kSpan), kSpan, 1, back,
                          ActivityDetail::kSpan)
                    .ok());
    for (auto& [service, node] : figures.nodes) {
      int64_t sum = 0;
      for (const auto& [second, n] : node.activity) sum = WrappingSum(sum, n);
      if (node.activity.empty()) continue;
      node.activity = {{kMinute, sum}};
    }
    ASSERT_EQ(GraphText(back), GraphText(figures));
  }
}

TEST_F(RollUpTest, AValueAndItsNegativeAreNothing) {
  for (int i = 0; i < 300; ++i) {
    const GraphFigures a = random_.Next(kSpan);
    const GraphFigures b = random_.Next(kSpan);
    const std::string minus_a = EncodeRollUp(Negative(a), kSpan);
    EXPECT_EQ(Merge(EncodeRollUp(a, kSpan), minus_a), "");
    EXPECT_EQ(
        Merge(Merge(minus_a, EncodeRollUp(b, kSpan)), EncodeRollUp(a, kSpan)),
        EncodeRollUp(b, kSpan));
  }
  EXPECT_EQ(EncodeRollUp(GraphFigures(), kSpan), "");
  EXPECT_EQ(*MergeRollUps({}), "");
}

TEST_F(RollUpTest, MinutesAndHoursSayTheSame) {
  GraphPeriods minutes;
  GraphFigures total;
  for (int64_t m = 0; m < 130; m += 13) {
    const int64_t begin = kMinute + m * 60;
    minutes[begin] = random_.Next(RollUpSpan::Minute(begin));
    AddFigures(minutes[begin], 1, total);
  }
  minutes[-60] = random_.Next(RollUpSpan::Minute(-60));
  minutes[-60].nodes[{.name = "old", .type = {}, .account_id = {}}].calls.ok =
      1;
  AddFigures(minutes[-60], 1, total);
  const RollUps roll_ups = RollUpsOf(minutes);
  std::array<GraphFigures, kRollUpUnits.size()> of_units;
  for (size_t i = 0; i < kRollUpUnits.size(); ++i) {
    const int64_t unit = kRollUpUnits[i];
    EXPECT_TRUE(roll_ups[i].contains(-unit));
    for (const auto& [begin, value] : roll_ups[i]) {
      EXPECT_EQ(begin % unit, 0);
      ASSERT_TRUE(
          AddRollUp(value, RollUpSpan::Of(unit, begin), 1, of_units[i]).ok());
    }
  }
  auto& [of_minutes, of_tens, of_hours] = of_units;
  EXPECT_EQ(GraphText(of_minutes), GraphText(total));
  for (const auto& [service, node] : of_tens.nodes) {
    EXPECT_EQ(node.calls, total.nodes.at(service).calls);
  }
  EXPECT_EQ(of_tens.edges, total.edges);
  // Hours know activity by the minute.
  for (GraphFigures* figures : {&of_hours, &total}) {
    for (auto& [service, node] : figures->nodes) {
      std::map<int64_t, int64_t> by_minute;
      for (const auto& [second, n] : node.activity) {
        const int64_t rest = (second % 60 + 60) % 60;
        by_minute[second - rest] += n;
      }
      node.activity = std::move(by_minute);
    }
    DropEmpty(*figures);
  }
  EXPECT_EQ(GraphText(of_hours), GraphText(total));
}

GraphFigures Sample() {
  GraphFigures figures;
  const ServiceId shop{.name = "shop", .type = "", .account_id = "1"};
  const ServiceId pay{.name = "pay", .type = "remote", .account_id = ""};
  NodeFigures& node = figures.nodes[shop];
  node.calls = {.ok = 2, .throttle = 1, .fault = -1, .error = 3, .total_ns = 9};
  node.calls.response_times.AddToBin(5, 2);
  node.calls.response_times.AddToBin(300, -1);
  node.durations.AddToBin(6, 2);
  node.roots = 2;
  node.inferred = 1;
  node.activity = {{kMinute, 4}, {kMinute + 59, -1}};
  figures.nodes[pay];
  EdgeFigures& edge = figures.edges[{.source = shop, .target = pay}];
  edge.calls.ok = 1;
  edge.aliases[{.name = "p", .type = "remote"}] = 1;
  EdgeFigures& link =
      figures.edges[{.source = pay, .target = shop, .link = true}];
  link.calls.fault = 1;
  link.ages.AddToBin(7);
  return figures;
}

// Bytes of format version 1. They never change.
TEST_F(RollUpTest, TheBytesAreThoseOfVersion1) {
  const std::string bytes =
      "01"  // Version.
      "02"  // Nodes; of each: name, type, account, mask, figures.
      "03706179"
      "0672656d6f7465"
      "00"
      "00"
      "00"
      "00"
      "00"
      "0473686f70"
      "00"
      "0131"
      "7f"
      "0402010612"
      "020504a60201"  // Response times: bins 5 and 300.
      "010604"        // Durations.
      "0402"          // Roots, inferred.
      "0200083b01"    // Activity: slots 0 and 59.
      "02"            // Edges; of each: source, target, mask, figures.
      "0001"
      "c4"
      "02"
      "010702"
      "00"
      "0100"
      "01"
      "02"
      "01"
      "0170"
      "0672656d6f7465"
      "02";
  EXPECT_EQ(absl::BytesToHexString(EncodeRollUp(Sample(), kSpan)), bytes);
  EXPECT_EQ(Decoded(absl::HexStringToBytes(bytes), kSpan), Sample());
}

TEST_F(RollUpTest, DamagedBytesAreDataLoss) {
  const std::string good = EncodeRollUp(Sample(), kSpan);
  for (size_t n = 1; n < good.size(); ++n) {
    EXPECT_TRUE(
        absl::IsDataLoss(DecodeRollUp(good.substr(0, n), kSpan).status()))
        << n;
  }
  EXPECT_TRUE(absl::IsDataLoss(DecodeRollUp(good + "x", kSpan).status()));
  EXPECT_TRUE(absl::IsDataLoss(DecodeRollUp("\2", kSpan).status()));
  const std::string_view values[] = {good, "\2"};
  EXPECT_TRUE(absl::IsDataLoss(MergeRollUps(values).status()));
  std::mt19937_64 random(seed_);
  for (int i = 0; i < 5'000; ++i) {
    std::string bytes = good;
    for (uint64_t n = 1 + random() % 3; n > 0; --n) {
      bytes[random() % bytes.size()] = static_cast<char>(random());
    }
    const auto figures = DecodeRollUp(bytes, kSpan);
    if (!figures.ok() && !HasOverflowed(bytes)) {
      ASSERT_TRUE(absl::IsDataLoss(figures.status())) << figures.status();
    }
  }
}

TEST_F(RollUpTest, WhatIsTooLargeOverflowsAndStaysSo) {
  GraphFigures huge;
  for (int i = 0; i < 45'000; ++i) {
    const std::string name = std::to_string(i) + std::string(190, 'x');
    huge.nodes[{.name = name, .type = {}, .account_id = {}}].calls.ok = 1;
  }
  const std::string value = EncodeRollUp(huge, kSpan);
  EXPECT_TRUE(HasOverflowed(value));
  EXPECT_LT(value.size(), 10u);
  EXPECT_TRUE(absl::IsResourceExhausted(DecodeRollUp(value, kSpan).status()));
  const std::string small = EncodeRollUp(Sample(), kSpan);
  EXPECT_FALSE(HasOverflowed(small));
  EXPECT_TRUE(HasOverflowed(Merge(value, small)));
  EXPECT_TRUE(HasOverflowed(Merge(small, value)));
  // Two that fit, whose sum does not.
  GraphFigures half[2];
  int i = 0;
  for (const auto& [service, node] : huge.nodes) {
    half[i++ % 2].nodes[service] = node;
  }
  const std::string a = EncodeRollUp(half[0], kSpan);
  EXPECT_FALSE(HasOverflowed(a));
  EXPECT_TRUE(HasOverflowed(Merge(a, EncodeRollUp(half[1], kSpan))));
}

// However values are joined, step by step or at once, they add up the same.
TEST_F(RollUpTest, JoinedValuesAreTheirSum) {
  for (int i = 0; i < 60; ++i) {
    GraphFigures sum;
    std::string step_by_step;
    std::vector<std::string> values;
    for (int n = 0; n < i; ++n) {
      const GraphFigures figures = random_.Next(kSpan);
      AddFigures(figures, 1, sum);
      values.push_back(EncodeRollUp(figures, kSpan));
      const std::string_view both[] = {step_by_step, values.back()};
      step_by_step = JoinRollUps(both);
    }
    DropEmpty(sum);
    const std::vector<std::string_view> views(values.begin(), values.end());
    for (const std::string& joined : {step_by_step, JoinRollUps(views)}) {
      auto back = DecodeRollUp(joined, kSpan);
      ASSERT_TRUE(back.ok()) << back.status();
      DropEmpty(*back);
      ASSERT_EQ(*back, sum) << i;
      const std::string_view alone[] = {joined};
      ASSERT_EQ(*MergeRollUps(alone), EncodeRollUp(sum, kSpan));
    }
  }
}

TEST_F(RollUpTest, WhatCannotBeJoinedOverflows) {
  const std::string good = EncodeRollUp(Sample(), kSpan);
  for (const std::string& bad :
       {std::string("\xff"), std::string("\x02"), std::string("\x02\x00", 2),
        std::string("\x02\x05"
                    "ab")}) {
    const std::string_view both[] = {good, bad};
    EXPECT_TRUE(HasOverflowed(JoinRollUps(both)));
  }
  // Bytes that make no sense are found when they are added up.
  const std::string bad = "\x01\x7f";
  const std::vector<std::string_view> many(20, bad);
  EXPECT_TRUE(HasOverflowed(JoinRollUps(many)));
  EXPECT_EQ(JoinRollUps({}), "");
}

}  // namespace
}  // namespace roentgen::storage
