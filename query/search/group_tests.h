// Which groups a trace belongs to: the catalog's expressions, compiled.
//
//   engine.SetGroups(tests);
//
// Threads: thread-safe.
#ifndef ROENTGEN_QUERY_SEARCH_GROUP_TESTS_H_
#define ROENTGEN_QUERY_SEARCH_GROUP_TESTS_H_

#include <cstdint>
#include <vector>

#include "base/mutex.h"
#include "query/groups/group_catalog.h"
#include "storage/engine/trace_engine.h"

namespace roentgen::query {

class CatalogGroupTests : public storage::GroupTests {
 public:
  // `catalog` outlives this object.
  explicit CatalogGroupTests(const GroupCatalog& catalog) : catalog_(catalog) {}

  // One per group and expression that was in force, newest first within a
  // group. Groups that an expression names are those of this moment. An
  // expression that no longer compiles has no test: no trace belongs to it.
  std::vector<storage::GroupTest> Tests() const override;

 private:
  const GroupCatalog& catalog_;
  mutable Mutex mu_;
  // Made when the catalog had this revision.
  mutable uint64_t revision_ RTG_GUARDED_BY(mu_) = 0;
  mutable bool made_ RTG_GUARDED_BY(mu_) = false;
  mutable std::vector<storage::GroupTest> tests_ RTG_GUARDED_BY(mu_);
};

}  // namespace roentgen::query

#endif  // ROENTGEN_QUERY_SEARCH_GROUP_TESTS_H_
