// What the index of a batch costs: CPU and packed bytes a segment.
//
// Threads: one.
#ifndef ROENTGEN_BENCH_SEARCH_INDEX_COST_H_
#define ROENTGEN_BENCH_SEARCH_INDEX_COST_H_

namespace roentgen::bench {

// Prints the costs, on average over some batches.
void PrintIndexCost();

}  // namespace roentgen::bench

#endif  // ROENTGEN_BENCH_SEARCH_INDEX_COST_H_
