#include "tests/golden/case_file.h"

#include <cstddef>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string_view>

namespace roentgen::testing_support {
namespace {

struct Case {
  std::string comments;
  std::vector<std::string> lines;
  std::string expected;
};

std::vector<Case> ReadCases(const std::string& path) {
  std::ifstream in(path);
  std::vector<Case> cases(1);
  bool output = false;
  for (std::string line; std::getline(in, line);) {
    Case& c = cases.back();
    if (line == "==") {
      cases.emplace_back();
      output = false;
    } else if (output) {
      c.expected += line + "\n";
    } else if (line == "--") {
      output = true;
    } else if (!line.empty() && line[0] == '#') {
      c.comments += line + "\n";
    } else if (!line.empty()) {
      c.lines.push_back(line);
    }
  }
  return cases;
}

}  // namespace

std::string JoinLines(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) {
    text += (text.empty() ? "" : "\n") + line;
  }
  return text;
}

int RunGoldenFiles(int argc, char** argv, const RunCase& run,
                   const CheckCase& check) {
  bool update = false;
  int passed = 0, failed = 0;
  for (int i = 1; i < argc; ++i) {
    if (std::string_view(argv[i]) == "--update") {
      update = true;
      continue;
    }
    std::vector<Case> cases = ReadCases(argv[i]);
    std::ostringstream text;
    for (size_t c = 0; c < cases.size(); ++c) {
      const std::string actual = run(cases[c].lines);
      const std::string wrong = check ? check(cases[c].lines) : "";
      if (actual == cases[c].expected && wrong.empty()) {
        ++passed;
      } else if (++failed; !update || !wrong.empty()) {
        std::cout << argv[i] << ", case " << c + 1 << "\n"
                  << cases[c].comments << "expected:\n"
                  << cases[c].expected << "actual:\n"
                  << actual << wrong << "\n";
      }
      // Running over every prefix of the lines must not crash.
      for (size_t n = 0; n < cases[c].lines.size(); ++n) {
        run({cases[c].lines.begin(), cases[c].lines.begin() + ptrdiff_t(n)});
      }
      text << (c == 0 ? "" : "==\n") << cases[c].comments;
      for (const std::string& line : cases[c].lines) text << line << "\n";
      text << "--\n" << actual;
    }
    if (update) std::ofstream(argv[i]) << text.str();
  }
  std::cout << passed << " passed, " << failed << " failed\n";
  return failed == 0 && passed > 0 ? 0 : 1;
}

}  // namespace roentgen::testing_support
