#include "tests/crash/server_process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <iterator>

#include "base/clock.h"

extern char** environ;

namespace roentgen::crash {
namespace {

constexpr absl::Duration kReadyMax = absl::Seconds(60);

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The first address of list `key` in the ports file.
std::string AddressIn(const std::string& json, const std::string& key) {
  const std::string mark = "\"" + key + "\":[\"";
  const size_t at = json.find(mark);
  if (at == json.npos) return {};
  const size_t begin = at + mark.size();
  return json.substr(begin, json.find('"', begin) - begin);
}

std::vector<std::string> EnvironmentFor(const std::string& crash_point) {
  std::vector<std::string> out;
  for (char** e = environ; *e != nullptr; ++e) {
    if (std::strncmp(*e, "ROENTGEN_", 9) != 0) out.emplace_back(*e);
  }
  if (!crash_point.empty()) {
    out.push_back("ROENTGEN_CRASH_POINT=" + crash_point);
  }
  return out;
}

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (std::string& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

absl::StatusOr<pid_t> Spawn(const ServerProcess::Options& options,
                            const std::string& ports_file) {
  std::vector<std::string> words = {options.binary,
                                    "serve",
                                    "--data_dir=" + options.folder + "/data",
                                    "--ports_file=" + ports_file,
                                    "--xray.http.listen=127.0.0.1:0",
                                    "--xray.udp.listen=127.0.0.1:0",
                                    "--grpc.listen=127.0.0.1:0",
                                    "--otlp.http.listen=127.0.0.1:0",
                                    "--admin.http.listen=127.0.0.1:0"};
  words.insert(words.end(), options.flags.begin(), options.flags.end());
  std::vector<std::string> environment = EnvironmentFor(options.crash_point);
  const std::string log = options.folder + "/server.log";

  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, 1, log.c_str(),
                                   O_WRONLY | O_CREAT | O_APPEND, 0644);
  posix_spawn_file_actions_adddup2(&files, 1, 2);
  pid_t pid = 0;
  const int error =
      posix_spawn(&pid, options.binary.c_str(), &files, nullptr,
                  Pointers(words).data(), Pointers(environment).data());
  posix_spawn_file_actions_destroy(&files);
  if (error != 0) {
    return absl::NotFoundError(options.binary + ": " + std::strerror(error));
  }
  return pid;
}

}  // namespace

absl::StatusOr<std::unique_ptr<ServerProcess>> ServerProcess::Start(
    const Options& options) {
  const std::string ports_file = options.folder + "/ports.json";
  unlink(ports_file.c_str());
  const absl::Time begin = SystemClock().Now().ToTime();
  const absl::StatusOr<pid_t> pid = Spawn(options, ports_file);
  if (!pid.ok()) return pid.status();
  std::unique_ptr<ServerProcess> server(new ServerProcess(*pid));
  const absl::Status ready = server->WaitForPorts(ports_file);
  if (!ready.ok()) return ready;
  server->start_time_ = SystemClock().Now().ToTime() - begin;
  return server;
}

ServerProcess::~ServerProcess() { Kill(); }

absl::Status ServerProcess::WaitForPorts(const std::string& path) {
  const absl::Time deadline = SystemClock().Now().ToTime() + kReadyMax;
  std::string json;
  while (json.empty()) {
    json = ReadFile(path);
    if (!json.empty()) break;
    if (HasEnded()) {
      return absl::DataLossError("the server ended while starting, code " +
                                 std::to_string(exit_code_));
    }
    if (SystemClock().Now().ToTime() > deadline) {
      return absl::DeadlineExceededError("the server is not ready");
    }
    Pass(absl::Milliseconds(2));
  }
  http_ = AddressIn(json, "xray_http");
  grpc_ = AddressIn(json, "grpc");
  admin_ = AddressIn(json, "admin_http");
  return absl::OkStatus();
}

void ServerProcess::Collect(bool wait) {
  if (ended_) return;
  int status = 0;
  if (waitpid(pid_, &status, wait ? 0 : WNOHANG) != pid_) return;
  ended_ = true;
  exit_code_ =
      WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

bool ServerProcess::HasEnded() {
  Collect(false);
  return ended_;
}

void ServerProcess::Kill() {
  if (!HasEnded()) kill(pid_, SIGKILL);
  Collect(true);
}

int ServerProcess::Stop() {
  if (!HasEnded()) kill(pid_, SIGTERM);
  Collect(true);
  return exit_code_;
}

void Pass(absl::Duration d) {
  poll(nullptr, 0, static_cast<int>(absl::ToInt64Milliseconds(d)));
}

std::string HttpExchange(const std::string& address,
                         const std::string& request) {
  const size_t colon = address.rfind(':');
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port =
      htons(static_cast<uint16_t>(std::atoi(address.c_str() + colon + 1)));
  inet_pton(AF_INET, address.substr(0, colon).c_str(), &to.sin_addr);
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  std::string answer;
  if (connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof(to)) == 0) {
    size_t sent = 0;
    while (sent < request.size()) {
      const ssize_t n =
          send(fd, request.data() + sent, request.size() - sent, MSG_NOSIGNAL);
      if (n <= 0) break;
      sent += static_cast<size_t>(n);
    }
    char buffer[16384];
    for (;;) {
      const ssize_t n = recv(fd, buffer, sizeof(buffer), 0);
      if (n < 0) answer.clear();
      if (n <= 0) break;
      answer.append(buffer, static_cast<size_t>(n));
    }
  }
  close(fd);
  return answer;
}

}  // namespace roentgen::crash
