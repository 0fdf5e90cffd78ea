// What answers say of batches that they lack.
#include <string>
#include <vector>

#include "base/limits.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/rocks/sealed_store.h"

namespace roentgen::storage {
namespace {

TEST(MissingNamesTest, AreInOrderAndBounded) {
  std::vector<std::string> names = {"b", "a"};
  BoundMissing(names);
  EXPECT_THAT(names, testing::ElementsAre("a", "b"));
  names.clear();
  for (size_t i = 0; i < limits::kDamagesNamedMax; ++i) {
    names.push_back("batch " + std::to_string(100 + i));
  }
  const std::vector<std::string> most = names;
  BoundMissing(names);
  EXPECT_EQ(names, most);
  names.insert(names.end(), {"x", "y", "z"});
  BoundMissing(names);
  ASSERT_EQ(names.size(), most.size() + 1);
  EXPECT_EQ(names.front(), most.front());
  EXPECT_EQ(names.back(), "damaged batches besides: 3");
}

}  // namespace
}  // namespace roentgen::storage
