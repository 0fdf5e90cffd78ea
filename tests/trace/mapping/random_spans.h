// Spans with attributes that the mapping knows and some that it does not, with
// values of all types, as lines for tests/support/span_builder.h.
#ifndef ROENTGEN_TESTS_TRACE_MAPPING_RANDOM_SPANS_H_
#define ROENTGEN_TESTS_TRACE_MAPPING_RANDOM_SPANS_H_

#include <random>
#include <string>
#include <vector>

namespace roentgen::testing_support {

std::vector<std::string> RandomSpanLines(std::mt19937& random);

}  // namespace roentgen::testing_support

#endif  // ROENTGEN_TESTS_TRACE_MAPPING_RANDOM_SPANS_H_
