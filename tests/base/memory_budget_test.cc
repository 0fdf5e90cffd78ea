#include "base/memory_budget.h"

#include <functional>
#include <future>
#include <memory>
#include <thread>
#include <utility>

#include "base/caller.h"
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

TEST(MemoryBudgetTest, OneLargeLeaseAtATimeMayOverdraw) {
  auto budget = std::make_shared<MemoryBudget>(100);
  MemoryLease small(budget);
  EXPECT_TRUE(small.GrowOrOverdraw(40));
  MemoryLease large(budget);
  EXPECT_TRUE(large.GrowTo(30));
  EXPECT_TRUE(large.GrowOrOverdraw(500));
  EXPECT_TRUE(large.GrowOrOverdraw(600));
  EXPECT_EQ(budget->used(), 640u);
  // What is free is still everybody's, and no more.
  EXPECT_TRUE(small.GrowOrOverdraw(70));
  EXPECT_FALSE(small.GrowOrOverdraw(71));
  EXPECT_FALSE(small.GrowTo(71));
  EXPECT_EQ(small.bytes(), 70u);
  MemoryLease moved = std::move(large);
  EXPECT_FALSE(small.GrowOrOverdraw(71));
  moved = MemoryLease();
  EXPECT_EQ(budget->used(), 70u);
  EXPECT_TRUE(small.GrowOrOverdraw(101));
  EXPECT_EQ(budget->used(), 101u);
}

TEST(MemoryBudgetTest, ACallerLeavesAQuarterToTheOthers) {
  auto budget = std::make_shared<MemoryBudget>(1000);
  const CallerId greedy = 7;
  const CallerId other = 8;
  MemoryLease first(budget, greedy);
  EXPECT_TRUE(first.GrowTo(500));
  MemoryLease second = first.Another();
  EXPECT_FALSE(second.GrowTo(251));
  EXPECT_EQ(second.bytes(), 0u);
  EXPECT_TRUE(second.GrowTo(250));
  // The rest is for others, with a name or without.
  MemoryLease others(budget, other);
  EXPECT_TRUE(others.GrowTo(200));
  MemoryLease nobody(budget);
  EXPECT_TRUE(nobody.GrowTo(50));
  EXPECT_FALSE(others.GrowTo(201));
  // What a failed try took of the share is given back, and so is a lease that
  // was moved.
  nobody.ShrinkTo(0);
  EXPECT_TRUE(others.GrowTo(250));
  second = MemoryLease();
  EXPECT_TRUE(first.GrowTo(750));
  first = MemoryLease();
  EXPECT_EQ(budget->used(), 250u);
  MemoryLease again(budget, greedy);
  EXPECT_TRUE(again.GrowTo(750));
}

TEST(MemoryBudgetTest, HalfOfTheBudgetIsNeverOverdrawn) {
  auto budget = std::make_shared<MemoryBudget>(100);
  MemoryLease holder(budget), half(budget), more(budget);
  EXPECT_TRUE(holder.GrowTo(60));
  EXPECT_FALSE(half.GrowOrOverdraw(50));
  EXPECT_TRUE(more.GrowOrOverdraw(51));
}

TEST(MemoryLeaseTest, ShrinkingGivesBackWhatIsOverdrawnFirst) {
  auto budget = std::make_shared<MemoryBudget>(100);
  MemoryLease lease(budget), other(budget);
  EXPECT_TRUE(lease.GrowTo(60));
  EXPECT_TRUE(lease.GrowOrOverdraw(150));
  lease.ShrinkTo(200);
  EXPECT_EQ(lease.bytes(), 150u);
  lease.ShrinkTo(61);
  EXPECT_EQ(budget->used(), 61u);
  EXPECT_FALSE(other.GrowOrOverdraw(80));
  lease.ShrinkTo(60);
  EXPECT_TRUE(other.GrowOrOverdraw(80));
  lease.ShrinkTo(0);
  EXPECT_EQ(budget->used(), 80u);
}

// Each way in which bytes are taken or given ends a wait for it.
TEST(MemoryBudgetTest, WhoAwaitsANumberSeesIt) {
  auto budget = std::make_shared<MemoryBudget>(100);
  struct Step {
    const char* name;
    size_t used;  // After it.
    std::function<void()> run;
  };
  MemoryLease lease(budget);
  const Step steps[] = {
      {"take", 60, [&] { EXPECT_TRUE(lease.GrowTo(60)); }},
      {"overdraw", 150, [&] { EXPECT_TRUE(lease.GrowOrOverdraw(150)); }},
      {"give what is overdrawn", 60, [&] { lease.ShrinkTo(60); }},
      {"give", 10, [&] { lease.ShrinkTo(10); }},
      {"end", 0, [&] { lease = MemoryLease(); }},
  };
  for (const Step& step : steps) {
    SCOPED_TRACE(step.name);
    std::promise<void> looked;
    std::thread waiter([&] {
      bool first = true;
      budget->Await([&](size_t used) {
        if (std::exchange(first, false)) looked.set_value();
        return used == step.used;
      });
    });
    looked.get_future().wait();
    step.run();
    waiter.join();
    budget->AwaitUsed(step.used);  // It is there already.
  }
}

TEST(MemoryBudgetTest, HugeRequestsDoNotWrap) {
  MemoryBudget budget(100);
  EXPECT_FALSE(budget.TryTake(static_cast<size_t>(-1)));
  EXPECT_TRUE(budget.TryTake(100));
}

TEST(MemoryLeaseTest, WithoutBudgetAlwaysGrows) {
  MemoryLease lease;
  EXPECT_TRUE(lease.GrowTo(1'000));
  EXPECT_TRUE(lease.GrowOrOverdraw(2'000));
  lease.ShrinkTo(1);
  EXPECT_EQ(lease.bytes(), 1u);
}

}  // namespace
}  // namespace roentgen
