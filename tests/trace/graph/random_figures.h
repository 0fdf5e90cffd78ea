// Random figures of the service map from small vocabularies, so that sums meet
// and cancel.
//
// Threads: one thread per generator.
#ifndef ROENTGEN_TESTS_TRACE_GRAPH_RANDOM_FIGURES_H_
#define ROENTGEN_TESTS_TRACE_GRAPH_RANDOM_FIGURES_H_

#include <cstdint>
#include <random>
#include <string>

#include "trace/graph/roll_up_codec.h"
#include "trace/model/graph_figures.h"

namespace roentgen::testing_support {

class RandomFigures {
 public:
  explicit RandomFigures(uint64_t seed) : random_(seed) {}

  // Nothing of it is empty. Activity is at the begins of slots.
  storage::GraphFigures Next(const storage::RollUpSpan& span);

 private:
  uint64_t Below(uint64_t n) { return random_() % n; }
  int64_t Count();
  storage::ServiceId Service();
  storage::CallFigures Calls();
  storage::DurationHistogram Times(uint64_t calls_max);

  std::mt19937_64 random_;
};

// `figures` as a delta that takes them away.
storage::GraphFigures Negative(const storage::GraphFigures& figures);

}  // namespace roentgen::testing_support

#endif  // ROENTGEN_TESTS_TRACE_GRAPH_RANDOM_FIGURES_H_
