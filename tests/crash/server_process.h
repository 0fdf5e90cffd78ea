// A real server in a process of its own, to be killed.
//
// Threads: one thread.
#ifndef ROENTGEN_TESTS_CRASH_SERVER_PROCESS_H_
#define ROENTGEN_TESTS_CRASH_SERVER_PROCESS_H_

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace roentgen::crash {

class ServerProcess {
 public:
  struct Options {
    std::string binary;
    std::string folder;  // Holds "data", "ports.json" and "server.log".
    std::vector<std::string> flags;
    std::string crash_point;  // "name:passage"; empty: none.
  };

  // Returns once the server is ready; DataLoss when it ends before that.
  static absl::StatusOr<std::unique_ptr<ServerProcess>> Start(
      const Options& options);
  ~ServerProcess();  // Kills what still runs.

  const std::string& http() const { return http_; }
  const std::string& grpc() const { return grpc_; }
  const std::string& admin() const { return admin_; }
  absl::Duration start_time() const { return start_time_; }

  // Whether the process has ended; then `exit_code` is known.
  bool HasEnded();
  int exit_code() const { return exit_code_; }  // 128 + signal when killed.

  // SIGKILL, and waits for the end.
  void Kill();
  // SIGTERM; the exit code.
  int Stop();

 private:
  explicit ServerProcess(pid_t pid) : pid_(pid) {}

  void Collect(bool wait);
  absl::Status WaitForPorts(const std::string& path);

  const pid_t pid_;
  bool ended_ = false;
  int exit_code_ = 0;
  std::string http_;
  std::string grpc_;
  std::string admin_;
  absl::Duration start_time_;
};

// Returns after about `d`: lets the load run on.
void Pass(absl::Duration d);

// What `method path` at `address` answers, head and body; empty on any error.
std::string HttpExchange(const std::string& address,
                         const std::string& request);

}  // namespace roentgen::crash

#endif  // ROENTGEN_TESTS_CRASH_SERVER_PROCESS_H_
