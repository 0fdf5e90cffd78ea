#include "server/config/key_command.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "base/clock.h"
#include "base/limits.h"

namespace roentgen::server {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }
  void Close() {
    close(fd_);
    fd_ = -1;
  }

 private:
  int fd_;
};

absl::Status Failed(const std::string& program, const std::string& why) {
  return absl::InvalidArgumentError("encryption.key_command: " + program + ' ' +
                                    why);
}

// An error number, or 0 and `child`, which is a group of its own.
int Start(const std::vector<std::string>& words, int out, pid_t& child) {
  std::vector<std::string> copies = words;
  std::vector<char*> arguments;
  for (std::string& word : copies) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t how;
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_init(&how);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, out, 1);
  sigset_t none;
  sigset_t all;
  sigemptyset(&none);
  sigfillset(&all);
  // What the server blocks and ignores, it need not.
  posix_spawnattr_setsigmask(&how, &none);
  posix_spawnattr_setsigdefault(&how, &all);
  posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGMASK |
                                     POSIX_SPAWN_SETSIGDEF |
                                     POSIX_SPAWN_SETPGROUP);
  const int error = posix_spawn(&child, words[0].c_str(), &actions, &how,
                                arguments.data(), environ);
  posix_spawnattr_destroy(&how);
  posix_spawn_file_actions_destroy(&actions);
  return error;
}

// Waits for `fd`; false: the time has passed.
bool Await(int fd, absl::Duration until) {
  while (true) {
    const absl::Duration left = until - SystemClock().Elapsed();
    if (left <= absl::ZeroDuration()) return false;
    pollfd waited{.fd = fd, .events = POLLIN, .revents = 0};
    const auto ms = static_cast<int>(absl::ToInt64Milliseconds(left)) + 1;
    const int ready = poll(&waited, 1, ms);
    if (ready > 0 || (ready < 0 && errno != EINTR)) return true;
  }
}

enum class Outcome { kWhole, kTooLong, kLate };

// Into `text`, of which `size` are used then.
Outcome ReadAll(int fd, absl::Duration until, storage::Secret& text,
                size_t& size) {
  while (true) {
    if (!Await(fd, until)) return Outcome::kLate;
    const ssize_t got = read(fd, text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return Outcome::kWhole;
    size += static_cast<size_t>(got);
    if (size == text.size()) return Outcome::kTooLong;
  }
}

}  // namespace

absl::StatusOr<storage::Secret> RunKeyCommand(
    const std::vector<std::string>& words, absl::Duration time) {
  if (words.empty() || !words[0].starts_with('/')) {
    return absl::InvalidArgumentError(
        "encryption.key_command: the program must be an absolute path");
  }
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) {
    return Failed(words[0], "has nowhere to print to");
  }
  const Descriptor in(ends[0]);
  Descriptor out(ends[1]);
  pid_t child = 0;
  const int error = Start(words, out.get(), child);
  out.Close();
  if (error != 0) {
    return Failed(words[0],
                  "does not run: " + std::generic_category().message(error));
  }
  const absl::Duration until = SystemClock().Elapsed() + time;
  storage::Secret text(limits::kMasterKeysTextBytesMax + 1);
  size_t size = 0;
  Outcome outcome = ReadAll(in.get(), until, text, size);
  // It may have closed its output and go on.
  const Descriptor ended(static_cast<int>(syscall(SYS_pidfd_open, child, 0)));
  if (outcome == Outcome::kWhole && ended.get() >= 0 &&
      !Await(ended.get(), until)) {
    outcome = Outcome::kLate;
  }
  if (outcome != Outcome::kWhole) kill(-child, SIGKILL);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (outcome == Outcome::kLate) {
    return absl::DeadlineExceededError("encryption.key_command: " + words[0] +
                                       " took longer than " +
                                       absl::FormatDuration(time));
  }
  if (outcome == Outcome::kTooLong) {
    return Failed(words[0],
                  "prints more than " +
                      std::to_string(limits::kMasterKeysTextBytesMax) +
                      " bytes");
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    return Failed(words[0],
                  WIFEXITED(status)
                      ? "ends with " + std::to_string(WEXITSTATUS(status))
                      : "ends by a signal");
  }
  if (size == 0) return Failed(words[0], "prints nothing");
  return storage::Secret::CopyOf(text.view().substr(0, size));
}

}  // namespace roentgen::server
