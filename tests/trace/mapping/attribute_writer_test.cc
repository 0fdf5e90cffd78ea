#include "trace/mapping/attribute_writer.h"

#include <string>

#include "base/limits.h"
#include "gtest/gtest.h"
#include "trace/span/otlp_json_writer.h"
#include "trace/span/otlp_schema.h"
#include "trace/span/span_view.h"

namespace roentgen::storage {
namespace {

// The one attribute of a resource, as JSON; "" when it was left out.
std::string OfJson(const std::string& json) {
  std::string resource, out;
  AttributeWriter(1, resource).Json("k", json);
  if (resource.empty()) return "";
  EXPECT_TRUE(OtlpJsonWriter(out).Write(kResourceMessage, resource)) << json;
  const std::string before = R"({"attributes":[{"key":"k","value":)";
  EXPECT_TRUE(out.starts_with(before)) << out;
  return out.substr(before.size(), out.size() - before.size() - 3);
}

TEST(AttributeWriterTest, JsonValues) {
  struct Case {
    const char* json;
    const char* value;
  };
  for (const Case& c : std::initializer_list<Case>{
           {"", ""},
           {"null", ""},
           {R"("")", ""},
           {R"("a\u00e4\"")", "{\"stringValue\":\"a\xC3\xA4\\\"\"}"},
           {"true", R"({"boolValue":true})"},
           {"false", R"({"boolValue":false})"},
           {"0", R"({"intValue":"0"})"},
           {"-9223372036854775808", R"({"intValue":"-9223372036854775808"})"},
           {"9223372036854775808", R"({"doubleValue":9223372036854775808})"},
           {"1.0", R"({"doubleValue":1})"},
           {"1e2", R"({"doubleValue":100})"},
           {"1e400", R"({"stringValue":"1e400"})"},
           {"[]", R"({"arrayValue":{}})"},
           {"{}", R"({"kvlistValue":{}})"},
           {R"([1,null,"",[2]])",
            R"({"arrayValue":{"values":[{"intValue":"1"},{},)"
            R"({"stringValue":""},)"
            R"({"arrayValue":{"values":[{"intValue":"2"}]}}]}})"},
           {R"({"a" : { "b" : null } })",
            R"({"kvlistValue":{"values":[{"key":"a","value":{"kvlistValue":)"
            R"({"values":[{"key":"b","value":{}}]}}}]}})"}}) {
    EXPECT_EQ(OfJson(c.json), c.value) << c.json;
  }
}

TEST(AttributeWriterTest, WhatNestsTooDeepIsText) {
  for (int levels : {limits::kAttributeDepthMax, 120}) {
    std::string resource;
    AttributeWriter(1, resource)
        .Json("k", std::string(levels, '[') + std::string(levels, ']'));
    std::vector<AttributeView> attributes;
    EXPECT_TRUE(ReadAttributes(resource, 1, attributes)) << levels;
    std::string json;
    EXPECT_TRUE(OtlpJsonWriter(json).Write(kResourceMessage, resource));
  }
}

TEST(AttributeWriterTest, EmptyTextsAreLeftOutUnlessAsked) {
  std::string resource, json;
  AttributeWriter out(1, resource);
  out.Text("a", "");
  out.Texts("b", {});
  EXPECT_EQ(resource, "");
  out.Scalar("c", std::string_view());
  out.Scalar("d", 0.5);
  out.Scalar("e", false);
  out.Texts("f", {""});
  EXPECT_TRUE(OtlpJsonWriter(json).Write(kResourceMessage, resource));
  EXPECT_EQ(json, R"({"attributes":[{"key":"c","value":{"stringValue":""}},)"
                  R"({"key":"d","value":{"doubleValue":0.5}},)"
                  R"({"key":"e","value":{"boolValue":false}},)"
                  R"({"key":"f","value":{"arrayValue":{"values":)"
                  R"([{"stringValue":""}]}}}]})");
}

}  // namespace
}  // namespace roentgen::storage
