#include "base/json_check.h"

#include <string>

#include "gtest/gtest.h"

namespace roentgen {
namespace {

TEST(JsonCheckTest, TakesWhatIsJson) {
  for (const char* text :
       {"1", " \"a\" ", "null", "true", "-0.5e+7", "{}", "[]", "[ ]", "{ }",
        R"({"a":1})", R"([1,"x",null,{"a":[]},[[]]])",
        R"({"a" : {"b":[1, 2]}, "" : false})", R"("\"\\\/\b\f\n\r\t\u00e4")"}) {
    EXPECT_TRUE(CheckJson(text).valid) << text;
  }
}

TEST(JsonCheckTest, RefusesWhatIsNot) {
  for (const char* text : {"",
                           " ",
                           "01",
                           "tru",
                           "truex",
                           "1 2",
                           "[1 2]",
                           "[1,]",
                           "[1}",
                           R"({"a":1])",
                           "[,1]",
                           "[",
                           "]",
                           "{",
                           "}",
                           "[}",
                           "{]",
                           R"({"a"})",
                           R"({"a":})",
                           R"({"a":1,})",
                           R"({1:2})",
                           R"({"a":1 "b":2})",
                           R"("a)",
                           R"("\x")",
                           R"("\u12g4")",
                           R"("\u12")",
                           "\"\n\"",
                           "[]]",
                           "{}{}",
                           "[[]",
                           R"({"a":[}])",
                           "'a'",
                           R"(["a":1])",
                           "[1:2]",
                           "\"\\"}) {
    EXPECT_FALSE(CheckJson(text).valid) << text;
  }
}

TEST(JsonCheckTest, CountsLevels) {
  EXPECT_EQ(CheckJson("1").levels, 0u);
  EXPECT_EQ(CheckJson(R"([{}, {"a":[1]}, []])").levels, 3u);
  const std::string open(1'000'000, '['), close(1'000'000, ']');
  const JsonCheck check = CheckJson(open + close);
  EXPECT_TRUE(check.valid);
  EXPECT_EQ(check.levels, 1'000'000u);
  EXPECT_FALSE(CheckJson(open + close.substr(1)).valid);
}

}  // namespace
}  // namespace roentgen
