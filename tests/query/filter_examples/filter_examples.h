// Traces and expressions with what they match, from the files beside this one:
// *.jsonl holds documents of traces, *.tsv expressions.
#ifndef ROENTGEN_TESTS_QUERY_FILTER_EXAMPLES_FILTER_EXAMPLES_H_
#define ROENTGEN_TESTS_QUERY_FILTER_EXAMPLES_FILTER_EXAMPLES_H_

#include <string>
#include <vector>

#include "trace/assembly/trace.h"
#include "trace/model/trace_summary.h"

namespace roentgen::testing_support {

struct ExampleTrace {
  std::string name;  // "T1": by the number in the trace's id.
  storage::Trace trace;
  storage::TraceSummary summary;
};

struct ExampleExpression {
  std::string expression;
  std::string result;  // "T1 T4", "none", "400".
};

// In order of the file. `file` stands in this folder. Abort the test program
// on what cannot be read.
std::vector<ExampleTrace> ReadExampleTraces(const std::string& file);
std::vector<ExampleExpression> ReadExampleExpressions(const std::string& file);

// The trace that `documents` make up; they are of one trace.
ExampleTrace AssembleExample(const std::vector<std::string>& documents);

}  // namespace roentgen::testing_support

#endif  // ROENTGEN_TESTS_QUERY_FILTER_EXAMPLES_FILTER_EXAMPLES_H_
