#include "base/socket_file.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "gmock/gmock.h"
#include "tests/support/socket_dir.h"

namespace roentgen {
namespace {

using testing::HasSubstr;

class SocketFileTest : public testing::TestWithParam<int> {
 protected:
  SocketFileTest() { address_.path = dir_.Path("s"); }

  absl::StatusOr<SocketFile> Bind(int fd) {
    return SocketFile::Bind(fd, GetParam(), address_);
  }
  int Socket() const { return socket(AF_UNIX, GetParam() | SOCK_CLOEXEC, 0); }
  bool IsThere() const { return std::filesystem::exists(address_.path); }

  testing_support::SocketDir dir_;
  ListenAddress address_;
};
INSTANTIATE_TEST_SUITE_P(Types, SocketFileTest,
                         testing::Values(SOCK_STREAM, SOCK_DGRAM));

TEST_P(SocketFileTest, HasTheModeThatIsAskedForAndGoesAtTheEnd) {
  for (const unsigned mode : {0600u, 0660u, 0666u, 0620u}) {
    address_.mode = mode;
    address_.group = std::to_string(getgid());
    const int fd = Socket();
    {
      const auto file = Bind(fd);
      ASSERT_TRUE(file.ok()) << file.status();
      struct stat about = {};
      ASSERT_EQ(lstat(address_.path.c_str(), &about), 0);
      EXPECT_EQ(about.st_mode & 0777u, mode);
      EXPECT_EQ(about.st_gid, getgid());
      EXPECT_TRUE(S_ISSOCK(about.st_mode));
    }
    EXPECT_FALSE(IsThere());
    close(fd);
  }
}

TEST_P(SocketFileTest, TakesThePlaceOfOneWhereNobodyListens) {
  const int gone = Socket();
  const SocketAddress where = ToSocketAddress(address_);
  ASSERT_EQ(bind(gone, where.get(), where.size), 0);
  close(gone);
  ASSERT_TRUE(IsThere());
  const int fd = Socket();
  EXPECT_TRUE(Bind(fd).ok());
  close(fd);
}

TEST_P(SocketFileTest, LeavesWhatOthersNeed) {
  for (const int type : {SOCK_STREAM, SOCK_DGRAM}) {
    const int other = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
    const SocketAddress where = ToSocketAddress(address_);
    ASSERT_EQ(bind(other, where.get(), where.size), 0);
    ASSERT_TRUE(type == SOCK_DGRAM || listen(other, 1) == 0);
    const int fd = Socket();
    const auto file = Bind(fd);
    EXPECT_THAT(std::string(file.status().message()),
                HasSubstr("somebody listens there already"));
    EXPECT_TRUE(IsThere());
    close(fd);
    close(other);
    std::filesystem::remove(address_.path);
  }
  std::ofstream(address_.path) << "mine";
  const int fd = Socket();
  EXPECT_THAT(std::string(Bind(fd).status().message()),
              HasSubstr("a file is there that is no socket"));
  EXPECT_TRUE(std::filesystem::is_regular_file(address_.path));
  close(fd);
}

TEST_P(SocketFileTest, RemovesOnlyItsOwn) {
  const int fd = Socket();
  auto file = Bind(fd);
  ASSERT_TRUE(file.ok());
  std::filesystem::rename(address_.path, address_.path + ".moved");
  std::ofstream(address_.path) << "another's";
  file->Remove();
  EXPECT_TRUE(IsThere());
  std::filesystem::remove(address_.path + ".moved");
  close(fd);
}

TEST_P(SocketFileTest, SaysWhatItCannotDo) {
  const int fd = Socket();
  address_.group = "no-such-group-here";
  EXPECT_THAT(std::string(Bind(fd).status().message()),
              HasSubstr("there is no group 'no-such-group-here'"));
  EXPECT_FALSE(IsThere());
  address_.group.clear();
  address_.path += ".folder/s";
  EXPECT_THAT(std::string(Bind(fd).status().message()),
              HasSubstr("cannot listen on unix:"));
  close(fd);
}

}  // namespace
}  // namespace roentgen
