#include "base/json_writer.h"

#include <limits>

#include "gtest/gtest.h"

namespace roentgen {
namespace {

std::string Quoted(std::string_view text) {
  std::string out;
  AppendJsonString(out, text);
  return out;
}

std::string Number(double value) {
  std::string out;
  JsonWriter(out).Double(value);
  return out;
}

TEST(JsonWriterTest, PlacesCommas) {
  std::string out;
  JsonWriter json(out);
  json.BeginObject().Key("a").BeginArray().Int(1).Int(-2).EndArray();
  json.Key("b").BeginObject().EndObject();
  json.Key("c").BeginArray().BeginObject().EndObject().String("x").EndArray();
  json.Key("d").Bool(true).Key("e").Null().Key("f").Raw("{\"g\":1}");
  json.Key("").String("").EndObject();
  EXPECT_EQ(out, R"({"a":[1,-2],"b":{},"c":[{},"x"],"d":true,"e":null,)"
                 R"("f":{"g":1},"":""})");
}

TEST(JsonWriterTest, StringsThatEndLikeStructureAreNoStructure) {
  std::string out;
  JsonWriter json(out);
  json.BeginArray().String("{").String("[").String(":").EndArray();
  EXPECT_EQ(out, R"(["{","[",":"])");
}

TEST(JsonWriterTest, EscapesWhatJsonForbids) {
  EXPECT_EQ(Quoted("a\"b\\c\n\r\t\b\x01\x7f"),
            R"("a\"b\\c\n\r\t\u0008\u0001\u007f")");
  EXPECT_EQ(Quoted(std::string_view("\0", 1)), R"("\u0000")");
  EXPECT_EQ(Quoted("/<>&'"), "\"/<>&'\"");
}

TEST(JsonWriterTest, KeepsUtf8AndReplacesWhatIsNone) {
  const std::string good = "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80";
  EXPECT_EQ(Quoted(good), "\"" + good + "\"");
  const std::string bad = "\xEF\xBF\xBD";
  EXPECT_EQ(Quoted("\xFF"), "\"" + bad + "\"");
  EXPECT_EQ(Quoted("\xC3"), "\"" + bad + "\"");
  EXPECT_EQ(Quoted("\xC0\x80"), "\"" + bad + bad + "\"");
  EXPECT_EQ(Quoted("\xED\xA0\x80"), "\"" + bad + bad + bad + "\"");
  EXPECT_EQ(Quoted("\xF4\x90\x80\x80"), "\"" + bad + bad + bad + bad + "\"");
  EXPECT_EQ(Quoted("a\x80"
                   "b"),
            "\"a" + bad + "b\"");
}

TEST(JsonWriterTest, WritesNumbersThatReadBack) {
  EXPECT_EQ(Number(3), "3");
  EXPECT_EQ(Number(0.1), "0.1");
  EXPECT_EQ(Number(-2.5e-9), "-2.5e-09");
  EXPECT_EQ(Number(std::numeric_limits<double>::infinity()), "null");
  std::string out;
  JsonWriter(out).Int(std::numeric_limits<int64_t>::min());
  EXPECT_EQ(out, "-9223372036854775808");
}

TEST(JsonWriterTest, MayContinueAString) {
  std::string out = "prefix ";
  JsonWriter(out).BeginObject().EndObject();
  EXPECT_EQ(out, "prefix {}");
}

}  // namespace
}  // namespace roentgen
