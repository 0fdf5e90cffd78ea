// What the index says of a plan against the evaluator, on random traces and
// random expressions: it must never say no to a match, nor yes to another.
//
// The seed is printed; ROENTGEN_SEED repeats a run.
#include <cstdio>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "gtest/gtest.h"
#include "query/eval/evaluator.h"
#include "query/lang/checker.h"
#include "query/lang/filter.h"
#include "query/lang/printer.h"
#include "query/plan/planner.h"
#include "storage/index/predicate_evaluator.h"
#include "tests/query/plan/random_traces.h"
#include "tests/storage/index/index_fixture.h"
#include "tests/support/expressions.h"
#include "trace/assembly/summarize.h"

namespace roentgen::query {
namespace {

using storage::ColumnSource;
using storage::Match;
using storage::TracePredicate;
using testing_support::IndexFixture;
using testing_support::RandomExpressions;
using testing_support::RandomTraces;

struct Tally {
  int checks = 0;   // Of one expression over one set of columns.
  int planned = 0;  // Of those: plans that promise to be exact.
  int exact = 0;    // Answers without a maybe.
  uint64_t matches = 0;
};

class PlannerDifferentialTest : public testing::Test {
 protected:
  void Load(uint64_t traces, const RandomTraces::Options& options) {
    RandomTraces generator(seed_, options);
    std::vector<std::vector<std::string>> documents;
    for (uint64_t t = 1; t <= traces; ++t) {
      documents.push_back(generator.Trace(t));
    }
    index_.emplace(documents);
    for (const storage::Trace& trace : index_->traces()) {
      summaries_.push_back(storage::Summarize(trace));
    }
  }

  void Compare(const Evaluator& evaluator, const TracePredicate& plan,
               bool must_be_exact, ColumnSource& source) {
    uint64_t rows = 0;
    const auto match = storage::EvaluatePredicate(plan, source, rows);
    ASSERT_TRUE(match.ok()) << match.status();
    bool exact = true;
    for (uint32_t i = 0; i < index_->traces().size(); ++i) {
      const storage::Trace& trace = index_->traces()[i];
      const bool truth = evaluator.Matches(trace, summaries_[i]);
      const bool may = match->may.Test(i), must = match->must.Test(i);
      ASSERT_TRUE(may || !truth) << "lost: trace " << trace.id.ToString();
      ASSERT_TRUE(!must || truth) << "false yes: " << trace.id.ToString();
      ASSERT_TRUE(may || !must);
      exact &= may == must;
      tally_.matches += truth ? 1 : 0;
    }
    ++tally_.checks;
    tally_.planned += IsExact(plan) ? 1 : 0;
    tally_.exact += exact ? 1 : 0;
    if (must_be_exact && IsExact(plan)) {
      ASSERT_TRUE(exact) << "the plan says exact, the index says maybe";
    }
  }

  void CompareOn(const Expression& expression, bool must_be_exact) {
    const Evaluator evaluator(expression);
    const TracePredicate plan = PlanFilter(expression);
    SCOPED_TRACE(Print(expression) + "\n" + Describe(plan));
    Compare(evaluator, plan, must_be_exact, index_->columns());
    if (HasFatalFailure()) return;
    storage::ChunkColumns packed = index_->Packed();
    Compare(evaluator, plan, must_be_exact, packed);
  }

  void Run(int expressions, bool must_be_exact) {
    RandomExpressions generator(seed_ + 1);
    for (int i = 0; i < expressions && !HasFatalFailure(); ++i) {
      const Expression expression =
          i % 2 == 0 ? generator.Next() : generator.NextTest();
      SCOPED_TRACE("seed " + std::to_string(seed_) + ", expression " +
                   std::to_string(i));
      ASSERT_FALSE(Check(expression)) << Print(expression);
      CompareOn(expression, must_be_exact);
    }
    std::printf("%d checks, %llu matches, %d plans exact, %d answers exact\n",
                tally_.checks, static_cast<unsigned long long>(tally_.matches),
                tally_.planned, tally_.exact);
    EXPECT_GT(tally_.matches, 0u);
    if (must_be_exact) {
      EXPECT_GT(tally_.exact, tally_.checks / 4);
    }
  }

  const uint64_t seed_ = testing_support::RunSeed(20'261'124);
  std::optional<IndexFixture> index_;
  std::vector<storage::TraceSummary> summaries_;
  Tally tally_;
};

TEST_F(PlannerDifferentialTest, TheIndexIsExactWhereThePlanSaysSo) {
  Load(300, {});
  Run(2'000, true);
}

// Every test is true of some traces and false of others, or the run above
// proves little.
TEST_F(PlannerDifferentialTest, RandomTestsAreBothMetAndMissed) {
  Load(300, {});
  RandomExpressions generator(seed_ + 2);
  int mixed = 0;
  for (int i = 0; i < 500; ++i) {
    const Evaluator evaluator(generator.NextTest());
    size_t met = 0;
    for (size_t t = 0; t < summaries_.size(); ++t) {
      met += evaluator.Matches(index_->traces()[t], summaries_[t]) ? 1 : 0;
    }
    mixed += met != 0 && met != summaries_.size() ? 1 : 0;
  }
  EXPECT_GT(mixed, 120);
}

TEST_F(PlannerDifferentialTest, PrintsOfUniqueTextsAreNeverWrong) {
  Load(900, {.unique_texts = true});
  ASSERT_TRUE(index_->chunks().Has(storage::Column::kAnnotationString,
                                   storage::Part::kPrints, "unique"));
  std::vector<std::string> texts = {"gold", "", "absent", "0", "ff"};
  for (size_t t = 0; t < summaries_.size() && texts.size() < 30; t += 9) {
    for (const auto& entry : summaries_[t].annotations["unique"]) {
      texts.push_back(std::get<std::string>(entry.value));
    }
  }
  for (const std::string& text : texts) {
    for (int op = 0; op < 10 && !HasFatalFailure(); ++op) {
      const Expression test{
          .node = AnnotationTest{
              "unique", {.op = static_cast<Operator>(op), .literal = text}}};
      CompareOn(test, false);
      CompareOn({.node = NotNode{{test}}}, false);
    }
  }
  Run(80, false);
}

TEST_F(PlannerDifferentialTest, KeysWithoutAColumnAreNeverWrong) {
  Load(3'000, {.extra_keys = 3'000});
  ASSERT_TRUE(index_->chunks().Has(storage::Column::kAnnotationOther,
                                   storage::Part::kRows, ""));
  for (int key = 0; key < 3'000 && !HasFatalFailure(); key += 150) {
    for (const Literal& literal : {Literal("gold"), Literal(31.0)}) {
      for (const Operator op : {Operator::kEqual, Operator::kNotEqual}) {
        const Expression test{
            .node = AnnotationTest{"key" + std::to_string(key),
                                   {.op = op, .literal = literal}}};
        CompareOn(test, false);
        CompareOn({.node = NotNode{{test}}}, false);
      }
    }
  }
  Run(40, false);
}

// Groups that were resolved leave constants behind.
TEST_F(PlannerDifferentialTest, ConstantsOfGroupsSimplify) {
  Load(200, {});
  RandomExpressions generator(seed_ + 3);
  for (int i = 0; i < 200 && !HasFatalFailure(); ++i) {
    const Expression constant{.node = ConstantNode{i % 2 == 0}};
    const Expression other = generator.Next();
    CompareOn({.node = AndNode{{other, constant}}}, true);
    CompareOn({.node = OrNode{{constant, other}}}, true);
    CompareOn({.node = NotNode{{{.node = AndNode{{constant, other}}}}}}, true);
  }
}

// What the printer writes is planned as the tree itself is.
TEST_F(PlannerDifferentialTest, ThePlanOfThePrintedTextIsTheSame) {
  RandomExpressions generator(seed_ + 4);
  for (int i = 0; i < 2'000; ++i) {
    const Expression tree = generator.Next();
    const auto parsed = ParseFilter(Print(tree));
    const auto* again = std::get_if<Expression>(&parsed);
    ASSERT_NE(again, nullptr) << Print(tree);
    EXPECT_EQ(Describe(PlanFilter(*again)), Describe(PlanFilter(tree)))
        << Print(tree);
  }
}

}  // namespace
}  // namespace roentgen::query
