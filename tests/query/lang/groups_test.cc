#include "query/lang/groups.h"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/limits.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "query/lang/expression.h"
#include "query/lang/filter.h"
#include "query/lang/printer.h"

namespace roentgen::query {
namespace {

using testing::HasSubstr;

using Texts = std::map<std::string, std::string>;

class FakeGroups : public GroupLookup {
 public:
  explicit FakeGroups(Texts groups) : groups_(std::move(groups)) {}

  std::optional<GroupFilter> FindByName(std::string_view name) const override {
    ++lookups;
    const auto found = groups_.find(std::string(name));
    if (found == groups_.end()) return std::nullopt;
    return GroupFilter{found->first, found->second};
  }
  std::optional<GroupFilter> FindByArn(std::string_view arn) const override {
    if (!arn.starts_with("arn:")) return std::nullopt;
    return FindByName(arn.substr(4));
  }

  mutable size_t lookups = 0;

 private:
  const Texts groups_;
};

absl::StatusOr<Expression> Resolve(std::string_view text,
                                   const FakeGroups& groups) {
  return ResolveGroups(std::get<Expression>(ParseFilter(text)), groups);
}

std::string Resolved(std::string_view text, const FakeGroups& groups) {
  const absl::StatusOr<Expression> resolved = Resolve(text, groups);
  return resolved.ok() ? Print(*resolved) : resolved.status().ToString();
}

TEST(GroupsTest, ATestBecomesTheExpression) {
  const FakeGroups groups(
      Texts{{"slow", "duration > 5 OR fault"}, {"all", " "}});
  EXPECT_EQ(Resolved("ok", groups), "ok");
  EXPECT_EQ(Resolved("group.name = \"slow\"", groups), "duration > 5 OR fault");
  EXPECT_EQ(Resolved("ok AND group.arn = \"arn:slow\"", groups),
            "ok AND (duration > 5 OR fault)");
  EXPECT_EQ(Resolved("!group.name = \"slow\"", groups),
            "!(duration > 5 OR fault)");
  EXPECT_EQ(Resolved("group.name != \"slow\"", groups),
            "!(duration > 5 OR fault)");
  EXPECT_EQ(Resolved("group.name = \"all\"", groups), "true");
}

TEST(GroupsTest, UnknownGroupsHaveNoTraces) {
  const FakeGroups groups(Texts{{"slow", "ok"}});
  EXPECT_EQ(Resolved("group.name = \"SLOW\"", groups), "false");
  EXPECT_EQ(Resolved("group.name = \"arn:slow\"", groups), "false");
  EXPECT_EQ(Resolved("group.arn = \"slow\"", groups), "false");
  EXPECT_EQ(Resolved("group.name != \"x\"", groups), "!false");
}

TEST(GroupsTest, CirclesEndInFalse) {
  const FakeGroups groups(Texts{{"self", "group.name = \"self\""},
                                {"a", "ok OR group.name = \"b\""},
                                {"b", "fault AND group.arn = \"arn:a\""}});
  EXPECT_EQ(Resolved("group.name = \"self\"", groups), "false");
  EXPECT_EQ(Resolved("group.name = \"a\"", groups), "ok OR fault AND false");
  // The same group twice, side by side, is no circle.
  EXPECT_EQ(Resolved("group.name = \"a\" AND group.name = \"a\"", groups),
            "(ok OR fault AND false) AND (ok OR fault AND false)");
}

TEST(GroupsTest, NestingIsBounded) {
  Texts chain;
  const size_t most = limits::kFilterGroupNestingMax;
  for (size_t i = 0; i < most; ++i) {
    chain["g" + std::to_string(i)] =
        "group.name = \"g" + std::to_string(i + 1) + "\"";
  }
  EXPECT_EQ(Resolved("group.name = \"g0\"", FakeGroups(chain)), "false");
  chain["g" + std::to_string(most)] = "ok";
  const auto too_deep = Resolve("group.name = \"g0\"", FakeGroups(chain));
  EXPECT_EQ(too_deep.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(too_deep.status().message(), HasSubstr("at most 8"));
  EXPECT_EQ(Resolved("group.name = \"g1\"", FakeGroups(chain)), "ok");
}

TEST(GroupsTest, SizeIsBounded) {
  Texts tree;
  for (int i = 0; i < 7; ++i) {
    const std::string next = "group.name = \"g" + std::to_string(i + 1) + "\"";
    std::string& text = tree["g" + std::to_string(i)];
    for (int n = 0; n < 100; ++n) text += next + " ";
  }
  tree["g7"] = "ok";
  const FakeGroups groups(tree);
  const auto too_large = Resolve("group.name = \"g0\"", groups);
  EXPECT_EQ(too_large.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(too_large.status().message(), HasSubstr("at most 10000"));
  EXPECT_LT(groups.lookups, 11'000u);
}

TEST(GroupsTest, AnExpressionThatDoesNotParseIsNamed) {
  const FakeGroups groups(Texts{{"old", "duratoin > 5"}});
  const auto failed = Resolve("group.name = \"old\"", groups);
  EXPECT_EQ(failed.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(failed.status().message(),
              HasSubstr("group \"old\": Error Location: line 1"));
}

}  // namespace
}  // namespace roentgen::query
