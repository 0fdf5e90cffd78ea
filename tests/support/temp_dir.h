// A folder of its own for a test, gone at the end.
#ifndef ROENTGEN_TESTS_SUPPORT_TEMP_DIR_H_
#define ROENTGEN_TESTS_SUPPORT_TEMP_DIR_H_

#include <cstdlib>
#include <filesystem>
#include <string>

namespace roentgen::testing_support {

class TempDir {
 public:
  TempDir() {
    const char* base = std::getenv("TEST_TMPDIR");
    std::string pattern =
        std::string(base != nullptr ? base : "/tmp") + "/roentgen-XXXXXX";
    path_ = mkdtemp(pattern.data());
  }
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace roentgen::testing_support

#endif  // ROENTGEN_TESTS_SUPPORT_TEMP_DIR_H_
