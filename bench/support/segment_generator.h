// Seeded traces of a made-up shop, as X-Ray SDKs would send them.
//
// About 1 kB a document, 3 subsegments and 5 annotations each, up to 9
// segments a trace; ids, users, urls, durations and faults vary. The same
// seed gives the same documents. Annotations: of a whole trace "tenant" (200
// values), "customer" (100,000) and "plan" (10 % "enterprise"); of a segment
// "cached" (true or false), "items" (a small number) and, in 1 of 5,000,
// "incident".
//
// Threads: one thread per generator.
#ifndef ROENTGEN_BENCH_SUPPORT_SEGMENT_GENERATOR_H_
#define ROENTGEN_BENCH_SUPPORT_SEGMENT_GENERATOR_H_

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace roentgen::bench {

class SegmentGenerator {
 public:
  explicit SegmentGenerator(uint64_t seed) : random_(seed) {}

  // The documents of a new trace that starts at `start_us` (microseconds
  // since the epoch).
  std::vector<std::string> Trace(int64_t start_us);

  // `count` documents of as many traces as that takes.
  std::vector<std::string> Documents(size_t count, int64_t start_us);

 private:
  uint64_t Below(uint64_t bound) { return random_() % bound; }
  bool Chance(int percent) {
    return Below(100) < static_cast<uint64_t>(percent);
  }
  std::string Hex(int digits);
  // Small numbers often, large ones seldom.
  uint64_t Skewed(uint64_t bound);

  struct Call;
  std::string Segment(const std::string& trace, const Call& call,
                      std::vector<Call>& calls);
  std::string Subsegments(const Call& call, int64_t end_us,
                          std::vector<Call>& calls);

  std::mt19937_64 random_;
};

}  // namespace roentgen::bench

#endif  // ROENTGEN_BENCH_SUPPORT_SEGMENT_GENERATOR_H_
