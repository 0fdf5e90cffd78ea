// Random filter expressions over the values of random traces
// (tests/query/plan/random_traces.h). They pass Check.
//
// Threads: one thread per generator.
#ifndef ROENTGEN_TESTS_SUPPORT_EXPRESSIONS_H_
#define ROENTGEN_TESTS_SUPPORT_EXPRESSIONS_H_

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "query/lang/expression.h"
#include "query/lang/keyword_table.h"

namespace roentgen::testing_support {

// The seed of a test run: ROENTGEN_SEED, or else `fallback`; printed.
uint64_t RunSeed(uint64_t fallback);

class RandomExpressions {
 public:
  explicit RandomExpressions(uint64_t seed) : random_(seed) {}

  query::Expression Next() { return Make(query::Scope::kTrace, 3); }
  // A single test of the trace: no AND, OR, NOT around it.
  query::Expression NextTest() { return Test(query::Scope::kTrace, 2); }

 private:
  uint64_t Below(uint64_t n) { return random_() % n; }
  template <typename List>
  auto OneOf(const List& list) {
    return list[Below(std::size(list))];
  }

  query::Expression Make(query::Scope scope, int depth);
  query::Expression Test(query::Scope scope, int depth);
  query::Expression KeywordIn(query::Scope scope);
  query::Expression Annotation();
  query::Expression Complex(int depth);
  query::Expression Cause(int depth);
  query::Expression CauseJson();
  query::NodeSelector Node();
  std::vector<query::Expression> Body(query::Scope scope, int depth);
  std::vector<query::Expression> Terms(query::Scope scope, int depth);
  query::Operator OperatorFor(std::optional<query::ValueType> type);
  std::string TextFor(query::Keyword keyword);
  double NumberFor(query::Keyword keyword);
  query::Literal OtherLiteral(query::ValueType type);

  std::mt19937_64 random_;
};

}  // namespace roentgen::testing_support

#endif  // ROENTGEN_TESTS_SUPPORT_EXPRESSIONS_H_
