// Golden files: text in, text out.
//
// A case is: comment lines (#), input lines, "--", what comes out; cases are
// parted by "==". "--update FILE..." rewrites the expected part; the diff is
// the review.
#ifndef ROENTGEN_TESTS_GOLDEN_CASE_FILE_H_
#define ROENTGEN_TESTS_GOLDEN_CASE_FILE_H_

#include <functional>
#include <string>
#include <vector>

namespace roentgen::testing_support {

using RunCase = std::function<std::string(const std::vector<std::string>&)>;

// The `main` of a golden test: runs every case of the files, and every prefix
// of each case's lines, which must not crash. 0 when all came out as expected.
int RunGoldenFiles(int argc, char** argv, const RunCase& run);

}  // namespace roentgen::testing_support

#endif  // ROENTGEN_TESTS_GOLDEN_CASE_FILE_H_
