// Plans of expressions over the index of the example traces, in memory and
// packed: never "no" to a match, never "yes" to another trace; with flipped
// bytes in a chunk: an answer or DataLoss.
//
// Input: two bytes choose a chunk and what happens to it, the rest is the
// expression, as text where that parses.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "query/eval/evaluator.h"
#include "query/lang/filter.h"
#include "query/lang/printer.h"
#include "query/plan/planner.h"
#include "storage/index/batch_index.h"
#include "storage/index/chunk_columns.h"
#include "storage/index/index_columns.h"
#include "storage/index/index_format.h"
#include "storage/index/predicate_evaluator.h"
#include "tests/fuzz/query/random_expression.h"
#include "tests/query/filter_examples/filter_examples.h"

namespace roentgen::query {
namespace {

using storage::Column;
using storage::IndexChunk;
using storage::IndexDirectory;
using storage::Part;
using testing_support::ExampleTrace;

void Expect(bool ok, const char* what, const std::string& text) {
  if (ok) return;
  std::fprintf(stderr, "%s: %s\n", what, text.c_str());
  std::abort();
}

class Chunks final : public storage::ChunkReader {
 public:
  explicit Chunks(const std::vector<IndexChunk>& chunks) : chunks_(chunks) {}

  absl::Status Read(
      Column column, Part part, std::string_view key,
      const std::function<absl::Status(std::string_view)>& use) const override {
    for (const IndexChunk& chunk : chunks_) {
      if (chunk.column == column && chunk.part == part &&
          chunk.annotation_key == key) {
        return use(chunk.bytes);
      }
    }
    return absl::DataLossError("no such chunk");
  }

 private:
  const std::vector<IndexChunk>& chunks_;
};

struct Store {
  Store() {
    traces = testing_support::ReadExampleTraces("traces.jsonl");
    for (ExampleTrace& trace :
         testing_support::ReadExampleTraces("corner_traces.jsonl")) {
      traces.push_back(std::move(trace));
    }
    for (const ExampleTrace& trace : traces) columns.Add(trace.trace, {1});
    chunks = storage::PackColumns(columns);
  }

  std::vector<ExampleTrace> traces;
  storage::IndexColumns columns;
  std::vector<IndexChunk> chunks;
};

absl::StatusOr<storage::Match> AskPacked(
    const storage::TracePredicate& plan, uint32_t traces,
    const std::vector<IndexChunk>& chunks) {
  const Chunks reader(chunks);
  uint64_t rows = 0;
  for (const IndexChunk& chunk : chunks) {
    if (chunk.column != Column::kDirectory) continue;
    auto directory = IndexDirectory::Decode(chunk.bytes);
    if (!directory.ok()) return directory.status();
    storage::ChunkColumns columns(reader, *directory, traces, size_t{1} << 26);
    return storage::EvaluatePredicate(plan, columns, rows);
  }
  return absl::DataLossError("no directory");
}

void Judge(const Store& store, const Expression& tree,
           const storage::Match& match) {
  const Evaluator evaluator(tree);
  for (uint32_t i = 0; i < store.traces.size(); ++i) {
    const ExampleTrace& trace = store.traces[i];
    const bool truth = evaluator.Matches(trace.trace, trace.summary);
    Expect(match.may.Test(i) || !truth, "lost", Print(tree));
    Expect(!match.must.Test(i) || truth, "false yes", Print(tree));
  }
}

void AskAll(const Expression& tree, uint8_t chunk, uint8_t damage) {
  static Store store;
  const auto traces = static_cast<uint32_t>(store.traces.size());
  const storage::TracePredicate plan = PlanFilter(tree);
  uint64_t rows = 0;
  const auto open = storage::EvaluatePredicate(plan, store.columns, rows);
  Expect(open.ok(), "refused in memory", Print(tree));
  Judge(store, tree, *open);
  const auto packed = AskPacked(plan, traces, store.chunks);
  Expect(packed.ok(), "refused packed", Print(tree));
  Judge(store, tree, *packed);

  std::vector<IndexChunk> damaged = store.chunks;
  std::string& bytes = damaged[chunk % damaged.size()].bytes;
  if (bytes.empty()) return;
  char& byte = bytes[(damage * size_t{37}) % bytes.size()];
  byte = static_cast<char>(byte ^ (1 << (damage % 8)));
  const auto answer = AskPacked(plan, traces, damaged);
  Expect(answer.ok() || absl::IsDataLoss(answer.status()) ||
             absl::IsResourceExhausted(answer.status()),
         "neither answer nor DataLoss", Print(tree));
}

void FuzzOne(const uint8_t* data, size_t size) {
  if (size < 2) return;
  AskAll(RandomExpression(data + 2, size - 2), data[0], data[1]);
  const auto parsed =
      ParseFilter({reinterpret_cast<const char*>(data) + 2, size - 2});
  if (const auto* tree = std::get_if<Expression>(&parsed)) {
    AskAll(*tree, data[0], data[1]);
  }
}

}  // namespace
}  // namespace roentgen::query

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  roentgen::query::FuzzOne(data, size);
  return 0;
}
