#include "tests/query/filter_examples/filter_examples.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <utility>

#include "absl/status/statusor.h"
#include "tests/support/calls.h"
#include "trace/assembly/record_resolution.h"
#include "trace/assembly/summarize.h"
#include "trace/document/document_parser.h"
#include "trace/document/segment_document.h"

namespace roentgen::testing_support {
namespace {

[[noreturn]] void Give(const std::string& what) {
  std::fprintf(stderr, "%s\n", what.c_str());
  std::abort();
}

std::vector<std::string> ReadLines(const std::string& file) {
  std::ifstream in("tests/query/filter_examples/" + file);
  if (!in) Give("cannot read " + file);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) {
    if (!line.empty() && !line.starts_with("# ")) lines.push_back(line);
  }
  return lines;
}

storage::TraceId TraceOf(const std::string& text) {
  storage::DocumentParser parser;
  storage::SegmentDocument document;
  if (auto fault = parser.Parse(text, document)) {
    Give(fault->Message() + "\n" + text);
  }
  return document.trace_id;
}

}  // namespace

ExampleTrace AssembleExample(const std::vector<std::string>& documents) {
  storage::TraceRecords records{.trace_id = TraceOf(documents.front()),
                                .records = {}};
  for (const std::string& document : documents) {
    records.records.push_back(
        {.sequence = {1, static_cast<uint32_t>(records.records.size())},
         .received = {1},
         .document = document});
  }
  absl::StatusOr<storage::Trace> trace =
      storage::AssembleTrace(records, testing_support::AnyCall());
  if (!trace.ok()) Give(trace.status().ToString());
  ExampleTrace example{
      .name = "T" + std::to_string(records.trace_id.bytes.back()),
      .trace = *std::move(trace),
      .summary = {}};
  example.summary = storage::Summarize(example.trace);
  return example;
}

std::vector<ExampleTrace> ReadExampleTraces(const std::string& file) {
  std::vector<ExampleTrace> traces;
  std::vector<std::string> documents;
  const auto finish = [&] {
    if (!documents.empty()) traces.push_back(AssembleExample(documents));
    documents.clear();
  };
  for (const std::string& line : ReadLines(file)) {
    if (!documents.empty() && TraceOf(line) != TraceOf(documents.front())) {
      finish();
    }
    documents.push_back(line);
  }
  finish();
  return traces;
}

std::vector<ExampleExpression> ReadExampleExpressions(const std::string& file) {
  std::vector<ExampleExpression> rows;
  for (const std::string& line : ReadLines(file)) {
    const size_t tab = line.find('\t');
    if (tab == std::string::npos) Give("no tab in: " + line);
    rows.push_back(
        {.expression = line.substr(0, tab), .result = line.substr(tab + 1)});
  }
  return rows;
}

}  // namespace roentgen::testing_support
