// Which names rules meet, and what stands in place of values.
#include "trace/redact/redaction_rules.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace roentgen::storage {
namespace {

using testing::HasSubstr;
using enum RedactedPart;
using enum RedactionAction;

constexpr char kKey[] = "a key of thirty-two bytes, or so";

RedactionRules Rules(std::vector<RedactionRule> rules) {
  auto made = RedactionRules::Make(std::move(rules), kKey);
  EXPECT_TRUE(made.ok()) << made.status();
  return *std::move(made);
}

TEST(RedactionRulesTest, NamesAreMetInEverySpelling) {
  const RedactionRules rules = Rules({{kAttribute, "User.E-mail", kDrop}});
  for (const char* name :
       {"user.e-mail", "USER_E_MAIL", "user.e.mail", "User-E-Mail"}) {
    EXPECT_TRUE(rules.Find(name)) << name;
  }
  for (const char* name : {"user.email", "user.e-mail.id", "e-mail", ""}) {
    EXPECT_FALSE(rules.Find(name)) << name;
  }
}

TEST(RedactionRulesTest, StarsStandForAnything) {
  const struct {
    const char* pattern;
    const char* name;
    bool meets;
  } kCases[] = {{"*", "", true},
                {"*", "a.b", true},
                {"user.*", "user.id", true},
                {"user.*", "user", false},
                {"*token*", "x-token-y", true},
                {"*token", "tokens", false},
                {"a*b*c", "a1b2b3c", true},
                {"a*b*c", "a1c", false}};
  for (const auto& [pattern, name, meets] : kCases) {
    EXPECT_EQ(Rules({{kAttribute, pattern, kMask}}).Find(name).has_value(),
              meets)
        << pattern << ' ' << name;
  }
}

TEST(RedactionRulesTest, TheFirstThatFitsCounts) {
  const RedactionRules rules = Rules({{kAttribute, "user.id", kHash},
                                      {kAttribute, "user.*", kDrop},
                                      {kAttribute, "user.id", kMask}});
  EXPECT_EQ(rules.Find("user.id")->action, kHash);
  EXPECT_EQ(rules.Find("user.name")->action, kDrop);
}

TEST(RedactionRulesTest, HeadersStatementsAndAddressesHaveManyNames) {
  const RedactionRules rules = Rules({{kHeader, "authorization", kDrop},
                                      {kHeader, "User-Agent", kMask},
                                      {kSql, "", kMask},
                                      {kClientAddress, "", kMask}});
  for (const char* name :
       {"http.request.header.authorization",
        "http.response.header.Authorization", "http.user_agent",
        "user_agent.original", "http.request.user_agent", "db.statement",
        "db.query.text", "sql.sanitized_query", "client.address",
        "http.client_ip", "http.request.client_ip", "net.peer.ip",
        "network.peer.address", "http.request.header.x-forwarded-for"}) {
    EXPECT_TRUE(rules.Find(name)) << name;
  }
  for (const char* name : {"authorization", "http.request.header.cookie",
                           "db.system", "server.address"}) {
    EXPECT_FALSE(rules.Find(name)) << name;
  }
}

TEST(RedactionRulesTest, HashesJoinAndSayNothing) {
  const RedactionRules rules = Rules({{kAttribute, "*", kHash}});
  const Redaction hash{.of = kAttribute, .action = kHash};
  const std::string a = rules.Replace(hash, "ada@example.com");
  EXPECT_EQ(a.size(), 5u + 32u);
  EXPECT_EQ(a, rules.Replace(hash, "ada@example.com"));
  EXPECT_NE(a, rules.Replace(hash, "bob@example.com"));
  auto other = RedactionRules::Make({{kAttribute, "*", kHash}},
                                    "another key of many bytes");
  ASSERT_TRUE(other.ok());
  EXPECT_NE(a, other->Replace(hash, "ada@example.com"));
}

TEST(RedactionRulesTest, MasksKeepWhatSaysNothingOfAnybody) {
  const RedactionRules rules = Rules({});
  const auto mask = [&](RedactedPart of, const char* text) {
    return rules.Replace({.of = of, .action = kMask}, text);
  };
  EXPECT_EQ(mask(kAttribute, "secret"), "***");
  EXPECT_EQ(mask(kClientAddress, "192.0.2.77"), "192.0.2.0");
  EXPECT_EQ(mask(kClientAddress, "2001:db8:1:2::3"), "2001:db8:1::");
  EXPECT_EQ(mask(kClientAddress, "192.0.2.77:8080"), "***");
  EXPECT_EQ(mask(kClientAddress, "somebody"), "***");
  EXPECT_EQ(mask(kSql, "SELECT a1 FROM t2 WHERE n='O''Brien' AND x = 0x1F"),
            "SELECT a1 FROM t2 WHERE n=? AND x = ?");
  EXPECT_EQ(mask(kSql, "SELECT 'it\\'s', \"b\"\"c\", 1.5e3, $1, 'open"),
            "SELECT ?, ?, ?, $1, ?");
}

TEST(RedactionRulesTest, ParametersAreFoundInAnyText) {
  const RedactionRules rules = Rules({{kQueryParameter, "token", kMask},
                                      {kQueryParameter, "session*", kDrop}});
  const struct {
    const char* text;
    const char* kept;
    bool is_query = false;
  } kCases[] = {
      {"http://x/?token=abc", "http://x/?token=***"},
      {"http://x/?a=1&token=abc&b=2#f", "http://x/?a=1&token=***&b=2#f"},
      {"http://x/?TOKEN=abc;c=d", "http://x/?TOKEN=***;c=d"},
      {"http://x/?t%6Fken=abc", "http://x/?t%6Fken=***"},
      {"GET /a?token=abc HTTP/1.1", "GET /a?token=*** HTTP/1.1"},
      {"/?session_id=abc", "/"},
      {"/?session_id=abc&a=1", "/?a=1"},
      {"/?a=1&session_id=abc", "/?a=1"},
      {"/?session=1&session2=2&token=3", "/?token=***"},
      {"/?session=1&session2=2", "/"},
      {"token=abc&a=1", "token=***&a=1", true},
      {"/?token=", "/?token=***"},
      {"/?x=?token=abc", "/?x=?token=***"},
  };
  for (const auto& [text, kept, is_query] : kCases) {
    EXPECT_EQ(rules.ReplaceParameters(text, is_query), kept) << text;
  }
  for (const char* text : {"token=abc", "/?tokens=abc", "/?a=token", "/?token",
                           "no parameters", ""}) {
    EXPECT_EQ(rules.ReplaceParameters(text, false), std::nullopt) << text;
  }
}

TEST(RedactionRulesTest, BadRulesAreNamed) {
  const auto fault = [](std::vector<RedactionRule> rules, std::string key) {
    return std::string(RedactionRules::Make(std::move(rules), std::move(key))
                           .status()
                           .message());
  };
  EXPECT_THAT(fault({{kAttribute, "", kMask}}, ""),
              HasSubstr("rules[0]: no name"));
  EXPECT_THAT(fault({{kSql, "", kMask}, {kSql, "", kHash}}, "short"),
              HasSubstr("rules[1]: hash needs hash_key"));
  EXPECT_THAT(fault({{kHeader, std::string(1'000, 'x'), kMask}}, ""),
              HasSubstr("1000 bytes"));
  EXPECT_THAT(fault(std::vector<RedactionRule>(1'000, {kSql, "", kMask}), ""),
              HasSubstr("rules: 1000"));
}

}  // namespace
}  // namespace roentgen::storage
