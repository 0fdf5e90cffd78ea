#include "query/lang/keyword_table.h"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "query/lang/edit_distance.h"

namespace roentgen::query {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

TEST(KeywordTableTest, EveryKeywordHasOneRow) {
  std::set<Keyword> keywords;
  std::set<std::string_view> names;
  for (const KeywordRow& row : KeywordRows()) {
    EXPECT_TRUE(keywords.insert(row.keyword).second) << row.name;
    EXPECT_TRUE(names.insert(row.name).second) << row.name;
    EXPECT_EQ(&RowOf(row.keyword), &row);
    EXPECT_EQ(FindKeyword(row.name), &row);
    EXPECT_NE(row.scopes, 0u) << row.name;
  }
  EXPECT_EQ(keywords.size(), static_cast<size_t>(Keyword::kAccountId) + 1);
}

TEST(KeywordTableTest, NamesHaveNoCase) {
  EXPECT_EQ(FindKeyword("HTTP.UserAgent"), FindKeyword("http.useragent"));
  EXPECT_EQ(FindKeyword("http"), nullptr);
  EXPECT_EQ(FindKeyword(""), nullptr);
}

TEST(KeywordTableTest, NamesOfAScopeAreWhatItAllows) {
  EXPECT_THAT(NamesIn(Scope::kCauseException),
              ElementsAre("first", "last", "index", "name", "message"));
  EXPECT_THAT(NamesIn(Scope::kResponseTimeEntity), Contains("coverage"));
  EXPECT_THAT(NamesIn(Scope::kCauseEntity), Not(Contains("coverage")));
  EXPECT_THAT(NamesIn(Scope::kTrace), Contains("rootcause.fault.exception"));
  EXPECT_THAT(NamesIn(Scope::kTrace),
              Not(Contains("rootcause.responsetime.exception")));
  EXPECT_THAT(NamesIn(Scope::kService), Not(Contains("service")));
}

TEST(KeywordTableTest, HintsNameTheNearestKeyword) {
  EXPECT_EQ(HintFor("duratoin", Scope::kTrace), "did you mean 'duration'?");
  EXPECT_EQ(HintFor("HTTP.STATSU", Scope::kEdge),
            "did you mean 'http.status'?");
  EXPECT_EQ(HintFor("servcie", Scope::kTrace), "did you mean 'service'?");
  EXPECT_THAT(HintFor("ma", Scope::kTrace), HasSubstr("known here: ok, "));
  // What is near but not allowed here is no help.
  EXPECT_THAT(HintFor("partail", Scope::kEdge), HasSubstr("known here"));
}

TEST(KeywordTableTest, TheManualNamesEveryKeyword) {
  std::ifstream in("docs/query_language.md");
  const std::string manual{std::istreambuf_iterator<char>(in), {}};
  ASSERT_NE(manual, "");
  for (const KeywordRow& row : KeywordRows()) {
    EXPECT_THAT(manual, HasSubstr("`" + std::string(row.name) + "`"));
  }
}

TEST(EditDistanceTest, CountsSlips) {
  EXPECT_EQ(EditDistance("abc", "abc", 9), 0u);
  EXPECT_EQ(EditDistance("abc", "acb", 9), 1u);
  EXPECT_EQ(EditDistance("abc", "ab", 9), 1u);
  EXPECT_EQ(EditDistance("", "abc", 9), 3u);
  EXPECT_EQ(EditDistance("kitten", "sitting", 9), 3u);
  EXPECT_EQ(EditDistance("kitten", "sitting", 2), 2u);
  EXPECT_EQ(EditDistance("", "", 9), 0u);
}

}  // namespace
}  // namespace roentgen::query
