#include "server/account/resource_policies.h"

#include "gmock/gmock.h"
#include "server/account/policy_document.h"
#include "server/aws_status.h"
#include "storage/memory/memory_settings.h"

namespace roentgen::server {
namespace {

constexpr char kAllow[] =
    R"({"Version":"2012-10-17","Statement":[{"Effect":"Allow",)"
    R"("Principal":{"Service":"sns.amazonaws.com"},)"
    R"("Action":"xray:PutTraceSegments","Resource":"*"}]})";
constexpr char kDenyAll[] =
    R"({"Statement":{"Effect":"Deny","Principal":"*","Action":["xray:*"],)"
    R"("Resource":"*"}})";

std::string NameOf(const absl::Status& status) {
  const auto fault = AwsFaultOf(status);
  return fault ? fault->name : status.ToString();
}

class ResourcePoliciesTest : public testing::Test {
 protected:
  ResourcePoliciesTest() { Reopen(); }
  void Reopen() { policies_ = *ResourcePolicies::Open(store_, clock_); }

  std::string Refusal(const NewPolicy& policy) {
    return NameOf(policies_->Put(policy).status());
  }

  ManualClock clock_{Timestamp::FromSeconds(1'727'008'800)};
  storage::MemorySettings store_;
  std::unique_ptr<ResourcePolicies> policies_;
};

TEST_F(ResourcePoliciesTest, RevisionsCountUpAndSurviveARestart) {
  const auto first = policies_->Put({.name = "sns", .document = kAllow});
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(first->revision, 1);
  EXPECT_EQ(first->document, kAllow);
  EXPECT_EQ(first->updated, clock_.Now());
  Reopen();
  EXPECT_EQ(policies_->List(), std::vector{*first});
  const auto second =
      policies_->Put({.name = "sns", .document = kAllow, .revision = "1"});
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_EQ(second->revision, 2);
  EXPECT_TRUE(policies_->Delete("sns", "2").ok());
  Reopen();
  EXPECT_TRUE(policies_->List().empty());
}

TEST_F(ResourcePoliciesTest, ARevisionMustBeThePresentOne) {
  ASSERT_TRUE(
      policies_->Put({.name = "a", .document = kAllow, .revision = "0"}).ok());
  for (const char* revision : {"0", "2", "x", "01"}) {
    EXPECT_EQ(Refusal({.name = "a", .document = kAllow, .revision = revision}),
              "InvalidPolicyRevisionIdException")
        << revision;
    EXPECT_EQ(NameOf(policies_->Delete("a", revision)),
              "InvalidPolicyRevisionIdException");
  }
  EXPECT_EQ(Refusal({.name = "b", .document = kAllow, .revision = "1"}),
            "InvalidPolicyRevisionIdException");
  EXPECT_EQ(policies_->Delete("b", std::nullopt).message(),
            "Resource policy does not exist: b");
}

TEST_F(ResourcePoliciesTest, ThereAreLimits) {
  EXPECT_EQ(
      Refusal({.name = "a", .document = kAllow + std::string(5'121, ' ')}),
      "PolicySizeLimitExceededException");
  for (const char* name : {"a", "b", "c", "d", "e"}) {
    EXPECT_EQ(Refusal({.name = name, .document = kAllow}), "OK");
  }
  EXPECT_EQ(Refusal({.name = "f", .document = kAllow}),
            "PolicyCountLimitExceededException");
  EXPECT_EQ(Refusal({.name = "e", .document = kAllow}), "OK");
}

TEST_F(ResourcePoliciesTest, NobodyIsLockedOutUnawares) {
  EXPECT_EQ(Refusal({.name = "a", .document = kDenyAll}),
            "LockoutPreventionException");
  EXPECT_EQ(
      Refusal(
          {.name = "a", .document = kDenyAll, .bypass_lockout_check = true}),
      "OK");
}

TEST(PolicyDocumentTest, RefusesWhatIsNoPolicy) {
  for (const char* text :
       {"", "x", "[]", "{}", R"({"Statement":[]})", R"({"Statement":[1]})",
        R"({"Statement":[{}]})", R"({"Statement":{"Effect":"Allow"}})",
        R"({"Statement":{"Effect":"allow","Action":"a"}})",
        R"({"Statement":{"Effect":"Allow","Action":[]}})",
        R"({"Statement":{"Effect":"Allow","Action":1}})",
        R"({"Statement":{"Effect":"Allow","Action":"a","NotAction":"b"}})",
        R"({"Version":"2020-01-01","Statement":{"Effect":"Allow",)"
        R"("Action":"a"}})"}) {
    EXPECT_EQ(NameOf(CheckPolicyDocument(text).status()),
              "MalformedPolicyDocumentException")
        << text;
  }
}

TEST(PolicyDocumentTest, SeesWhatLocksOut) {
  struct Case {
    const char* statement;
    bool locks_out;
  };
  for (const Case& c : {
           Case{R"("Deny","Principal":"*","Action":"*")", true},
           Case{R"("Deny","Principal":{"AWS":"*"},)"
                R"("Action":["a","XRAY:putresourcepolicy"])",
                true},
           Case{R"("Allow","Principal":"*","Action":"*")", false},
           Case{R"("Deny","Principal":{"AWS":"111122223333"},"Action":"*")",
                false},
           Case{R"("Deny","Principal":"*","Action":"xray:PutTraceSegments")",
                false},
           Case{R"("Deny","Principal":"*","Action":"*","Condition":{})", false},
           Case{R"("Deny","Principal":"*","NotAction":"xray:Get*")", true},
           Case{R"("Deny","Principal":"*","NotAction":["a","xray:P*"])", false},
           Case{R"("Deny","Principal":"*","NotAction":"*")", false},
           Case{R"("Allow","Principal":"*","NotAction":"a")", false},
           Case{R"("Deny","Principal":"*","NotAction":"a","Condition":{})",
                false},
       }) {
    const auto effect = CheckPolicyDocument(R"({"Statement":[{"Effect":)" +
                                            std::string(c.statement) + "}]}");
    ASSERT_TRUE(effect.ok()) << c.statement << effect.status();
    EXPECT_EQ(effect->locks_out, c.locks_out) << c.statement;
  }
}

TEST(PolicyDocumentTest, ActionsArePatterns) {
  struct Case {
    std::string pattern;
    bool fits;
  };
  std::string stars;
  for (int i = 0; i < 2'000; ++i) stars += "*p";
  for (const Case& c : {
           Case{"*", true},
           Case{"**", true},
           Case{"xray:Put*", true},
           Case{"xray:*Policy", true},
           Case{"XRAY:p*r*P*y*", true},
           Case{"*:*e*policy", true},
           Case{"xray:PutResourcePolic?", true},
           Case{"????:PutResourcePolicy", true},
           Case{"?*?PutResourcePolicy", true},
           Case{"", false},
           Case{"?", false},
           Case{"xray:PutResourcePolicy?", false},
           Case{"xray:PutResourcePolic", false},
           Case{"xray:?PutResourcePolicy", false},
           Case{"PutResourcePolicy", false},
           Case{"xray:*Policyx", false},
           Case{"xray:Get*", false},
           Case{"*Policies", false},
           Case{std::string("*\0", 2), false},
           Case{stars, false},
       }) {
    std::string pattern = c.pattern;
    if (const auto nul = pattern.find('\0'); nul != std::string::npos) {
      pattern.replace(nul, 1, R"(\u0000)");
    }
    const auto effect = CheckPolicyDocument(
        R"({"Statement":{"Effect":"Deny","Principal":"*","Action":")" +
        pattern + R"("}})");
    ASSERT_TRUE(effect.ok()) << c.pattern << effect.status();
    EXPECT_EQ(effect->locks_out, c.fits) << c.pattern;
  }
}

TEST_F(ResourcePoliciesTest, DamageIsNotOverlooked) {
  ASSERT_TRUE(store_.CompareAndSet("policy/a", std::nullopt, "\x09").ok());
  EXPECT_TRUE(
      absl::IsDataLoss(ResourcePolicies::Open(store_, clock_).status()));
}

}  // namespace
}  // namespace roentgen::server
