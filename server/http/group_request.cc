#include "server/http/group_request.h"

#include <string_view>
#include <utility>
#include <vector>

#include "server/http/json_body.h"
#include "server/http/request_validation.h"

namespace roentgen::server {
namespace {

// X-Ray's own bounds, in characters or items.
constexpr size_t kNameCharsMax = 32;
constexpr size_t kArnCharsMax = 400;
constexpr size_t kTokenCharsMax = 100;
constexpr size_t kTagKeyCharsMax = 128;
constexpr size_t kTagValueCharsMax = 256;
constexpr size_t kTagsInRequestMax = 200;

using Text = std::optional<std::string_view>;

struct RawTag {
  Text key;
  Text value;
};

// Members of any of the bodies as they were sent.
struct RawGroup {
  Text name;
  Text arn;
  Text filter;
  Text token;
  query::InsightsSettings insights;
  std::vector<RawTag> tags;
};

std::optional<std::string> Owned(const Text& text) {
  return text ? std::optional<std::string>(*text) : std::nullopt;
}

JsonRead ReadInsights(ondemand::value& value, query::InsightsSettings& out) {
  out = {};
  return ReadJsonMembers(
      value, [&](std::string_view key, ondemand::value& member) {
        if (key == "InsightsEnabled") {
          return ReadJsonBool(member, out.insights_enabled);
        }
        if (key == "NotificationsEnabled") {
          return ReadJsonBool(member, out.notifications_enabled);
        }
        return SkipJson(member);
      });
}

JsonRead ReadTag(ondemand::value& value, std::vector<RawTag>& out) {
  RawTag& tag = out.emplace_back();
  return ReadJsonMembers(value,
                         [&](std::string_view key, ondemand::value& member) {
                           if (key == "Key")
                             return ReadJsonString(member, tag.key);
                           if (key == "Value")
                             return ReadJsonString(member, tag.value);
                           return SkipJson(member);
                         });
}

JsonRead ReadGroup(std::string& body, RawGroup& raw) {
  return ReadJsonObject(
      body, [&](std::string_view key, ondemand::value& value) {
        if (key == "GroupName") return ReadJsonString(value, raw.name);
        if (key == "GroupARN") return ReadJsonString(value, raw.arn);
        if (key == "FilterExpression") return ReadJsonString(value, raw.filter);
        if (key == "NextToken") return ReadJsonString(value, raw.token);
        if (key == "InsightsConfiguration") {
          return ReadInsights(value, raw.insights);
        }
        if (key == "Tags") {
          raw.tags.clear();
          return ReadJsonElements(value, [&](ondemand::value& element) {
            return ReadTag(element, raw.tags);
          });
        }
        return SkipJson(value);
      });
}

// Reads a body and checks what all operations have in common.
std::optional<AwsError> ReadAndCheck(std::string& body, RawGroup& raw,
                                     Validation& validation) {
  if (auto error = ErrorOf(ReadGroup(body, raw))) return error;
  validation.CheckLength(raw.name, "groupName", 1, kNameCharsMax);
  validation.CheckLength(raw.arn, "groupARN", 1, kArnCharsMax);
  return std::nullopt;
}

query::GroupKey KeyOf(const RawGroup& raw) {
  return {.name = Owned(raw.name), .arn = Owned(raw.arn)};
}

std::vector<query::Tag> ValidTags(const RawGroup& raw, Validation& validation) {
  if (raw.tags.size() > kTagsInRequestMax) {
    validation.Add("Value", "tags",
                   "Member must have length less than or equal to " +
                       std::to_string(kTagsInRequestMax));
    return {};
  }
  std::vector<query::Tag> tags;
  for (size_t i = 0; i < raw.tags.size(); ++i) {
    const RawTag& tag = raw.tags[i];
    const std::string at = "tags." + std::to_string(i + 1) + ".member.";
    validation.Require(tag.key.has_value(), at + "key");
    validation.CheckLength(tag.key, at + "key", 1, kTagKeyCharsMax);
    validation.Require(tag.value.has_value(), at + "value");
    validation.CheckLength(tag.value, at + "value", 0, kTagValueCharsMax);
    tags.push_back({.key = Owned(tag.key).value_or(""),
                    .value = Owned(tag.value).value_or("")});
  }
  return tags;
}

}  // namespace

std::variant<query::NewGroup, AwsError> DecodeCreateGroup(std::string& body) {
  RawGroup raw;
  Validation validation;
  if (auto error = ReadAndCheck(body, raw, validation)) {
    return *std::move(error);
  }
  validation.Require(raw.name.has_value(), "groupName");
  std::vector<query::Tag> tags = ValidTags(raw, validation);
  if (auto error = validation.Error()) return *std::move(error);
  return query::NewGroup{.name = std::string(*raw.name),
                         .filter_expression = Owned(raw.filter),
                         .insights = raw.insights,
                         .tags = std::move(tags)};
}

std::variant<query::GroupKey, AwsError> DecodeGroupKey(std::string& body) {
  RawGroup raw;
  Validation validation;
  if (auto error = ReadAndCheck(body, raw, validation)) {
    return *std::move(error);
  }
  if (auto error = validation.Error()) return *std::move(error);
  return KeyOf(raw);
}

std::variant<GetGroupsRequest, AwsError> DecodeGetGroups(std::string& body) {
  RawGroup raw;
  if (auto error = ErrorOf(ReadGroup(body, raw))) return *std::move(error);
  Validation validation;
  validation.CheckLength(raw.token, "nextToken", 1, kTokenCharsMax);
  if (auto error = validation.Error()) return *std::move(error);
  return GetGroupsRequest{.next_token = Owned(raw.token)};
}

std::variant<UpdateGroupRequest, AwsError> DecodeUpdateGroup(
    std::string& body) {
  RawGroup raw;
  Validation validation;
  if (auto error = ReadAndCheck(body, raw, validation)) {
    return *std::move(error);
  }
  if (auto error = validation.Error()) return *std::move(error);
  return UpdateGroupRequest{.key = KeyOf(raw),
                            .change = {.filter_expression = Owned(raw.filter),
                                       .insights = raw.insights}};
}

}  // namespace roentgen::server
