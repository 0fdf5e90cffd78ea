#include "server/xray/model/api_check.h"

#include <map>
#include <set>
#include <string>

#include "gmock/gmock.h"
#include "server/xray/model/api_model.h"
#include "server/xray/model/api_value.h"
#include "server/xray/model/open_api.h"
#include "simdjson.h"

namespace roentgen::server {
namespace {

using testing::HasSubstr;

const ApiShape& Input(std::string_view operation) {
  return *FindApiOperation(operation)->input;
}

std::string Fault(std::string_view operation, const ApiValue& request) {
  const auto error = CheckRequest(Input(operation), request);
  if (!error) return "";
  EXPECT_EQ(error->name, "ValidationException");
  EXPECT_EQ(error->http_status, 400);
  return error->message;
}

TEST(ApiModelTest, HasEveryOperationOnceAndNoPathTwice) {
  std::set<std::string_view> names, paths;
  for (const ApiOperation& operation : ApiOperations()) {
    names.insert(operation.name);
    paths.insert(operation.path);
    EXPECT_EQ(FindApiOperation(operation.name), &operation);
  }
  EXPECT_EQ(names.size(), 38u);
  EXPECT_EQ(paths.size(), 38u);
  EXPECT_EQ(FindApiOperation("GetNothing"), nullptr);
}

TEST(ApiModelTest, MarksRoentgensOwnMembers) {
  size_t own = 0;
  for (const ApiOperation& operation : ApiOperations()) {
    for (const ApiMember& member : operation.input->members) {
      EXPECT_EQ(member.own, member.name.starts_with("Roentgen"));
      own += member.own;
    }
  }
  EXPECT_EQ(own, 8u);
}

TEST(ApiCheckTest, SaysWhatIsWrongWhere) {
  EXPECT_EQ(Fault("CreateGroup", ApiFields{{"GroupName", "a"}}), "");
  EXPECT_EQ(Fault("CreateGroup", ApiFields()),
            "1 validation error detected: Value null at 'groupName' failed to "
            "satisfy constraint: Member must not be null");
  EXPECT_EQ(
      Fault("CreateGroup",
            ApiFields{{"GroupName", ""},
                      {"Tags", ApiList{ApiFields{{"Value", "v"}}}}}),
      "2 validation errors detected: Value '' at 'groupName' failed to satisfy "
      "constraint: Member must have length from 1 to 32; Value null at "
      "'tags.1.member.key' failed to satisfy constraint: Member must not be "
      "null");
  EXPECT_THAT(Fault("GetInsight", ApiFields{{"InsightId", "x"}}),
              HasSubstr("regular expression pattern"));
  EXPECT_THAT(
      Fault("GetInsightEvents",
            ApiFields{{"InsightId", "0d9b4f3e-6c1a-4b2e-9a57-3f2b1c0d4e5f"},
                      {"MaxResults", 51}}),
      HasSubstr("Value '51' at 'maxResults'"));
}

TEST(ApiCheckTest, CountsCharactersNotBytes) {
  std::string name;
  for (int i = 0; i < 32; ++i) name += "\xC3\xA9";
  EXPECT_EQ(Fault("GetGroup", ApiFields{{"GroupName", name}}), "");
  EXPECT_NE(Fault("GetGroup", ApiFields{{"GroupName", name + "e"}}), "");
}

TEST(ApiCheckTest, ManyFaultsMakeNoEndlessMessage) {
  ApiList tags(200, ApiValue(ApiFields()));
  const std::string fault =
      Fault("TagResource",
            ApiFields{{"ResourceARN", "a"}, {"Tags", std::move(tags)}});
  EXPECT_THAT(fault, HasSubstr("400 validation errors detected"));
  EXPECT_LT(fault.size(), 4'000u);
}

TEST(ApiCheckTest, AnswersMayHaveNothingElse) {
  const ApiShape& output = *FindApiOperation("GetEncryptionConfig")->output;
  const auto answer = [](ApiValue config) {
    return ApiValue(ApiFields{{"EncryptionConfig", std::move(config)}});
  };
  EXPECT_EQ(CheckAnswer(output, answer(ApiFields{{"Type", "NONE"}})), "");
  EXPECT_EQ(CheckAnswer(output, answer(ApiFields{{"Kind", "NONE"}})),
            ".EncryptionConfig.Kind is not in the model");
  EXPECT_EQ(CheckAnswer(output, answer(ApiFields{{"Type", 1}})),
            ".EncryptionConfig.Type has another type");
  EXPECT_THAT(CheckAnswer(output, answer(ApiFields{{"Type", "AES"}})),
              HasSubstr("enum value set"));
}

TEST(ApiValueTest, WritesJson) {
  std::string out;
  AppendJson(ApiFields{{"a", ApiList{1, 0.05, true, "x\n"}},
                       {"t", Timestamp{1'727'008'768'100'000'000}},
                       {"m", ApiFields()}},
             out);
  EXPECT_EQ(out, R"({"a":[1,0.05,true,"x\n"],"t":1727008768.1,"m":{}})");
}

TEST(ApiValueTest, SetsAndFindsMembers) {
  ApiValue value = ApiFields();
  value.Set("a", 1).Set("b", "x").Set("a", 2);
  EXPECT_EQ(value.Int("a"), 2);
  EXPECT_EQ(value.Text("a"), std::nullopt);  // Of another type.
  EXPECT_EQ(value.Text("c"), std::nullopt);
  value.Remove("a");
  EXPECT_EQ(value, ApiValue(ApiFields{{"b", "x"}}));
  EXPECT_TRUE(ApiValue(1).list().empty());
  EXPECT_EQ(ApiValue(1).Find("a"), nullptr);
}

// Every reference leads to a schema, every operation is there.
TEST(OpenApiTest, IsWhole) {
  simdjson::dom::parser parser;
  simdjson::dom::element root;
  const std::string text = OpenApiJson();
  ASSERT_FALSE(parser.parse(text).get(root));
  simdjson::dom::object paths, schemas;
  ASSERT_FALSE(root["paths"].get_object().get(paths));
  ASSERT_FALSE(root["components"]["schemas"].get_object().get(schemas));
  EXPECT_EQ(paths.size(), 38u);
  std::set<std::string> known;
  for (const auto& field : schemas) known.emplace(field.key);
  const std::string mark = "\"#/components/schemas/";
  size_t references = 0;
  for (size_t at = text.find(mark); at != text.npos;
       at = text.find(mark, at + 1)) {
    const size_t begin = at + mark.size();
    const std::string name = text.substr(begin, text.find('"', begin) - begin);
    EXPECT_TRUE(known.contains(name)) << name;
    ++references;
  }
  EXPECT_GT(references, 500u);
}

}  // namespace
}  // namespace roentgen::server
