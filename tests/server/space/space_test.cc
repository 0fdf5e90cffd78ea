// A space as one thing: what opens with it, what ends with it, and that it is
// alone.
#include "server/space/space.h"

#include <gmock/gmock.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "storage/memory/memory_engine.h"
#include "storage/memory/memory_settings.h"
#include "tests/server/rpc/gated_engine.h"
#include "tests/server/space/test_space.h"
#include "tests/support/calls.h"
#include "tests/support/segments.h"

namespace roentgen::server {
namespace {

using testing::ElementsAre;
using testing_support::TraceNumber;

// Tells in which order it is used.
class ToldEngine : public GatedEngine {
 public:
  ToldEngine(storage::TraceEngine& engine, std::vector<std::string>& told)
      : GatedEngine(engine), told_(told) {}
  void SetGroups(const storage::GroupTests& tests) override {
    told_.push_back("groups");
    GatedEngine::SetGroups(tests);
  }
  absl::Status Close() override {
    told_.push_back("close");
    return GatedEngine::Close();
  }

 private:
  std::vector<std::string>& told_;
};

SpaceOptions Options() {
  SpaceOptions options;
  options.random = [] { return uint64_t{0}; };
  return options;
}

SpaceStore StoreOf(std::unique_ptr<storage::TraceEngine> engine) {
  SpaceStore store;
  store.engine = std::move(engine);
  store.own_settings = std::make_unique<storage::MemorySettings>();
  store.settings = store.own_settings.get();
  return store;
}

TEST(SpaceTest, TheEngineKnowsTheGroupsFirstAndIsClosedLast) {
  std::vector<std::string> told;
  storage::MemoryEngine engine(SystemClock(), absl::Hours(720));
  auto space = Space::Open(StoreOf(std::make_unique<ToldEngine>(engine, told)),
                           Options());
  ASSERT_TRUE(space.ok()) << space.status();
  EXPECT_THAT(told, ElementsAre("groups"));
  EXPECT_TRUE((*space)->Stop().ok());
  EXPECT_THAT(told, ElementsAre("groups", "close"));
  // What was stored before can still be asked for; nothing is taken in.
  EXPECT_EQ(
      storage::WriteAndWait(
          engine, {testing_support::Record(testing_support::SegmentSpec{})})
          .code(),
      absl::StatusCode::kUnavailable);
  EXPECT_TRUE((*space)->Stop().ok());
}

TEST(SpaceTest, ADamagedSettingOpensNone) {
  storage::MemorySettings good;
  {
    const auto catalog = query::GroupCatalog::Open(
        good, {.check_filter = {}, .random = [] { return uint64_t{0}; }});
    ASSERT_TRUE(catalog.ok());
    ASSERT_TRUE((*catalog)->Create({.name = "shop"}).ok());
  }
  const auto settings = good.List("");
  ASSERT_TRUE(settings.ok());
  ASSERT_FALSE(settings->empty());
  for (const storage::Setting& setting : *settings) {
    SpaceStore store = StoreOf(std::make_unique<storage::MemoryEngine>(
        SystemClock(), absl::Hours(720)));
    ASSERT_TRUE(
        store.settings->CompareAndSet(setting.key, std::nullopt, "\xff\xff")
            .ok());
    EXPECT_TRUE(
        absl::IsDataLoss(Space::Open(std::move(store), Options()).status()))
        << setting.key;
  }
}

TEST(SpaceTest, SpacesDoNotSeeEachOther) {
  TestSpace one;
  TestSpace other;
  ASSERT_TRUE(storage::WriteAndWait(
                  one->engine(), {testing_support::Record(
                                     testing_support::SegmentSpec{.trace = 1})})
                  .ok());
  ASSERT_TRUE(one->groups().Create({.name = "shop"}).ok());
  const std::vector<std::string> ids = {TraceNumber(1).ToString()};
  const auto seen = [&](TestSpace& space) {
    auto page =
        space->queries().BatchGetTraces(ids, "", testing_support::AnyCall());
    EXPECT_TRUE(page.ok()) << page.status();
    return page.ok() ? page->traces.size() : 0;
  };
  EXPECT_EQ(seen(one), 1u);
  EXPECT_EQ(seen(other), 0u);
  EXPECT_EQ(one->groups().List().size(), 2u);
  EXPECT_EQ(other->groups().List().size(), 1u);
}

}  // namespace
}  // namespace roentgen::server
