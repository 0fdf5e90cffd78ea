#include "base/socket_file.h"

#include <grp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>
#include <utility>
#include <vector>

#include "base/status_macros.h"

namespace roentgen {
namespace {

absl::Status Cannot(const char* what, const ListenAddress& address) {
  return absl::UnavailableError("cannot " + std::string(what) + " " +
                                address.ToString() + ": " +
                                std::strerror(errno));
}

// Whether somebody takes what is sent there. Sockets of another type answer
// that they are of another type.
bool IsServed(int type, const ListenAddress& address) {
  const int fd = ::socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return true;
  const SocketAddress where = ToSocketAddress(address);
  const int failed = ::connect(fd, where.get(), where.size);
  const bool refused = failed != 0 && errno == ECONNREFUSED;
  ::close(fd);
  return !refused;
}

absl::Status MakeWay(int type, const ListenAddress& address) {
  struct stat about = {};
  if (::lstat(address.path.c_str(), &about) != 0) return absl::OkStatus();
  if (!S_ISSOCK(about.st_mode)) {
    return absl::UnavailableError("cannot listen on " + address.ToString() +
                                  ": a file is there that is no socket");
  }
  if (IsServed(type, address)) {
    return absl::UnavailableError("cannot listen on " + address.ToString() +
                                  ": somebody listens there already");
  }
  if (::unlink(address.path.c_str()) == 0) return absl::OkStatus();
  return Cannot("replace", address);
}

std::optional<gid_t> FindGroup(const std::string& name) {
  gid_t number = 0;
  const char* const end = name.data() + name.size();
  const auto [stop, error] = std::from_chars(name.data(), end, number);
  if (error == std::errc() && stop == end) return number;
  std::vector<char> room(16 * 1024);
  group entry{};
  group* found = nullptr;
  ::getgrnam_r(name.c_str(), &entry, room.data(), room.size(), &found);
  if (found == nullptr) return std::nullopt;
  return found->gr_gid;
}

}  // namespace

SocketFile& SocketFile::operator=(SocketFile&& other) noexcept {
  if (this == &other) return *this;
  Remove();
  path_ = std::exchange(other.path_, {});
  device_ = other.device_;
  inode_ = other.inode_;
  return *this;
}

absl::StatusOr<SocketFile> SocketFile::Bind(int fd, int type,
                                            const ListenAddress& address) {
  std::optional<gid_t> group;
  if (!address.group.empty()) {
    group = FindGroup(address.group);
    if (!group) {
      return absl::UnavailableError("cannot listen on " + address.ToString() +
                                    ": there is no group '" + address.group +
                                    "'");
    }
  }
  RTG_RETURN_IF_ERROR(MakeWay(type, address));
  const SocketAddress where = ToSocketAddress(address);
  // Linux makes the file with the mode of the socket.
  if (::fchmod(fd, 0) != 0 || ::bind(fd, where.get(), where.size) != 0) {
    return Cannot("listen on", address);
  }
  SocketFile out;
  struct stat about = {};
  if (::lstat(address.path.c_str(), &about) != 0) {
    return Cannot("listen on", address);
  }
  out.path_ = address.path;
  out.device_ = about.st_dev;
  out.inode_ = about.st_ino;
  constexpr uid_t kSameUser = static_cast<uid_t>(-1);
  if (group && ::chown(address.path.c_str(), kSameUser, *group) != 0) {
    return Cannot("set the group of", address);
  }
  if (::chmod(address.path.c_str(), address.mode) != 0) {
    return Cannot("set the mode of", address);
  }
  return out;
}

void SocketFile::Remove() {
  if (path_.empty()) return;
  struct stat about = {};
  if (::lstat(path_.c_str(), &about) == 0 && about.st_dev == device_ &&
      about.st_ino == inode_) {
    ::unlink(path_.c_str());
  }
  path_.clear();
}

}  // namespace roentgen
