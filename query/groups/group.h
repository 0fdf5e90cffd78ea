// Groups: named filter expressions. Members follow X-Ray's Group.
//
// Threads: plain data.
#ifndef ROENTGEN_QUERY_GROUPS_GROUP_H_
#define ROENTGEN_QUERY_GROUPS_GROUP_H_

#include <optional>
#include <string>
#include <vector>

namespace roentgen::query {

struct Tag {
  std::string key;
  std::string value;

  friend bool operator==(const Tag&, const Tag&) = default;
};

struct Group {
  std::string name;
  std::string arn;
  std::string filter_expression;  // Empty: every trace.
  bool insights_enabled = false;
  bool notifications_enabled = false;  // Only with insights.
  std::vector<Tag> tags;               // As they were given.

  friend bool operator==(const Group&, const Group&) = default;
};

// By name, by ARN, or by both when they mean the same group.
struct GroupKey {
  std::optional<std::string> name;
  std::optional<std::string> arn;
};

// What is absent stays as it is, or is off in a new group.
struct InsightsSettings {
  std::optional<bool> insights_enabled;
  std::optional<bool> notifications_enabled;
};

struct NewGroup {
  std::string name;
  std::optional<std::string> filter_expression;  // Absent: every trace.
  InsightsSettings insights;
  std::vector<Tag> tags;
};

struct GroupChange {
  std::optional<std::string> filter_expression;
  InsightsSettings insights;
};

}  // namespace roentgen::query

#endif  // ROENTGEN_QUERY_GROUPS_GROUP_H_
