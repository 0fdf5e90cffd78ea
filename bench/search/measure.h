// Clocks and percentiles of a benchmark.
//
// Threads: plain data; pure functions.
#ifndef ROENTGEN_BENCH_SEARCH_MEASURE_H_
#define ROENTGEN_BENCH_SEARCH_MEASURE_H_

#include <cstddef>
#include <vector>

namespace roentgen::bench {

// Seconds.
double WallNow();
double ThreadCpuNow();
double ProcessCpuNow();

class Samples {
 public:
  void Add(double value) { values_.push_back(value); }
  size_t size() const { return values_.size(); }
  double Percentile(double share) const;
  double Mean() const;
  double Max() const { return Percentile(1); }

 private:
  std::vector<double> values_;
};

}  // namespace roentgen::bench

#endif  // ROENTGEN_BENCH_SEARCH_MEASURE_H_
