// Random documents from small vocabularies, so that things collide: versions
// of the same segment, calls that are answered later or never, parents that
// are missing, values that differ only in their type.
//
// Threads: one thread per generator.
#ifndef ROENTGEN_TESTS_QUERY_PLAN_RANDOM_TRACES_H_
#define ROENTGEN_TESTS_QUERY_PLAN_RANDOM_TRACES_H_

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace roentgen::testing_support {

class RandomTraces {
 public:
  struct Options {
    double start = 1'700'000'000;  // Traces start within a minute after it.
    // Each segment has a long annotation that no other has: "unique".
    bool unique_texts = false;
    // Segments have one of so many keys besides: "key17".
    uint64_t extra_keys = 0;
  };

  RandomTraces(uint64_t seed, const Options& options)
      : random_(seed), options_(options) {}

  // One to five documents of a trace.
  std::vector<std::string> Trace(uint64_t trace);
  // Any document of a trace: new, or another version of one.
  std::string Document(uint64_t trace);

 private:
  uint64_t Below(uint64_t n) { return random_() % n; }
  bool Chance(int percent) { return Below(100) < uint64_t(percent); }
  template <typename List>
  auto OneOf(const List& list) {
    return list[Below(std::size(list))];
  }

  std::string Segment(uint64_t trace, uint64_t id, uint64_t parent,
                      bool subsegment);
  std::string Members(bool segment);
  std::string Times(bool may_be_open);
  std::string Http();
  std::string Aws(bool segment);
  std::string Cause();
  std::string Annotations();
  std::string Subsegments(int depth);

  std::mt19937_64 random_;
  const Options options_;
  uint64_t next_text_ = 0;
};

}  // namespace roentgen::testing_support

#endif  // ROENTGEN_TESTS_QUERY_PLAN_RANDOM_TRACES_H_
