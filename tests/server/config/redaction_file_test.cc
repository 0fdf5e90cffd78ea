// The file that says what of traces is not kept.
#include "server/config/redaction_file.h"

#include <fstream>
#include <string>
#include <utility>

#include "gtest/gtest.h"

namespace roentgen::server {
namespace {

using storage::RedactedPart;
using storage::RedactionAction;

TEST(RedactionFileTest, ReadsRules) {
  const auto rules = ParseRedaction(
      "hash_key: 0123456789abcdef\n"
      "rules:\n"
      "  - {of: attribute, name: user.email, action: hash}\n"
      "  - of: header\n"
      "    name: authorization\n"
      "    action: drop\n"
      "  - {of: query_parameter, name: token, action: mask}\n"
      "  - {of: sql, action: mask}\n"
      "  - {of: client_address, action: mask}\n",
      "r.yaml");
  ASSERT_TRUE(rules.ok()) << rules.status();
  const auto email = rules->Find("user.email");
  ASSERT_TRUE(email.has_value());
  EXPECT_EQ(email->of, RedactedPart::kAttribute);
  EXPECT_EQ(email->action, RedactionAction::kHash);
  EXPECT_EQ(rules->Find("http.request.header.authorization")->action,
            RedactionAction::kDrop);
  EXPECT_EQ(rules->ReplaceParameters("/?token=a", false), "/?token=***");
  EXPECT_EQ(rules->Find("db.statement")->of, RedactedPart::kSql);
  EXPECT_EQ(rules->Find("client.address")->of, RedactedPart::kClientAddress);
  EXPECT_TRUE(ParseRedaction("rules: []", "r.yaml").ok());
}

TEST(RedactionFileTest, SaysWhereAndWhatIsWrong) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "r.yaml:1: expected 'rules:' with a list below"},
      {"rules: 7",
       "r.yaml:1: 'rules': expected hash_key with a text, or rules with a "
       "list"},
      {"rules: []\nrule: []",
       "r.yaml:2: 'rule': expected hash_key with a text, or rules with a list"},
      {"rules: []\nrules: []", "r.yaml:2: rules twice"},
      {"rules:\n- 7", "r.yaml:2: rules[0]: expected of, name, ..."},
      {"rules:\n- {of: sql}", "r.yaml:2: rules[0]: action is missing"},
      {"rules:\n- {action: drop}", "r.yaml:2: rules[0]: of is missing"},
      {"rules:\n- {of: body, action: drop}",
       "r.yaml:2: rules[0].of: 'body' is none of attribute, header, "
       "query_parameter, sql, client_address"},
      {"rules:\n- {of: sql, action: burn}",
       "r.yaml:2: rules[0].action: 'burn' is none of drop, mask, hash"},
      {"rules:\n- {of: sql, of: sql, action: drop}",
       "r.yaml:2: rules[0].of twice"},
      {"rules:\n- {of: sql, action: drop, why: x}",
       "r.yaml:2: rules[0]: unknown field 'why'"},
      {"rules:\n- {of: attribute, action: drop}",
       "r.yaml:1: rules[0]: no name"},
      {"hash_key: short\nrules:\n- {of: sql, action: hash}",
       "r.yaml:1: rules[0]: hash needs hash_key, of 16 bytes or more"},
  };
  for (const auto& [text, message] : cases) {
    EXPECT_EQ(ParseRedaction(text, "r.yaml").status().message(), message)
        << text;
  }
  EXPECT_FALSE(ParseRedaction("rules: [", "r.yaml").ok());
}

TEST(RedactionFileTest, FilesAreReadAndNamed) {
  EXPECT_EQ(*LoadRedactionFile(""), nullptr);
  const std::string path = testing::TempDir() + "/redaction_file_test.yaml";
  const auto missing = LoadRedactionFile(path + ".none");
  EXPECT_TRUE(absl::IsNotFound(missing.status()));
  EXPECT_NE(missing.status().message().find(path), std::string_view::npos);
  std::ofstream(path) << "rules:\n- {of: sql, action: drop}\n";
  const auto rules = LoadRedactionFile(path);
  ASSERT_TRUE(rules.ok()) << rules.status();
  EXPECT_TRUE((*rules)->Find("db.statement"));
}

}  // namespace
}  // namespace roentgen::server
