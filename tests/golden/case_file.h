// Golden files: text in, text out.
//
// A case is: comment lines (#), input lines, "--", what comes out; cases are
// parted by "==". What comes out may have several parts, with "--" between
// them.
// "--update FILE..." rewrites the expected part; the diff is the review:
//
//   bazel-bin/tests/golden/filter_golden_test --update FILE...
#ifndef ROENTGEN_TESTS_GOLDEN_CASE_FILE_H_
#define ROENTGEN_TESTS_GOLDEN_CASE_FILE_H_

#include <functional>
#include <string>
#include <vector>

namespace roentgen::testing_support {

using RunCase = std::function<std::string(const std::vector<std::string>&)>;

// What is wrong with a case, whatever comes out of it; empty when nothing is.
// An update does not hide it.
using CheckCase = RunCase;

// The `main` of a golden test: runs every case of the files, and every prefix
// of each case's lines, which must not crash. 0 when all came out as expected
// and `check`, if there is one, had nothing to say.
int RunGoldenFiles(int argc, char** argv, const RunCase& run,
                   const CheckCase& check = nullptr);

// The input lines as one text.
std::string JoinLines(const std::vector<std::string>& lines);

}  // namespace roentgen::testing_support

#endif  // ROENTGEN_TESTS_GOLDEN_CASE_FILE_H_
