#include "server/jaeger/json_indent.h"

#include <string>
#include <string_view>

#include "gtest/gtest.h"

namespace roentgen::server {
namespace {

struct Vector {
  std::string_view json;
  std::string_view indented;
};

constexpr Vector kVectors[] = {
    {"", ""},
    {"null", "null"},
    {"-1.5e+3", "-1.5e+3"},
    {"\"\"", "\"\""},
    {"{}", "{}"},
    {"[]", "[]"},
    {"[1]", "[\n    1\n]"},
    {"[1,true]", "[\n    1,\n    true\n]"},
    {"[[],{}]", "[\n    [],\n    {}\n]"},
    {"[[1]]", "[\n    [\n        1\n    ]\n]"},
    {R"({"a":1})", "{\n    \"a\": 1\n}"},
    {R"({"a":{},"b":[]})", "{\n    \"a\": {},\n    \"b\": []\n}"},
    {R"({"a":[{"b":2}]})",
     "{\n    \"a\": [\n        {\n            \"b\": 2\n        }\n    ]\n}"},
    // Texts are left as they are, whatever is in them.
    {R"(["{[,:]}"])", "[\n    \"{[,:]}\"\n]"},
    {R"({"a:b,":"c"})", "{\n    \"a:b,\": \"c\"\n}"},
    {R"(["\"","\\",":"])", "[\n    \"\\\"\",\n    \"\\\\\",\n    \":\"\n]"},
    {R"(["\\\"{"])", "[\n    \"\\\\\\\"{\"\n]"},
    {R"(["\u0022,"])", "[\n    \"\\u0022,\"\n]"},
};

TEST(JsonIndent, EachMemberHasALine) {
  for (const auto& [json, indented] : kVectors) {
    EXPECT_EQ(IndentJson(json), indented) << json;
    EXPECT_EQ(IndentedSize(json), indented.size()) << json;
  }
}

TEST(JsonIndent, NothingButWhiteSpaceIsAdded) {
  for (const auto& [json, indented] : kVectors) {
    std::string bare;
    bool text = false;
    for (size_t i = 0; i < indented.size(); ++i) {
      const char c = indented[i];
      if (text && c == '\\') {
        bare.append(indented.substr(i++, 2));
        continue;
      }
      if (c == '"') text = !text;
      if (text || (c != ' ' && c != '\n')) bare += c;
    }
    EXPECT_EQ(bare, json);
  }
}

}  // namespace
}  // namespace roentgen::server
