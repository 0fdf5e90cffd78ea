// Bytes -> an expression that Check accepts: fuzzers reach the evaluator with
// every input, not with the few that parse.
//
// Threads: pure.
#ifndef ROENTGEN_TESTS_FUZZ_QUERY_RANDOM_EXPRESSION_H_
#define ROENTGEN_TESTS_FUZZ_QUERY_RANDOM_EXPRESSION_H_

#include <cstddef>
#include <cstdint>

#include "query/lang/expression.h"

namespace roentgen::query {

// The same bytes give the same expression; missing bytes count as zero.
Expression RandomExpression(const uint8_t* bytes, size_t size);

}  // namespace roentgen::query

#endif  // ROENTGEN_TESTS_FUZZ_QUERY_RANDOM_EXPRESSION_H_
