// Random expressions over the example traces: they pass the check, print as
// text that parses, and "!e" is the opposite of "e", for the text's tree too.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "query/eval/evaluator.h"
#include "query/lang/checker.h"
#include "query/lang/filter.h"
#include "query/lang/printer.h"
#include "tests/fuzz/query/random_expression.h"
#include "tests/query/filter_examples/filter_examples.h"

namespace roentgen::query {
namespace {

using testing_support::ExampleTrace;

void Expect(bool ok, const char* what, const std::string& text) {
  if (ok) return;
  std::fprintf(stderr, "%s: %s\n", what, text.c_str());
  std::abort();
}

std::vector<ExampleTrace> ReadTraces() {
  auto traces = testing_support::ReadExampleTraces("traces.jsonl");
  for (ExampleTrace& trace :
       testing_support::ReadExampleTraces("corner_traces.jsonl")) {
    traces.push_back(std::move(trace));
  }
  return traces;
}

void Evaluate(const Expression& tree, const std::string& text) {
  static const std::vector<ExampleTrace> kTraces = ReadTraces();
  const auto parsed = ParseFilter(text);
  Expect(std::holds_alternative<Expression>(parsed), "refused", text);
  const Evaluator plain(tree);
  const Evaluator reread(std::get<Expression>(parsed));
  const Evaluator negated({.node = NotNode{{tree}}});
  for (const ExampleTrace& trace : kTraces) {
    const bool matches = plain.Matches(trace.trace, trace.summary);
    Expect(negated.Matches(trace.trace, trace.summary) == !matches,
           "not the opposite", text);
    Expect(reread.Matches(trace.trace, trace.summary) == matches,
           "printed means something else", text);
  }
}

void FuzzOne(const uint8_t* data, size_t size) {
  const Expression tree = RandomExpression(data, size);
  Expect(!Check(tree), "made and refused", Print(tree));
  Evaluate(tree, Print(tree));
  // The bytes as text, too: corpora of expressions are of use here.
  const auto parsed = ParseFilter({reinterpret_cast<const char*>(data), size});
  if (const auto* expression = std::get_if<Expression>(&parsed)) {
    Evaluate(*expression, Print(*expression));
  }
}

}  // namespace
}  // namespace roentgen::query

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  roentgen::query::FuzzOne(data, size);
  return 0;
}
