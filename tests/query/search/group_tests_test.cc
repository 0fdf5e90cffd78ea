// Which group tests a catalog gives an engine.
#include "query/search/group_tests.h"

#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "gtest/gtest.h"
#include "storage/memory/memory_settings.h"
#include "tests/support/segments.h"

namespace roentgen::query {
namespace {

using Tests = std::vector<storage::GroupTest>;

storage::TraceRecords Trace(const std::string& name) {
  const storage::NewRecord made =
      testing_support::Record(testing_support::SegmentSpec{.name = name});
  storage::TraceRecords records{.trace_id = made.trace_id, .records = {}};
  records.records.push_back({.sequence = {1, 0},
                             .received = {},
                             .format = made.format,
                             .document = made.document});
  return records;
}

class GroupTestsTest : public testing::Test {
 protected:
  GroupTestsTest() {
    GroupCatalogOptions options;
    options.random = [this] { return random_ += 0x9E3779B97F4A7C15; };
    options.clock = &clock_;
    auto opened = GroupCatalog::Open(store_, std::move(options));
    EXPECT_TRUE(opened.ok()) << opened.status();
    catalog_ = *std::move(opened);
    tests_ = std::make_unique<CatalogGroupTests>(*catalog_);
  }

  void Create(const std::string& name, std::optional<std::string> expression) {
    const auto made = catalog_->Create({.name = name,
                                        .filter_expression = expression,
                                        .insights = {},
                                        .tags = {}});
    ASSERT_TRUE(made.ok()) << made.status();
  }
  void Change(const std::string& name, const std::string& expression) {
    const auto changed =
        catalog_->Update({.name = name, .arn = {}},
                         {.filter_expression = expression, .insights = {}});
    ASSERT_TRUE(changed.ok()) << changed.status();
  }
  static bool Matches(const storage::GroupTest& test, const std::string& name) {
    const auto matches = test.matches(Trace(name));
    EXPECT_TRUE(matches.ok()) << matches.status();
    return matches.ok() && *matches;
  }

  ManualClock clock_{Timestamp::FromSeconds(1'700'000'000)};
  storage::MemorySettings store_;
  uint64_t random_ = 1;
  std::unique_ptr<GroupCatalog> catalog_;
  std::unique_ptr<CatalogGroupTests> tests_;
};

TEST_F(GroupTestsTest, DefaultNeedsNoTest) {
  EXPECT_TRUE(tests_->Tests().empty());
}

TEST_F(GroupTestsTest, AGroupWithoutAnExpressionHasEveryTrace) {
  const Timestamp created = clock_.Now();
  Create("all", std::nullopt);
  const Tests tests = tests_->Tests();
  ASSERT_EQ(tests.size(), 1u);
  EXPECT_EQ(tests[0].in_force, (TimeRange{created, Timestamp::Max()}));
  EXPECT_EQ(tests[0].predicate,
            (storage::TracePredicate{
                storage::TracePredicate::Constant{storage::Truth::kYes}}));
  EXPECT_TRUE(Matches(tests[0], "shop"));
}

TEST_F(GroupTestsTest, EveryExpressionHasItsTime) {
  const Timestamp t0 = clock_.Now();
  Create("a", "service(\"shop\")");
  clock_.Advance(absl::Seconds(5));
  const Timestamp t1 = clock_.Now();
  Change("a", "service(\"cart\")");
  const Tests tests = tests_->Tests();
  ASSERT_EQ(tests.size(), 2u);
  EXPECT_EQ(tests[0].in_force, (TimeRange{t1, Timestamp::Max()}));
  EXPECT_TRUE(Matches(tests[0], "cart"));
  EXPECT_FALSE(Matches(tests[0], "shop"));
  EXPECT_EQ(tests[1].in_force, (TimeRange{t0, t1}));
  EXPECT_TRUE(Matches(tests[1], "shop"));
  EXPECT_EQ(tests[0].group_id, tests[1].group_id);
  EXPECT_NE(tests[0].predicate, tests[1].predicate);
}

TEST_F(GroupTestsTest, ARecreatedGroupIsAnother) {
  Create("a", "ok");
  const std::string before = tests_->Tests()[0].group_id;
  ASSERT_TRUE(catalog_->Delete({.name = "a", .arn = {}}).ok());
  EXPECT_TRUE(tests_->Tests().empty());
  Create("a", "ok");
  EXPECT_NE(tests_->Tests()[0].group_id, before);
}

TEST_F(GroupTestsTest, ExpressionsMayNameGroups) {
  Create("shops", "service(\"shop\")");
  Create("others", "group.name != \"shops\"");
  Tests tests = tests_->Tests();
  ASSERT_EQ(tests.size(), 2u);
  EXPECT_FALSE(Matches(tests[0], "shop"));  // By name: "others" first.
  EXPECT_TRUE(Matches(tests[0], "cart"));
  Change("shops", "service(\"cart\")");
  tests = tests_->Tests();
  EXPECT_FALSE(Matches(tests[0], "cart"));
}

TEST_F(GroupTestsTest, AnExpressionThatNoLongerParsesHasNoTraces) {
  Create("old", "what is this");
  Create("new", "ok");
  EXPECT_EQ(tests_->Tests().size(), 1u);
}

}  // namespace
}  // namespace roentgen::query
