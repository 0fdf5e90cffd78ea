// What tells a file from what it was when it was looked at last.
//
// Threads: pure, but for looking at the file.
#ifndef ROENTGEN_SERVER_APP_FILE_MARK_H_
#define ROENTGEN_SERVER_APP_FILE_MARK_H_

#include <sys/stat.h>

#include <cstdint>
#include <string>

namespace roentgen::server {

struct FileMark {
  int64_t changed_ns = 0;
  uint64_t bytes = 0;
  uint64_t inode = 0;

  friend bool operator==(const FileMark&, const FileMark&) = default;
};

// Zeros for one that is not there.
inline FileMark MarkOf(const std::string& path) {
  struct stat about = {};
  if (path.empty() || ::stat(path.c_str(), &about) != 0) return {};
  constexpr int64_t kNanos = 1'000'000'000;
  return {.changed_ns = about.st_mtim.tv_sec * kNanos + about.st_mtim.tv_nsec,
          .bytes = static_cast<uint64_t>(about.st_size),
          .inode = about.st_ino};
}

}  // namespace roentgen::server

#endif  // ROENTGEN_SERVER_APP_FILE_MARK_H_
