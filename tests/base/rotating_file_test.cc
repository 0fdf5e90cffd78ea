// Files that begin anew when they are large.
#include "base/rotating_file.h"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "gtest/gtest.h"

namespace roentgen {
namespace {

namespace fs = std::filesystem;

class RotatingFileTest : public testing::Test {
 protected:
  RotatingFileTest() : folder_(testing::TempDir() + "/rotating_file_test") {
    fs::remove_all(folder_);
    fs::create_directory(folder_);
  }
  std::string Path(const std::string& name) const {
    return folder_ + "/" + name;
  }
  std::string TextOf(const std::string& name) const {
    std::ostringstream text;
    text << std::ifstream(Path(name)).rdbuf();
    return text.str();
  }

  const std::string folder_;
};

TEST_F(RotatingFileTest, LinesGoOnWhereTheFileEnds) {
  for (const char* line : {"one", "two"}) {
    auto file = RotatingFile::Open(Path("a.log"), 1'000, 2);
    ASSERT_TRUE(file.ok()) << file.status();
    EXPECT_TRUE((*file)->Append(line).ok());
  }
  EXPECT_EQ(TextOf("a.log"), "one\ntwo\n");
  struct stat about = {};
  ASSERT_EQ(stat(Path("a.log").c_str(), &about), 0);
  EXPECT_EQ(about.st_mode & 0777, 0600u);
}

TEST_F(RotatingFileTest, TheOldestGoes) {
  auto file = RotatingFile::Open(Path("a.log"), 10, 2);
  ASSERT_TRUE(file.ok());
  for (const char* line : {"first--", "second-", "third--", "fourth-"}) {
    EXPECT_TRUE((*file)->Append(line).ok());
  }
  EXPECT_EQ(TextOf("a.log"), "fourth-\n");
  EXPECT_EQ(TextOf("a.1.log"), "third--\n");
  EXPECT_EQ(TextOf("a.2.log"), "second-\n");
  EXPECT_FALSE(fs::exists(Path("a.3.log")));
}

TEST_F(RotatingFileTest, WhatCannotBeOpenedIsNamed) {
  const auto file = RotatingFile::Open(folder_, 10, 2);
  EXPECT_TRUE(absl::IsUnavailable(file.status()));
  EXPECT_NE(file.status().message().find(folder_), std::string_view::npos);
}

}  // namespace
}  // namespace roentgen
