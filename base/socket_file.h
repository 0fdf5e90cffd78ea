// The file of a Unix socket that listens: made with the mode and group that it
// is to have, and removed at the end.
//
//   RTG_ASSIGN_OR_RETURN(file_, SocketFile::Bind(fd, SOCK_STREAM, address));
//
// Threads: confined to one thread.
#ifndef ROENTGEN_BASE_SOCKET_FILE_H_
#define ROENTGEN_BASE_SOCKET_FILE_H_

#include <sys/types.h>

#include <string>

#include "absl/status/statusor.h"
#include "base/listen_address.h"

namespace roentgen {

class SocketFile {
 public:
  SocketFile() = default;  // None.
  SocketFile(SocketFile&& other) noexcept { *this = std::move(other); }
  SocketFile& operator=(SocketFile&& other) noexcept;
  ~SocketFile() { Remove(); }

  // Binds `fd`, a socket of `type`. A file that is there already is taken away
  // if it is a socket where nobody listens. Unavailable says what is in the
  // way. Nobody but the owner gets in before mode and group are right.
  static absl::StatusOr<SocketFile> Bind(int fd, int type,
                                         const ListenAddress& address);

  // Unless another file has its name by now.
  void Remove();

 private:
  std::string path_;  // Empty: none.
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

}  // namespace roentgen

#endif  // ROENTGEN_BASE_SOCKET_FILE_H_
