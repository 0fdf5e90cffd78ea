#include "server/http/query_string.h"

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "base/limits.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace roentgen::server {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Pairs = std::vector<std::pair<std::string_view, std::string_view>>;

struct Vector {
  std::string_view text;
  Pairs pairs;  // Each name once.
};

TEST(QueryString, DecodesNamesAndValues) {
  const std::vector<Vector> vectors = {
      {"a=1", {{"a", "1"}}},
      {"a=1&b=2", {{"a", "1"}, {"b", "2"}}},
      {"a", {{"a", ""}}},
      {"a=", {{"a", ""}}},
      {"=1", {{"", "1"}}},
      {"a=b=c", {{"a", "b=c"}}},
      {"a=x+y", {{"a", "x y"}}},
      {"a+b=1", {{"a b", "1"}}},
      {"a=x%2By", {{"a", "x+y"}}},
      {"a=%26%3D%25", {{"a", "&=%"}}},
      {"a%3Db=1", {{"a=b", "1"}}},
      {"a=%c3%A9", {{"a", "\u00e9"}}},
      {"a=\u00e9", {{"a", "\u00e9"}}},
      {"a=%00", {{"a", std::string_view("\0", 1)}}},
      {"a=%2541", {{"a", "%41"}}},
      {"tags=%7B%22k%22%3A%22v%22%7D", {{"tags", R"({"k":"v"})"}}},
      {"&&a=1&", {{"a", "1"}}},
      {"a=1?b=2", {{"a", "1?b=2"}}},
      {"a=1;b=2", {{"a", "1;b=2"}}},
  };
  for (const Vector& vector : vectors) {
    const auto query = QueryString::Parse(vector.text);
    ASSERT_TRUE(query.ok()) << vector.text << query.status();
    for (const auto& [name, value] : vector.pairs) {
      EXPECT_THAT(query->FindAll(name), ElementsAre(value)) << vector.text;
      EXPECT_EQ(query->Find(name), value) << vector.text;
    }
  }
}

TEST(QueryString, NamesAreComparedByteByByte) {
  const auto query = QueryString::Parse("a=1&A=2");
  ASSERT_TRUE(query.ok());
  EXPECT_EQ(query->Find("A"), "2");
  EXPECT_EQ(query->Find("b"), std::nullopt);
  EXPECT_THAT(query->FindAll("b"), IsEmpty());
}

TEST(QueryString, OfOneNameTheFirstIsFoundAndAllAreListed) {
  auto query = QueryString::Parse("id=2&x=&id=1&id=2");
  ASSERT_TRUE(query.ok());
  query->Add("id", "3");
  EXPECT_EQ(query->Find("id"), "2");
  EXPECT_THAT(query->FindAll("id"), ElementsAre("2", "1", "2", "3"));
}

TEST(QueryString, RefusesEscapesWithoutDigits) {
  for (const std::string_view text :
       {"a=%", "a=%1", "a=%1g", "a=%g1", "%=1", "a=1&b=%zz", "a=%+1"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(QueryString::Parse(text).status()))
        << text;
  }
}

TEST(QueryString, HasALimit) {
  std::string text;
  for (size_t i = 0; i < limits::kQueryParametersMax; ++i) text += "a&";
  const auto most = QueryString::Parse(text);
  ASSERT_TRUE(most.ok());
  EXPECT_EQ(most->FindAll("a").size(), limits::kQueryParametersMax);
  EXPECT_TRUE(absl::IsInvalidArgument(QueryString::Parse(text + "b").status()));
}

TEST(DecodePercent, APlusSignIsABlankOnlyInQueries) {
  EXPECT_EQ(DecodePercent("a+b%20c", PlusSign::kBlank), "a b c");
  EXPECT_EQ(DecodePercent("a+b%20c", PlusSign::kItself), "a+b c");
  EXPECT_EQ(DecodePercent("%2", PlusSign::kItself), std::nullopt);
  EXPECT_EQ(DecodePercent("", PlusSign::kItself), "");
}

}  // namespace
}  // namespace roentgen::server
