// A folder for Unix sockets, whose paths must be short: that of the test runner
// is not.
#ifndef ROENTGEN_TESTS_SUPPORT_SOCKET_DIR_H_
#define ROENTGEN_TESTS_SUPPORT_SOCKET_DIR_H_

#include <cstdlib>
#include <filesystem>
#include <string>

#include "gtest/gtest.h"

namespace roentgen::testing_support {

class SocketDir {
 public:
  SocketDir() {
    std::string name = "/tmp/rtgXXXXXX";
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    path_ = name;
  }
  ~SocketDir() { std::filesystem::remove_all(path_); }
  SocketDir(const SocketDir&) = delete;
  SocketDir& operator=(const SocketDir&) = delete;

  std::string Path(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace roentgen::testing_support

#endif  // ROENTGEN_TESTS_SUPPORT_SOCKET_DIR_H_
