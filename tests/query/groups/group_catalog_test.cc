// Groups: rules, wording of refusals, what is kept.
#include "query/groups/group_catalog.h"

#include <string>

#include "base/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "query/groups/group_history.h"
#include "query/lang/groups.h"
#include "storage/memory/memory_settings.h"

namespace roentgen::query {
namespace {

using testing::MatchesRegex;

class GroupCatalogTest : public testing::Test {
 protected:
  GroupCatalogTest() { Open(); }

  void Open() {
    GroupCatalogOptions options;
    options.region = "eu-west-1";
    options.account_id = "111122223333";
    options.random = [this] { return random_ += 0x9E3779B97F4A7C15; };
    options.clock = &clock_;
    options.check_filter =
        [](std::string_view text) -> std::optional<std::string> {
      if (text == "bad") return "Invalid input symbol: 'bad'";
      return std::nullopt;
    };
    auto opened = GroupCatalog::Open(store_, std::move(options));
    ASSERT_TRUE(opened.ok()) << opened.status();
    groups_ = *std::move(opened);
  }

  Group Create(const std::string& name, const std::string& filter) {
    auto made = groups_->Create({.name = name,
                                 .filter_expression = filter,
                                 .insights = {},
                                 .tags = {}});
    EXPECT_TRUE(made.ok()) << made.status();
    return made.ok() ? *made : Group();
  }
  // The expression that a filter with this group gets.
  std::optional<std::string> ByName(std::string_view name) const {
    return Expression(groups_->FindByName(name));
  }
  std::optional<std::string> ByArn(std::string_view arn) const {
    return Expression(groups_->FindByArn(arn));
  }
  static std::optional<std::string> Expression(
      const std::optional<GroupFilter>& found) {
    return found ? std::optional(found->expression) : std::nullopt;
  }
  template <typename T>
  static std::string Refusal(const absl::StatusOr<T>& result) {
    return Refusal(result.status());
  }
  static std::string Refusal(const absl::Status& status) {
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
    return std::string(status.message());
  }

  ManualClock clock_{Timestamp::FromSeconds(1'000'000)};
  storage::MemorySettings store_;
  uint64_t random_ = 1;
  std::unique_ptr<GroupCatalog> groups_;
};

TEST_F(GroupCatalogTest, DefaultIsAlwaysThere) {
  const std::vector<Group> all = groups_->List();
  ASSERT_EQ(all.size(), 1u);
  EXPECT_EQ(all[0].name, "Default");
  EXPECT_EQ(all[0].arn, "arn:aws:xray:eu-west-1:111122223333:group/Default");
  EXPECT_EQ(ByName("Default"), "");
  EXPECT_EQ(ByArn(all[0].arn), "");
  EXPECT_EQ(Refusal(groups_->Create({.name = "Default",
                                     .filter_expression = {},
                                     .insights = {},
                                     .tags = {}})),
            "Default already exists");
  EXPECT_EQ(Refusal(groups_->Delete({.name = "Default", .arn = {}})),
            "The default group cannot be deleted");
  EXPECT_EQ(
      Refusal(groups_->Update({.name = "Default", .arn = {}},
                              {.filter_expression = "ok", .insights = {}})),
      "The default group has no filter expression");
}

TEST_F(GroupCatalogTest, InsightsOfDefaultMayChangeBackAndForth) {
  const GroupKey key{.name = "Default", .arn = {}};
  for (const bool on : {true, false, true}) {
    const auto changed = groups_->Update(
        key,
        {.filter_expression = {},
         .insights = {.insights_enabled = on, .notifications_enabled = {}}});
    ASSERT_TRUE(changed.ok()) << changed.status();
    EXPECT_EQ(changed->insights_enabled, on);
    Open();
    EXPECT_EQ(groups_->Get(key)->insights_enabled, on);
  }
}

TEST_F(GroupCatalogTest, CreatesAndFindsByNameAndArn) {
  const Group made = Create("checkout", "fault");
  EXPECT_THAT(made.arn,
              MatchesRegex("arn:aws:xray:eu-west-1:111122223333:group/"
                           "checkout/[A-Z2-7]+"));
  EXPECT_EQ(made.arn.size(), 53u + std::string("checkout/").size() +
                                 std::string("arn:aws:xray:eu-west-1:"
                                             "111122223333:group")
                                     .size());
  EXPECT_EQ(*groups_->Get({.name = "checkout", .arn = {}}), made);
  EXPECT_EQ(*groups_->Get({.name = {}, .arn = made.arn}), made);
  EXPECT_EQ(*groups_->Get({.name = "checkout", .arn = made.arn}), made);
  EXPECT_EQ(ByName("checkout"), "fault");
  EXPECT_EQ(ByArn(made.arn), "fault");
  EXPECT_EQ(ByArn("checkout"), std::nullopt);
  EXPECT_EQ(ByName(made.arn), std::nullopt);
  EXPECT_EQ(ByName("Checkout"), std::nullopt);
}

TEST_F(GroupCatalogTest, SaysWhatIsWrongWithAKey) {
  const Group a = Create("a", "ok");
  Create("b", "ok");
  EXPECT_EQ(Refusal(groups_->Get({})), "Provide either GroupName or GroupARN");
  EXPECT_EQ(Refusal(groups_->Get({.name = "c", .arn = {}})), "Group not found");
  EXPECT_EQ(Refusal(groups_->Get({.name = {}, .arn = "arn:x"})),
            "Group not found");
  EXPECT_EQ(Refusal(groups_->Get({.name = "b", .arn = a.arn})),
            "GroupName and GroupARN mean different groups");
  EXPECT_EQ(Refusal(groups_->Delete({.name = "c", .arn = {}})),
            "Group not found");
}

TEST_F(GroupCatalogTest, SaysWhatIsWrongWithANewGroup) {
  Create("a", "ok");
  const auto refusal = [&](NewGroup group) {
    return Refusal(groups_->Create(std::move(group)));
  };
  EXPECT_EQ(refusal({"a", "ok", {}, {}}), "a already exists");
  EXPECT_EQ(refusal({"b", "", {}, {}}), "Filter Expression is empty");
  EXPECT_EQ(refusal({"b", " \n", {}, {}}), "Filter Expression is empty");
  EXPECT_EQ(refusal({"b", "bad", {}, {}}), "Invalid input symbol: 'bad'");
  EXPECT_EQ(refusal({"b", std::string(70'000, ' ') + "x", {}, {}}),
            "FilterExpression must have at most 65536 bytes");
  EXPECT_EQ(refusal({"b", "ok", {false, true}, {}}),
            "NotificationsEnabled requires InsightsEnabled");
  for (const std::string name : {"", "a/b", "a b", "\u00e9"}) {
    EXPECT_EQ(refusal({name, "ok", {}, {}}),
              "GroupName must have 1 to 32 letters, digits and dashes");
  }
  EXPECT_EQ(refusal({"b", "ok", {}, {{"k", "1"}, {"k", "2"}}}),
            "Tag key given twice: k");
  EXPECT_EQ(refusal({"b", "ok", {}, {{"aws:k", "1"}}}),
            "Tag keys must not begin with aws:");
  EXPECT_EQ(refusal({"b", "ok", {}, {{"k", "<"}}}),
            "Tags may have letters, digits, spaces and _ . : / = + - @ only");
  std::vector<Tag> tags;
  for (int i = 0; i < 51; ++i) tags.push_back({"k" + std::to_string(i), ""});
  EXPECT_EQ(refusal({"b", "ok", {}, tags}),
            "must not have more than 50 user tags.");
  EXPECT_EQ(groups_->List().size(), 2u);
}

TEST_F(GroupCatalogTest, NoGroupStandsWithinItself) {
  const auto create = [&](const std::string& name, const std::string& filter) {
    return groups_->Create({.name = name,
                            .filter_expression = filter,
                            .insights = {},
                            .tags = {}});
  };
  const auto update = [&](const std::string& name, const std::string& filter) {
    return groups_->Update({.name = name, .arn = std::nullopt},
                           {.filter_expression = filter, .insights = {}});
  };
  EXPECT_EQ(Refusal(create("a", "fault OR group.name = \"a\"")),
            "group 'a' would stand within itself: a -> a");
  // What a group names may come later; then the cycle shows.
  Create("a", "!(group.name = \"b\" AND fault)");
  Create("c", "group.name = \"a\"");
  EXPECT_EQ(Refusal(create("b", "error OR (fault AND group.name = \"c\")")),
            "group 'b' would stand within itself: b -> c -> a -> b");
  const Group b = Create("b", "error");
  EXPECT_EQ(Refusal(update("b", "group.name = \"c\"")),
            "group 'b' would stand within itself: b -> c -> a -> b");
  EXPECT_EQ(Refusal(update("b", "group.arn = \"" + b.arn + "\"")),
            "group 'b' would stand within itself: b -> b");
  // Two ways to one group are no cycle.
  EXPECT_TRUE(create("d", "group.name = \"a\" OR group.name = \"c\"").ok());
  EXPECT_EQ(ByName("b"), "error");
}

TEST_F(GroupCatalogTest, ChangesOnlyWhatIsGiven) {
  const Group made = Create("a", "ok");
  const GroupKey key{.name = "a", .arn = {}};
  auto changed =
      groups_->Update(key, {.filter_expression = {}, .insights = {true, true}});
  ASSERT_TRUE(changed.ok()) << changed.status();
  EXPECT_EQ(changed->filter_expression, "ok");
  EXPECT_TRUE(changed->notifications_enabled);
  EXPECT_EQ(Refusal(groups_->Update(
                key, {.filter_expression = {}, .insights = {false, {}}})),
            "NotificationsEnabled requires InsightsEnabled");
  EXPECT_EQ(Refusal(groups_->Update(
                key, {.filter_expression = "bad", .insights = {}})),
            "Invalid input symbol: 'bad'");
  changed =
      groups_->Update(key, {.filter_expression = "fault", .insights = {}});
  EXPECT_EQ(changed->arn, made.arn);
  EXPECT_TRUE(changed->insights_enabled);
  EXPECT_EQ(ByName("a"), "fault");
}

TEST_F(GroupCatalogTest, HasAsManyGroupsAsXRay) {
  for (int i = 0; i < 25; ++i) Create("g" + std::to_string(i), "ok");
  EXPECT_EQ(Refusal(groups_->Create({"more", "ok", {}, {}})),
            "Group limit exceeded: at most 25 groups");
  EXPECT_TRUE(groups_->Delete({.name = "g7", .arn = {}}).ok());
  Create("more", "ok");
}

TEST_F(GroupCatalogTest, FindsEverythingAgain) {
  ASSERT_TRUE(groups_
                  ->Create({"tagged",
                            std::nullopt,
                            {true, true},
                            {{"team", "sh\u00f6p"}, {"empty", ""}}})
                  .ok());
  Create("gone", "ok");
  const Group before = Create("kept", "duration > 5");
  ASSERT_TRUE(groups_->Delete({.name = "gone", .arn = {}}).ok());
  const std::vector<Group> all = groups_->List();
  Open();
  EXPECT_EQ(groups_->List(), all);
  EXPECT_EQ(ByName("gone"), std::nullopt);
  EXPECT_EQ(ByName("tagged"), "");
  ASSERT_TRUE(groups_->Delete({.name = "kept", .arn = {}}).ok());
  EXPECT_NE(Create("kept", "duration > 5").arn, before.arn);
}

TEST_F(GroupCatalogTest, SeesThatSomebodyElseChangedTheStore) {
  Create("a", "ok");
  const auto stored = store_.Get("group/a");
  ASSERT_TRUE(store_.CompareAndSet("group/a", *stored, std::nullopt).ok());
  EXPECT_EQ(groups_
                ->Update({.name = "a", .arn = {}},
                         {.filter_expression = "fault", .insights = {}})
                .status()
                .code(),
            absl::StatusCode::kUnavailable);
  EXPECT_EQ(ByName("a"), "ok");
}

TEST_F(GroupCatalogTest, RefusesADamagedStore) {
  ASSERT_TRUE(store_.CompareAndSet("group/a", std::nullopt, "\x01\x7f").ok());
  GroupCatalogOptions options;
  options.random = [] { return uint64_t{0}; };
  EXPECT_EQ(GroupCatalog::Open(store_, options).status().code(),
            absl::StatusCode::kDataLoss);
}

TEST_F(GroupCatalogTest, RemembersWhatWasInForce) {
  const GroupKey key{.name = "a", .arn = {}};
  const auto change_to = [&](std::string expression) {
    const auto changed = groups_->Update(
        key, {.filter_expression = std::move(expression), .insights = {}});
    EXPECT_TRUE(changed.ok()) << changed.status();
  };
  const Timestamp t0 = clock_.Now();
  Create("a", "ok");
  clock_.Advance(absl::Seconds(10));
  const Timestamp t1 = clock_.Now();
  const uint64_t revision = groups_->revision();
  change_to("fault");
  EXPECT_NE(groups_->revision(), revision);
  clock_.Advance(absl::Seconds(10));
  change_to("fault");  // No change.
  ASSERT_TRUE(groups_
                  ->Update(key, {.filter_expression = {},
                                 .insights = {.insights_enabled = true,
                                              .notifications_enabled = {}}})
                  .ok());
  const GroupHistory expected{
      .since = t1, .past = {{t0, "ok"}}, .changes = {t1}};
  Open();
  const auto member = groups_->Membership(key);
  ASSERT_TRUE(member.ok()) << member.status();
  EXPECT_EQ(member->expression, "fault");
  EXPECT_EQ(member->history, expected);
  EXPECT_EQ(member->id.size(), 52u);
  ASSERT_EQ(groups_->Memberships().size(), 1u);
  EXPECT_EQ(groups_->Memberships()[0].id, member->id);

  EXPECT_TRUE(ChangedWithin(expected, {t1, t1 + absl::Seconds(1)}));
  EXPECT_FALSE(ChangedWithin(expected, {t0, t1}));

  // The clock stepped back: versions follow one another all the same.
  clock_.Set(t0);
  change_to("error");
  EXPECT_EQ(groups_->Membership(key)->history.since, t1);
  EXPECT_EQ(groups_->Membership({.name = "Default", .arn = {}})->id, "");
}

TEST(GroupHistoryTest, ForgetsWhatIsOldOrTooMuch) {
  GroupHistory history;
  const Timestamp begin = Timestamp::FromSeconds(10'000'000);
  for (int i = 0; i < 1'000; ++i) {
    NoteChange(std::to_string(i), begin + absl::Seconds(i), history);
  }
  EXPECT_EQ(history.past.size(), 20u);
  EXPECT_EQ(history.past.front().expression, "980");
  EXPECT_EQ(history.past.front().since, begin + absl::Seconds(979));
  EXPECT_EQ(history.changes.size(), 500u);
  const Timestamp later = begin + absl::Hours(48) + absl::Seconds(990);
  NoteChange("last", later, history);
  // In force until 990 s or longer.
  EXPECT_EQ(history.past.front().expression, "990");
  NoteChange(std::string(60'000, 'x'), later, history);
  NoteChange(std::string(60'000, 'y'), later, history);
  ASSERT_EQ(history.past.size(), 1u);
  EXPECT_EQ(history.past.front().expression[0], 'y');
  NoteChange("", later + absl::Hours(30 * 24 + 1), history);
  EXPECT_EQ(history.changes.size(), 1u);
}

// The bytes are on disk: this test changes only together with the version.
TEST(GroupCodecTest, WritesTheseBytes) {
  const StoredGroup group{
      .unique_id = "ID",
      .group = {.name = "a",
                .arn = {},
                .filter_expression = "ok",
                .insights_enabled = true,
                .notifications_enabled = true,
                .tags = {{"k", "v"}}},
      .history = {.since = {-1}, .past = {{{-2}, "old"}}, .changes = {{3}}}};
  const std::string bytes = EncodeGroup(group);
  EXPECT_EQ(bytes, std::string("\x01\x02ID\x02ok\x03\x01\x01k\x01v"
                               "\x01\x01\x03\x03old\x01\x06"));
  EXPECT_EQ(DecodeGroup("a", bytes), group);
  for (size_t n = 0; n < bytes.size(); ++n) {
    EXPECT_EQ(DecodeGroup("a", bytes.substr(0, n)), std::nullopt) << n;
  }
  EXPECT_EQ(DecodeGroup("a", bytes + "x"), std::nullopt);
}

}  // namespace
}  // namespace roentgen::query
