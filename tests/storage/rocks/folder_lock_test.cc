// What a lock on a folder does where there are none.
#include "storage/rocks/folder_lock.h"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/temp_dir.h"

namespace roentgen::storage {
namespace {

using testing::HasSubstr;
using testing_support::TempDir;

// As a file system that answers with this error.
template <int kError>
int Refuse(int, int) {
  errno = kError;
  return -1;
}

struct LockCase {
  const char* name;
  int (*call)(int, int);
  absl::StatusCode expected;
};
void PrintTo(const LockCase& c, std::ostream* os) { *os << c.name; }

class FolderLockTest : public testing::TestWithParam<LockCase> {};

TEST_P(FolderLockTest, TakesTheFolderWhereTheSystemHasNoLocks) {
  const TempDir dir;
  const auto lock = FolderLock::Take(dir.path(), GetParam().call);
  EXPECT_EQ(lock.status().code(), GetParam().expected) << lock.status();
  if (!lock.ok()) return;
  // It still knows its folder.
  std::ofstream(dir.path() + "/LOCK") << "";
  ASSERT_TRUE((*lock)->NoteLockFile().ok());
  EXPECT_TRUE((*lock)->Check().ok());
  std::filesystem::remove(dir.path() + "/LOCK");
  EXPECT_TRUE(absl::IsFailedPrecondition((*lock)->Check()));
}

constexpr absl::StatusCode kTaken = absl::StatusCode::kOk;

INSTANTIATE_TEST_SUITE_P(
    All, FolderLockTest,
    testing::Values(LockCase{"Locked", &flock, kTaken},
                    LockCase{"Nfs", &Refuse<EBADF>, kTaken},
                    LockCase{"ReadOnly", &Refuse<EROFS>, kTaken},
                    LockCase{"NoLocks", &Refuse<ENOLCK>, kTaken},
                    LockCase{"NotSupported", &Refuse<ENOTSUP>, kTaken},
                    LockCase{"NoSuchCall", &Refuse<ENOSYS>, kTaken},
                    LockCase{"InUse", &Refuse<EWOULDBLOCK>,
                             absl::StatusCode::kFailedPrecondition},
                    LockCase{"Broken", &Refuse<EIO>,
                             absl::StatusCode::kUnavailable}),
    [](const auto& test) { return test.param.name; });

TEST(FolderLock, LetsOneIn) {
  const TempDir dir;
  const auto first = FolderLock::Take(dir.path());
  ASSERT_TRUE(first.ok()) << first.status();
  const auto second = FolderLock::Take(dir.path());
  EXPECT_TRUE(absl::IsFailedPrecondition(second.status())) << second.status();
  EXPECT_THAT(std::string(second.status().message()), HasSubstr("in use"));
}

}  // namespace
}  // namespace roentgen::storage
