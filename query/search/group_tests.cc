#include "query/search/group_tests.h"

#include <memory>
#include <string>
#include <utility>

#include "base/call.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "query/search/compiled_filter.h"
#include "trace/assembly/summarize.h"
#include "trace/assembly/trace.h"

namespace roentgen::query {
namespace {

using storage::TraceRecords;

absl::StatusOr<bool> Matches(const CompiledFilter& filter,
                             const TraceRecords& records) {
  RTG_ASSIGN_OR_RETURN(const storage::Trace trace,
                       storage::AssembleTrace(records, UnattendedCall()));
  return filter.evaluator.Matches(trace, storage::Summarize(trace));
}

class TestBuilder {
 public:
  explicit TestBuilder(const GroupCatalog& catalog) : catalog_(catalog) {}

  void AddGroup(const GroupMembership& group) {
    Timestamp until = Timestamp::Max();
    Add(group, group.expression, {group.history.since, until});
    until = group.history.since;
    for (auto past = group.history.past.rbegin();
         past != group.history.past.rend(); ++past) {
      Add(group, past->expression, {past->since, until});
      until = past->since;
    }
  }

  std::vector<storage::GroupTest> Take() && { return std::move(tests_); }

 private:
  void Add(const GroupMembership& group, const std::string& expression,
           const TimeRange& in_force) {
    if (in_force.begin >= in_force.end) return;
    storage::GroupTest test{
        .group_id = group.id,
        .in_force = in_force,
        .predicate = {storage::TracePredicate::Constant{storage::Truth::kYes}},
        .matches = [](const TraceRecords&) {
          return absl::StatusOr<bool>(true);
        }};
    if (!IsBlank(expression)) {
      absl::StatusOr<CompiledFilter> filter =
          CompileFilter(expression, catalog_);
      if (!filter.ok()) {
        LogError(
            "a group's expression is wrong, it has no traces",
            {{"group", group.name}, {"error", filter.status().ToString()}});
        return;
      }
      test.predicate = filter->plan;
      test.matches = [shared = std::make_shared<const CompiledFilter>(
                          *std::move(filter))](const TraceRecords& records) {
        return Matches(*shared, records);
      };
    }
    tests_.push_back(std::move(test));
  }

  const GroupCatalog& catalog_;
  std::vector<storage::GroupTest> tests_;
};

}  // namespace

std::vector<storage::GroupTest> CatalogGroupTests::Tests() const {
  MutexLock lock(mu_);
  // Asked first: a change in between makes them anew next time.
  const uint64_t revision = catalog_.revision();
  if (!made_ || revision != revision_) {
    TestBuilder builder(catalog_);
    for (const GroupMembership& group : catalog_.Memberships()) {
      builder.AddGroup(group);
    }
    tests_ = std::move(builder).Take();
    revision_ = revision;
    made_ = true;
  }
  return tests_;
}

}  // namespace roentgen::query
