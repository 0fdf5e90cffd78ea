// From flags to sampling rules, and rules and insights as lines.
#include "server/cli/rule_flags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <variant>
#include <vector>

#include "server/cli/client_commands.h"
#include "server/cli/command_line.h"
#include "server/cli/insight_tables.h"
#include "server/cli/rule_tables.h"

namespace roentgen::server {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

Arguments Parse(std::vector<std::string> line) {
  line.insert(line.begin(), "rules");
  return std::get<CommandLine>(ReadCommandLine(ClientCommands(), line))
      .arguments;
}

TEST(RuleFlagsTest, ANewRuleMatchesEverything) {
  const auto rule = ParseNewRule("r", Parse({}));
  ASSERT_TRUE(rule.ok()) << rule.status();
  EXPECT_EQ(rule->rule_name(), "r");
  EXPECT_EQ(rule->priority(), 1000);
  EXPECT_EQ(rule->fixed_rate(), 0.05);
  EXPECT_EQ(rule->reservoir_size(), 1);
  EXPECT_EQ(rule->version(), 1);
  for (const std::string& text :
       {rule->service_name(), rule->service_type(), rule->host(),
        rule->http_method(), rule->url_path(), rule->resource_arn()}) {
    EXPECT_EQ(text, "*");
  }
  EXPECT_FALSE(rule->has_sampling_rate_boost());
}

TEST(RuleFlagsTest, EveryFlagHasItsMember) {
  const auto rule = ParseNewRule(
      "r", Parse({"--priority=7", "--fixed-rate=0", "--reservoir=0",
                  "--service=pay", "--type=T", "--host=h", "--method=POST",
                  "--path=/x/*", "--resource=arn", "--attributes=a=1,b==",
                  "--boost-rate=0.5", "--boost-cooldown=3"}));
  ASSERT_TRUE(rule.ok()) << rule.status();
  EXPECT_EQ(rule->priority(), 7);
  EXPECT_EQ(rule->fixed_rate(), 0);
  EXPECT_EQ(rule->reservoir_size(), 0);
  EXPECT_EQ(rule->service_name(), "pay");
  EXPECT_EQ(rule->service_type(), "T");
  EXPECT_EQ(rule->host(), "h");
  EXPECT_EQ(rule->http_method(), "POST");
  EXPECT_EQ(rule->url_path(), "/x/*");
  EXPECT_EQ(rule->resource_arn(), "arn");
  EXPECT_EQ(rule->attributes().at("a"), "1");
  EXPECT_EQ(rule->attributes().at("b"), "=");
  EXPECT_EQ(rule->sampling_rate_boost().max_rate(), 0.5);
  EXPECT_EQ(rule->sampling_rate_boost().cooldown_window_minutes(), 3);
}

TEST(RuleFlagsTest, AChangeHasWhatWasGiven) {
  const auto change = ParseRuleChange(Parse({"--fixed-rate", "0"}));
  ASSERT_TRUE(change.ok());
  EXPECT_TRUE(change->has_fixed_rate());
  EXPECT_FALSE(change->has_priority());
  EXPECT_FALSE(change->has_service_name());
  EXPECT_FALSE(change->has_sampling_rate_boost());
}

TEST(RuleFlagsTest, SaysWhichFlagIsWrong) {
  struct Case {
    const char* flag;
    const char* message;
  };
  const Case cases[] = {
      {"--priority=1.5", "--priority: expected a whole number, was \"1.5\""},
      {"--priority=99999999999", "--priority: expected"},
      {"--reservoir=", "--reservoir: expected"},
      {"--fixed-rate=5%", "--fixed-rate: expected a number from 0 to 1"},
      {"--boost-rate=x", "--boost-rate: expected"},
      {"--boost-cooldown=3", "--boost-cooldown: needs --boost-rate"},
      {"--attributes=a", "--attributes: expected name=value"},
      {"--attributes==1", "--attributes: expected name=value"},
      {"--attributes=", "--attributes: expected name=value"},
  };
  for (const Case& c : cases) {
    EXPECT_THAT(
        std::string(ParseRuleChange(Parse({c.flag})).status().message()),
        StartsWith(c.message));
  }
}

TEST(RuleTablesTest, ARulesLine) {
  const auto rule = ParseNewRule(
      "pay\x1b",
      Parse({"--service=pay", "--attributes=b=2,a=1", "--boost-rate=1"}));
  EXPECT_EQ(RuleLine(*rule),
            "    1000      5 %         1 pay?                             "
            "service=pay a=1 b=2, boost to 100 %\n");
  EXPECT_THAT(RuleLine(*ParseNewRule("r", Parse({}))),
              HasSubstr("everything\n"));
  EXPECT_THAT(RuleHeader(), HasSubstr("PRIORITY     RATE RESERVOIR NAME"));
}

TEST(RuleTablesTest, Statistics) {
  v1::GetSamplingStatisticSummariesResponse statistics;
  auto& one = *statistics.add_sampling_statistic_summaries();
  one.set_rule_name("r");
  one.mutable_timestamp()->set_seconds(1'700'000'000);
  one.set_request_count(100);
  one.set_sampled_count(5);
  EXPECT_THAT(StatisticsTable(statistics),
              HasSubstr("2023-11-14 22:13:20        100          5          0 "
                        "r\n"));
}

v1::Insight AnInsight() {
  v1::Insight insight;
  insight.set_insight_id("01234567-89ab-1def-8123-456789abcdef");
  insight.set_group_name("shop");
  insight.set_state(v1::INSIGHT_STATE_ACTIVE);
  insight.set_summary("pay fails");
  insight.mutable_root_cause_service_id()->set_name("pay");
  insight.mutable_start_time()->set_seconds(1'700'000'000);
  auto& impact = *insight.mutable_client_request_impact_statistics();
  impact.set_fault_count(10);
  impact.set_total_count(40);
  insight.add_top_anomalous_services()->mutable_service_id()->set_name("db");
  return insight;
}

TEST(InsightTablesTest, AnInsight) {
  const std::string text = InsightText(AnInsight());
  EXPECT_THAT(text, HasSubstr("ACTIVE  group shop\npay fails\n"));
  EXPECT_THAT(text, HasSubstr("end         -\n"));
  EXPECT_THAT(text, HasSubstr("clients     10 of 40 failed (25 %)\n"));
  EXPECT_THAT(text, HasSubstr("anomalous   db"));

  v1::InsightSummary summary;
  ASSERT_TRUE(summary.ParseFromString(AnInsight().SerializeAsString()));
  summary.mutable_end_time()->set_seconds(1'700'000'060);
  EXPECT_THAT(InsightLine(summary),
              HasSubstr("ACTIVE 2023-11-14 22:13:20 2023-11-14 22:14:20 pay"));
}

TEST(InsightTablesTest, AnImpactGraph) {
  v1::GetInsightImpactGraphResponse graph;
  auto& shop = *graph.add_services();
  shop.set_name("shop\"");
  shop.add_edges()->set_reference_id(1);
  auto& pay = *graph.add_services();
  pay.set_reference_id(1);
  pay.set_name("pay");
  EXPECT_EQ(ImpactTable(graph), "shop\"\n  -> pay\npay\n");
  EXPECT_THAT(ImpactDot(graph), HasSubstr("n0 [label=\"shop\\\"\"];"));
  EXPECT_THAT(ImpactDot(graph), HasSubstr("n0 -> n1;"));
}

}  // namespace
}  // namespace roentgen::server
