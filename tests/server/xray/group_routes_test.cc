// X-Ray's operations on groups over HTTP: shapes of bodies, refusals.

#include "gmock/gmock.h"
#include "server/xray/api_routes.h"
#include "tests/server/http/test_client.h"
#include "tests/server/xray/xray_fixture.h"

namespace roentgen::server {
namespace {

using testing::HasSubstr;

class GroupRoutesTest : public XrayFixture {
 protected:
  GroupRoutesTest() : XrayFixture(1'727'008'800) {}

  void AddRoutes(HttpRouter& router) override {
    AddApiRoutes(router, space_.Services());
  }
};

const std::string kDefault =
    R"({"GroupName":"Default",)"
    R"("GroupARN":"arn:aws:xray:us-east-1:000000000000:group/Default",)"
    R"("InsightsConfiguration":{"InsightsEnabled":false,)"
    R"("NotificationsEnabled":false}})";

std::string Checkout(const std::string& filter, const std::string& insights) {
  return R"({"GroupName":"checkout",)"
         R"("GroupARN":"arn:aws:xray:us-east-1:000000000000:group/checkout/)" +
         std::string(52, 'A') + R"(","FilterExpression":")" + filter +
         R"(","InsightsConfiguration":{"InsightsEnabled":)" + insights +
         R"(,"NotificationsEnabled":false}})";
}

std::string Invalid(const std::string& message) {
  return R"(InvalidRequestException: {"Message":")" + message +
         R"(","message":")" + message + R"("})";
}

TEST_F(GroupRoutesTest, AGroupsLife) {
  EXPECT_EQ(Call("/Groups", "").body, R"({"Groups":[)" + kDefault + "]}");
  const TestResponse made =
      Call("/CreateGroup",
           R"({"GroupName":"checkout","FilterExpression":"user = \"a\"",)"
           R"("InsightsConfiguration":{"InsightsEnabled":true,"Other":[1]},)"
           R"("Tags":[{"Key":"team","Value":"shop"}],"Unknown":{}})");
  EXPECT_EQ(made.status, 200);
  const std::string first = Checkout(R"(user = \"a\")", "true");
  EXPECT_EQ(made.body, R"({"Group":)" + first + "}");
  EXPECT_EQ(space_->groups().Get({.name = "checkout", .arn = {}})->tags,
            (std::vector<query::Tag>{{"team", "shop"}}));
  EXPECT_EQ(Call("/GetGroup", R"({"GroupName":"checkout"})").body, made.body);
  EXPECT_EQ(Call("/Groups", "{}").body,
            R"({"Groups":[)" + kDefault + "," + first + "]}");
  const std::string second = R"({"Group":)" + Checkout("fault", "false") + "}";
  EXPECT_EQ(Call("/UpdateGroup",
                 R"({"GroupName":"checkout","FilterExpression":"fault",)"
                 R"("InsightsConfiguration":{"InsightsEnabled":false}})")
                .body,
            second);
  const std::string arn = space_->groups().List()[1].arn;
  EXPECT_EQ(Call("/GetGroup", R"({"GroupARN":")" + arn + R"("})").body, second);
  EXPECT_EQ(Call("/DeleteGroup", R"({"GroupARN":")" + arn + R"("})").body,
            "{}");
  EXPECT_EQ(Refusal("/GetGroup", R"({"GroupName":"checkout"})"),
            Invalid("Group not found"));
}

TEST_F(GroupRoutesTest, AGroupWithoutExpressionHasNoneInAnswers) {
  const TestResponse made =
      Call("/CreateGroup", R"({"GroupName":"all","FilterExpression":null})");
  EXPECT_EQ(made.status, 200);
  EXPECT_EQ(made.body.find("FilterExpression"), std::string::npos);
}

TEST_F(GroupRoutesTest, WhatIsSemanticIsAnInvalidRequest) {
  ASSERT_EQ(Call("/CreateGroup", R"({"GroupName":"a"})").status, 200);
  EXPECT_EQ(Refusal("/CreateGroup", R"({"GroupName":"a"})"),
            Invalid("a already exists"));
  EXPECT_EQ(
      Refusal("/CreateGroup", R"({"GroupName":"b","FilterExpression":""})"),
      Invalid("Filter Expression is empty"));
  EXPECT_EQ(Refusal("/DeleteGroup", "{}"),
            Invalid("Provide either GroupName or GroupARN"));
  EXPECT_EQ(Refusal("/Groups", R"({"NextToken":"x"})"),
            Invalid("Next Token not supported"));
}

TEST_F(GroupRoutesTest, WhatTheModelForbidsIsAValidationError) {
  const auto refused = [&](std::string_view path, std::string_view body,
                           std::string_view member) {
    EXPECT_THAT(Refusal(path, body),
                HasSubstr("at '" + std::string(member) + "' failed"));
  };
  const std::string long_name(33, 'n');
  refused("/CreateGroup", "{}", "groupName");
  refused("/CreateGroup", R"({"GroupName":""})", "groupName");
  refused("/CreateGroup", R"({"GroupName":")" + long_name + R"("})",
          "groupName");
  refused("/GetGroup", R"({"GroupName":")" + long_name + R"("})", "groupName");
  refused("/DeleteGroup", R"({"GroupARN":")" + std::string(401, 'a') + R"("})",
          "groupARN");
  refused("/UpdateGroup", R"({"GroupARN":""})", "groupARN");
  refused("/Groups", R"({"NextToken":""})", "nextToken");
  refused("/CreateGroup", R"({"GroupName":"a","Tags":[{"Key":"k"}]})",
          "tags.1.member.value");
  refused("/CreateGroup",
          R"({"GroupName":"a","Tags":[{"Key":"k","Value":""},)"
          R"({"Key":"","Value":""}]})",
          "tags.2.member.key");
  EXPECT_EQ(space_->groups().List().size(), 1u);
}

TEST_F(GroupRoutesTest, WrongTypesAreSerializationErrors) {
  for (const std::string body :
       {"[]", "{", R"({"GroupName":5})", R"({"GroupName":"a","Tags":{}})",
        R"({"GroupName":"a","Tags":["t"]})",
        R"({"GroupName":"a","InsightsConfiguration":true})"}) {
    EXPECT_THAT(Refusal("/CreateGroup", body),
                HasSubstr("SerializationException"));
  }
}

TEST_F(GroupRoutesTest, PushesBackWhenNobodyIsFree) {
  StartServer({.threads = 1, .queue_max = 0});
  EXPECT_EQ(Call("/Groups", "{}").status, 429);
}

}  // namespace
}  // namespace roentgen::server
