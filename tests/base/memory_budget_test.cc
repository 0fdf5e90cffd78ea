#include "base/memory_budget.h"

#include "gtest/gtest.h"

namespace roentgen {
namespace {

TEST(MemoryBudgetTest, LeaseGrowsWithinBudgetAndGivesBack) {
  auto budget = std::make_shared<MemoryBudget>(100);
  {
    MemoryLease lease(budget);
    EXPECT_TRUE(lease.GrowTo(60));
    EXPECT_TRUE(lease.GrowTo(10));
    EXPECT_EQ(budget->used(), 60u);
    MemoryLease other(budget);
    EXPECT_FALSE(other.GrowTo(41));
    EXPECT_TRUE(other.GrowTo(40));
    EXPECT_FALSE(lease.GrowTo(61));
    EXPECT_EQ(lease.bytes(), 60u);
    MemoryLease moved = std::move(lease);
    EXPECT_EQ(moved.bytes(), 60u);
    EXPECT_EQ(budget->used(), 100u);
  }
  EXPECT_EQ(budget->used(), 0u);
}

TEST(MemoryBudgetTest, MoreThanTheBudgetOnlyAlone) {
  auto budget = std::make_shared<MemoryBudget>(100);
  MemoryLease large(budget);
  EXPECT_TRUE(large.TakeOrAlone(500));
  MemoryLease small(budget);
  EXPECT_FALSE(small.TakeOrAlone(1));
  large = MemoryLease();
  EXPECT_TRUE(small.TakeOrAlone(1));
  MemoryLease late(budget);
  EXPECT_FALSE(late.TakeOrAlone(500));
  // A lease that has some, too, while it is the only one.
  small = MemoryLease();
  late = MemoryLease();
  auto own = std::make_shared<MemoryBudget>(100);
  MemoryLease growing(own);
  EXPECT_TRUE(growing.GrowTo(50));
  EXPECT_TRUE(growing.TakeOrAlone(500));
  EXPECT_EQ(own->used(), 500u);
}

TEST(MemoryBudgetTest, HugeRequestsDoNotWrap) {
  MemoryBudget budget(100);
  EXPECT_FALSE(budget.TryTake(static_cast<size_t>(-1)));
  EXPECT_TRUE(budget.TryTake(100));
}

TEST(MemoryLeaseTest, WithoutBudgetAlwaysGrows) {
  MemoryLease lease;
  EXPECT_TRUE(lease.GrowTo(1'000));
  EXPECT_TRUE(lease.TakeOrAlone(2'000));
}

}  // namespace
}  // namespace roentgen
