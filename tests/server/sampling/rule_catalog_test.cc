// Sampling rules: what may be, wording of refusals, what is kept.
#include "server/sampling/rule_catalog.h"

#include <cmath>
#include <limits>
#include <string>

#include "base/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/aws_status.h"
#include "storage/memory/memory_settings.h"

namespace roentgen::server {
namespace {

using query::Tag;
using testing::ElementsAre;

constexpr char kExists[] = "Sampling rule already exists";
constexpr char kAbsent[] = "Sampling rule does not exist";
constexpr char kBoth[] =
    "Request cannot contain both sampling rule name and sampling rule ARN";
constexpr char kNeither[] =
    "Request must contain either sampling rule name or sampling rule ARN";
constexpr char kBadUpdate[] = "Invalid update request for sampling rule";
constexpr char kBadDefault[] =
    "Invalid update request for default sampling rule";

RuleKey Named(std::string name) { return {.name = std::move(name), .arn = {}}; }
RuleKey WithArn(std::string arn) { return {.name = {}, .arn = std::move(arn)}; }

NewRule RuleNamed(std::string name) {
  return {.key = Named(std::move(name)),
          .rule = {.priority = 500, .fixed_rate = 0.01, .reservoir_size = 2},
          .tags = {}};
}

class RuleCatalogTest : public testing::Test {
 protected:
  RuleCatalogTest() { Open(); }

  void Open() {
    auto opened = RuleCatalog::Open(
        store_,
        {.identity = {.region = "eu-west-1", .account_id = "111122223333"},
         .clock = &clock_});
    ASSERT_TRUE(opened.ok()) << opened.status();
    rules_ = *std::move(opened);
  }
  SamplingRuleRecord Create(NewRule rule) {
    auto made = rules_->Create(std::move(rule));
    EXPECT_TRUE(made.ok()) << made.status();
    return made.ok() ? *made : SamplingRuleRecord();
  }
  SamplingRuleRecord Update(const RuleKey& key, const RuleChange& change) {
    auto changed = rules_->Update(key, change);
    EXPECT_TRUE(changed.ok()) << changed.status();
    return changed.ok() ? *changed : SamplingRuleRecord();
  }
  std::vector<std::string> Names() const {
    std::vector<std::string> out;
    for (const auto& record : rules_->List()) {
      out.push_back(record.rule.rule_name);
    }
    return out;
  }
  static Timestamp At(int64_t seconds) {
    return Timestamp::FromSeconds(seconds);
  }
  template <typename T>
  static std::string Refusal(const absl::StatusOr<T>& result) {
    return Refusal(result.status());
  }
  static std::string Refusal(const absl::Status& status) {
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
    return std::string(status.message());
  }

  ManualClock clock_{Timestamp::FromSeconds(1'000)};
  storage::MemorySettings store_;
  std::unique_ptr<RuleCatalog> rules_;
};

TEST_F(RuleCatalogTest, DefaultIsAlwaysThere) {
  const SamplingRule expected = {
      .rule_name = "Default",
      .rule_arn = "arn:aws:xray:eu-west-1:111122223333:sampling-rule/Default",
      .priority = 10'000,
      .fixed_rate = 0.05,
      .reservoir_size = 1};
  EXPECT_THAT(rules_->List(),
              ElementsAre(SamplingRuleRecord{expected, {}, {}}));
  EXPECT_EQ(rules_->LastModification(), Timestamp());
  EXPECT_EQ(Refusal(rules_->Create(RuleNamed("Default"))), kExists);
  EXPECT_EQ(Refusal(rules_->Delete(Named("Default"))),
            "Default sampling rule cannot be deleted");
}

TEST_F(RuleCatalogTest, OfDefaultOnlyTheRatesChange) {
  const RuleKey key = Named("Default");
  EXPECT_EQ(Refusal(rules_->Update(key, {.priority = 1})), kBadDefault);
  EXPECT_EQ(Refusal(rules_->Update(key, {.host = "x"})), kBadDefault);
  EXPECT_EQ(
      Refusal(rules_->Update(
          key, {.attributes = std::map<std::string, std::string>{{"a", "b"}}})),
      kBadDefault);
  EXPECT_EQ(Refusal(rules_->Update(key, {.fixed_rate = 1.1})), kBadUpdate);
  const SamplingRateBoost boost{.max_rate = 0.5, .cooldown_window_minutes = 7};
  // What it has already may be said again.
  const SamplingRuleRecord changed = Update(key, {.priority = 10'000,
                                                  .fixed_rate = 0,
                                                  .reservoir_size = 0,
                                                  .host = "*",
                                                  .boost = boost});
  EXPECT_EQ(changed.created_at, Timestamp());
  EXPECT_EQ(changed.modified_at, At(1'000));
  EXPECT_EQ(changed.rule.boost, boost);
  Open();
  EXPECT_EQ(*rules_->Get(key), changed);
  EXPECT_EQ(rules_->LastModification(), At(1'000));
}

TEST_F(RuleCatalogTest, MakesRulesByNameAndByArn) {
  SamplingRuleRecord made = Create(RuleNamed("cart"));
  EXPECT_EQ(made.rule.rule_arn,
            "arn:aws:xray:eu-west-1:111122223333:sampling-rule/cart");
  EXPECT_EQ(made.created_at, At(1'000));
  EXPECT_EQ(made.modified_at, At(1'000));
  NewRule by_arn = RuleNamed("");
  by_arn.key =
      WithArn("arn:aws:xray:eu-west-1:111122223333:sampling-rule/a/b c");
  EXPECT_EQ(Create(by_arn).rule.rule_arn,
            "arn:aws:xray:eu-west-1:111122223333:sampling-rule/a/b c");
  EXPECT_EQ(*rules_->Get(WithArn(made.rule.rule_arn)), made);
  EXPECT_EQ(*rules_->Get(Named("cart")), made);
  EXPECT_EQ(rules_->Find("cart"), made.rule);
  EXPECT_EQ(rules_->Find("Cart"), std::nullopt);
  Create(RuleNamed("Z"));
  EXPECT_THAT(Names(), ElementsAre("Z", "a/b c", "cart", "Default"));
}

TEST_F(RuleCatalogTest, SaysWhatIsWrongWithAKey) {
  const std::string arn = Create(RuleNamed("a")).rule.rule_arn;
  const RuleKey both{.name = "a", .arn = arn};
  for (const auto& [key, refusal] :
       std::vector<std::pair<RuleKey, std::string>>{
           {both, kBoth},
           {{}, kNeither},
           {Named("b"), kAbsent},
           {WithArn("arn:aws:xray:eu-west-1:1:sampling-rule/a"), kAbsent}}) {
    EXPECT_EQ(Refusal(rules_->Update(key, {})), refusal);
    EXPECT_EQ(Refusal(rules_->Delete(key)), refusal);
    EXPECT_EQ(Refusal(rules_->Get(key)), refusal);
  }
  NewRule rule = RuleNamed("b");
  rule.key = both;
  EXPECT_EQ(Refusal(rules_->Create(rule)), kBoth);
  rule.key = {};
  EXPECT_EQ(Refusal(rules_->Create(rule)), kNeither);
  rule.key = WithArn("arn:aws:xray:eu-west-1:111122223333:sampling-rule/");
  EXPECT_EQ(Refusal(rules_->Create(rule)),
            "RuleName must have 1 to 32 characters");
}

TEST_F(RuleCatalogTest, TakesOnlyItsOwnArns) {
  const std::string own = "arn:aws:xray:eu-west-1:111122223333:sampling-rule/";
  const std::string arn = Create(RuleNamed("a")).rule.rule_arn;
  ASSERT_EQ(arn, own + "a");
  NewRule rule = RuleNamed("");
  for (const std::string& foreign :
       {std::string(), std::string("arn:x"), std::string("sampling-rule/a"),
        std::string("x sampling-rule/a"), ' ' + arn,
        own.substr(0, own.size() - 1), std::string(100'000, ':'),
        std::string("arn:aws:xray:eu-west-1:444455556666:sampling-rule/a"),
        std::string("arn:aws:xray:us-east-1:111122223333:sampling-rule/a"),
        std::string("arn:aws-cn:xray:eu-west-1:111122223333:sampling-rule/a"),
        std::string("arn:aws:xray:eu-west-1:111122223333:Sampling-rule/a"),
        std::string("arn:aws:xray:eu-west-1:111122223333:group/g/"
                    "sampling-rule/a")}) {
    rule.key = WithArn(foreign);
    EXPECT_EQ(Refusal(rules_->Create(rule)),
              "Invalid sampling rule ARN: " + foreign);
    EXPECT_EQ(Refusal(rules_->Update(rule.key, {})), kAbsent);
    EXPECT_EQ(Refusal(rules_->Delete(rule.key)), kAbsent);
    EXPECT_EQ(Refusal(rules_->Get(rule.key)), kAbsent);
  }
  EXPECT_THAT(Names(), ElementsAre("a", "Default"));
  rule.key = WithArn(own + "a sampling-rule/b");
  const SamplingRule made = Create(rule).rule;
  EXPECT_EQ(made.rule_name, "a sampling-rule/b");
  EXPECT_EQ(made.rule_arn, *rule.key.arn);
  Open();
  EXPECT_EQ(rules_->Get(rule.key)->rule, made);
  EXPECT_TRUE(rules_->Delete(rule.key).ok());
  EXPECT_THAT(Names(), ElementsAre("a", "Default"));
}

TEST_F(RuleCatalogTest, SaysWhatIsWrongWithANewRule) {
  const auto refusal = [&](void (*spoil)(NewRule&)) {
    NewRule rule = RuleNamed("x");
    spoil(rule);
    return Refusal(rules_->Create(std::move(rule)));
  };
  EXPECT_EQ(refusal([](NewRule& r) { r.rule.version = 2; }),
            "Sampling rule version must be 1");
  EXPECT_EQ(refusal([](NewRule& r) { r.rule.priority = 0; }),
            "Priority must be 1 to 9999");
  EXPECT_EQ(refusal([](NewRule& r) { r.rule.priority = 10'000; }),
            "Priority must be 1 to 9999");
  EXPECT_EQ(refusal([](NewRule& r) { r.rule.fixed_rate = -0.1; }),
            "FixedRate must be 0 to 1");
  EXPECT_EQ(refusal([](NewRule& r) {
              r.rule.fixed_rate = std::numeric_limits<double>::quiet_NaN();
            }),
            "FixedRate must be 0 to 1");
  EXPECT_EQ(refusal([](NewRule& r) { r.rule.reservoir_size = -1; }),
            "ReservoirSize must be 0 to 2147483647");
  EXPECT_EQ(refusal([](NewRule& r) {
              r.rule.boost = {.max_rate = 2, .cooldown_window_minutes = 1};
            }),
            "MaxRate must be 0 to 1");
  EXPECT_EQ(refusal([](NewRule& r) {
              r.rule.boost = {.max_rate = 1, .cooldown_window_minutes = -1};
            }),
            "CooldownWindowMinutes must be 0 to 2147483647");
  EXPECT_EQ(refusal([](NewRule& r) { r.rule.http_method = "12345678901"; }),
            "HTTPMethod must have at most 10 characters");
  EXPECT_EQ(refusal([](NewRule& r) {
              r.rule.attributes = {{"", "x"}};
            }),
            "Attributes must have keys and values of 1 to 32 characters");
  EXPECT_EQ(refusal([](NewRule& r) {
              for (char c = 'a'; c < 'g'; ++c) {
                r.rule.attributes[std::string(1, c)] = "x";
              }
            }),
            "Attributes must have at most 5 entries");
  EXPECT_EQ(refusal([](NewRule& r) {
              r.tags = {{"k", ""}, {"k", ""}};
            }),
            "Tag key given twice: k");
  EXPECT_EQ(refusal([](NewRule& r) { r.key.name = std::string(33, 'a'); }),
            "RuleName must have 1 to 32 characters");
  EXPECT_THAT(Names(), ElementsAre("Default"));
  EXPECT_EQ(rules_->LastModification(), Timestamp());
}

TEST_F(RuleCatalogTest, CountsCharactersNotBytes) {
  std::string name;
  for (int i = 0; i < 32; ++i) name += "\xF0\x9F\x90\x99";  // An octopus.
  Create(RuleNamed(name));
  EXPECT_EQ(Refusal(rules_->Create(RuleNamed(name + "x"))),
            "RuleName must have 1 to 32 characters");
  // Bytes that begin no character do not make it longer than it may be.
  EXPECT_EQ(Refusal(rules_->Create(RuleNamed("a" + std::string(500, '\x80')))),
            "RuleName must have 1 to 32 characters");
  Open();
  EXPECT_THAT(Names(), ElementsAre(name, "Default"));
}

TEST_F(RuleCatalogTest, ChangesOnlyWhatIsGiven) {
  NewRule rule = RuleNamed("a");
  rule.rule.attributes = {{"k", "v"}};
  rule.rule.boost = {.max_rate = 1, .cooldown_window_minutes = 0};
  SamplingRuleRecord expected = Create(rule);
  clock_.Advance(absl::Seconds(10));
  expected.modified_at = At(1'010);
  expected.rule.fixed_rate = 0;
  expected.rule.url_path = "";
  expected.rule.boost = std::nullopt;  // Left out.
  EXPECT_EQ(Update(Named("a"), {.fixed_rate = 0, .url_path = ""}), expected);
  expected.rule.attributes = {};
  expected.rule.reservoir_size = 2'147'483'647;
  EXPECT_EQ(Update(WithArn(expected.rule.rule_arn),
                   {.reservoir_size = 2'147'483'647,
                    .attributes = std::map<std::string, std::string>()}),
            expected);
  for (const RuleChange& change :
       {RuleChange{.priority = 0}, RuleChange{.priority = 10'000},
        RuleChange{.fixed_rate = 1.01}, RuleChange{.reservoir_size = -1},
        RuleChange{.reservoir_size = 2'147'483'648},
        RuleChange{.boost = SamplingRateBoost{-1, 0}}}) {
    EXPECT_EQ(Refusal(rules_->Update(Named("a"), change)), kBadUpdate);
  }
  EXPECT_EQ(Refusal(rules_->Update(Named("a"), {.host = std::string(65, 'x')})),
            "Host must have at most 64 characters");
  EXPECT_EQ(*rules_->Get(Named("a")), expected);
  Open();
  EXPECT_EQ(*rules_->Get(Named("a")), expected);
}

TEST_F(RuleCatalogTest, ZeroHasNoSign) {
  const auto expect_unsigned = [&](const SamplingRule& rule) {
    EXPECT_EQ(rule.fixed_rate, 0);
    EXPECT_FALSE(std::signbit(rule.fixed_rate));
    EXPECT_EQ(rule.boost->max_rate, 0);
    EXPECT_FALSE(std::signbit(rule.boost->max_rate));
  };
  const SamplingRateBoost boost{.max_rate = -0.0, .cooldown_window_minutes = 1};
  NewRule rule = RuleNamed("a");
  rule.rule.fixed_rate = -0.0;
  rule.rule.boost = boost;
  expect_unsigned(Create(rule).rule);
  for (const char* name : {"a", "Default"}) {
    const RuleChange change{.fixed_rate = -0.0, .boost = boost};
    expect_unsigned(Update(Named(name), change).rule);
    Open();
    expect_unsigned(rules_->Get(Named(name))->rule);
  }
}

TEST_F(RuleCatalogTest, HasAsManyRulesAsXRay) {
  for (int i = 0; i < 25; ++i) Create(RuleNamed("r" + std::to_string(i)));
  const auto more = rules_->Create(RuleNamed("more"));
  const auto fault = AwsFaultOf(more.status());
  ASSERT_TRUE(fault) << more.status();
  EXPECT_EQ(fault->name, "RuleLimitExceededException");
  EXPECT_EQ(fault->http_status, 400);
  EXPECT_TRUE(rules_->Delete(Named("r7")).ok());
  Create(RuleNamed("more"));
  EXPECT_EQ(rules_->List().size(), 26u);
}

TEST_F(RuleCatalogTest, KnowsWhenSomethingChangedAlsoAfterARestart) {
  const SamplingRuleRecord made = Create(RuleNamed("a"));
  EXPECT_EQ(rules_->LastModification(), At(1'000));
  clock_.Advance(absl::Seconds(10));
  EXPECT_EQ(*rules_->Delete(Named("a")), made);
  EXPECT_EQ(rules_->LastModification(), At(1'010));
  clock_.Advance(absl::Seconds(10));
  Open();
  EXPECT_EQ(rules_->LastModification(), At(1'010));
  EXPECT_EQ(Refusal(rules_->Get(Named("a"))), kAbsent);
  // A clock that steps back does not hide changes.
  clock_.Set(At(5));
  Create(RuleNamed("b"));
  EXPECT_EQ(rules_->LastModification(), At(1'010));
  clock_.Set(At(2'000));
  ASSERT_TRUE(rules_->Delete(Named("b")).ok());
  Create(RuleNamed("c"));
  ASSERT_TRUE(rules_->Delete(Named("c")).ok());
  Open();
  EXPECT_EQ(rules_->LastModification(), At(2'000));
}

TEST_F(RuleCatalogTest, KeepsTagsApartFromRules) {
  NewRule rule = RuleNamed("a");
  rule.tags = {{"team", "shop"}, {"old", ""}};
  const std::string arn = Create(rule).rule.rule_arn;
  const std::string default_arn = rules_->List().back().rule.rule_arn;
  clock_.Advance(absl::Seconds(10));
  ASSERT_TRUE(
      rules_->ChangeTags(arn, {{"team", "cart"}, {"new", "x"}}, {}).ok());
  ASSERT_TRUE(rules_->ChangeTags(arn, {}, {"old", "absent"}).ok());
  ASSERT_TRUE(rules_->ChangeTags(default_arn, {{"d", "e"}}, {}).ok());
  EXPECT_EQ(rules_->LastModification(), At(1'000));
  Open();
  EXPECT_THAT(*rules_->Tags(arn),
              ElementsAre(Tag{"team", "cart"}, Tag{"new", "x"}));
  EXPECT_THAT(*rules_->Tags(default_arn), ElementsAre(Tag{"d", "e"}));
  ASSERT_TRUE(rules_->ChangeTags(default_arn, {}, {"d"}).ok());
  Open();
  EXPECT_THAT(*rules_->Tags(default_arn), ElementsAre());
  ASSERT_TRUE(rules_->Delete(Named("a")).ok());
  EXPECT_EQ(rules_->Tags(arn).status(), ResourceNotFound(arn));
  EXPECT_EQ(rules_->ChangeTags(arn, {}, {}), ResourceNotFound(arn));
}

TEST_F(RuleCatalogTest, SaysWhatIsWrongWithTags) {
  const std::string arn = Create(RuleNamed("a")).rule.rule_arn;
  std::vector<Tag> tags;
  for (int i = 0; i < 50; ++i) tags.push_back({"k" + std::to_string(i), ""});
  ASSERT_TRUE(rules_->ChangeTags(arn, tags, {}).ok());
  ASSERT_TRUE(rules_->ChangeTags(arn, tags, {}).ok());
  const auto fault = AwsFaultOf(rules_->ChangeTags(arn, {{"more", ""}}, {}));
  ASSERT_TRUE(fault);
  EXPECT_EQ(fault->name, "TooManyTagsException");
  EXPECT_EQ(fault->resource_name, arn);
  EXPECT_EQ(Refusal(rules_->ChangeTags(arn, {}, {"aws:x"})),
            "Caller is an end user and not allowed to mutate system tags");
  EXPECT_EQ(Refusal(rules_->ChangeTags(arn, {{"aws:x", ""}}, {})),
            "Tag keys must not begin with aws:");
  EXPECT_EQ(*rules_->Tags(arn), tags);
}

TEST_F(RuleCatalogTest, RefusesDamagedRules) {
  Create(RuleNamed("a"));
  const auto stored = *store_.Get("sampling-rule/a");
  ASSERT_TRUE(stored.has_value());
  const auto opens = [&](const std::string& bytes) {
    storage::MemorySettings store;
    EXPECT_TRUE(*store.CompareAndSet("sampling-rule/a", std::nullopt, bytes));
    return RuleCatalog::Open(store, {}).status();
  };
  EXPECT_TRUE(opens(*stored).ok());
  for (size_t cut = 0; cut < stored->size(); ++cut) {
    EXPECT_TRUE(absl::IsDataLoss(opens(stored->substr(0, cut)))) << cut;
  }
  EXPECT_TRUE(absl::IsDataLoss(opens(*stored + '\0')));
  EXPECT_TRUE(absl::IsDataLoss(opens('\2' + stored->substr(1))));
}

TEST_F(RuleCatalogTest, SeesThatSomebodyElseChangedTheStore) {
  Create(RuleNamed("a"));
  const auto stored = *store_.Get("sampling-rule/a");
  ASSERT_TRUE(*store_.CompareAndSet("sampling-rule/a", stored, std::nullopt));
  EXPECT_TRUE(absl::IsUnavailable(
      rules_->Update(Named("a"), {.fixed_rate = 1}).status()));
  EXPECT_EQ(rules_->Find("a")->fixed_rate, 0.01);
}

}  // namespace
}  // namespace roentgen::server
