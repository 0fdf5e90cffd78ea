// What the binary does on signals.
#include <signal.h>
#include <spawn.h>
#include <sys/inotify.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/server/http/test_client.h"

namespace roentgen::server {
namespace {

class Process {
 public:
  explicit Process(std::vector<std::string> args) {
    const std::string binary = std::string(std::getenv("TEST_SRCDIR")) + "/" +
                               std::getenv("TEST_WORKSPACE") +
                               "/server/app/roentgen";
    args.insert(args.begin(), binary);
    std::vector<char*> argv;
    for (std::string& arg : args) argv.push_back(arg.data());
    argv.push_back(nullptr);
    EXPECT_EQ(posix_spawn(&pid_, binary.c_str(), nullptr, nullptr, argv.data(),
                          environ),
              0);
  }
  void Signal(int signal) { kill(pid_, signal); }
  // The exit code, or -1 for a death by signal.
  int Wait() {
    int status = 0;
    waitpid(pid_, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  pid_t pid_ = 0;
};

std::string Scratch(const std::string& name) {
  const std::string path = std::string(std::getenv("TEST_TMPDIR")) + "/" + name;
  std::filesystem::remove_all(path);
  return path;
}

// Waits until `path` is there. It is put into its folder whole, by a rename.
void AwaitFile(const std::filesystem::path& path) {
  const int fd = inotify_init1(IN_CLOEXEC);
  ASSERT_GE(inotify_add_watch(fd, path.parent_path().c_str(), IN_MOVED_TO), 0);
  char events[4096];
  while (!std::filesystem::exists(path)) {
    ASSERT_GT(read(fd, events, sizeof(events)), 0);
  }
  close(fd);
}

// Waits for the ports file and picks the X-Ray HTTP port.
uint16_t AwaitPort(const std::string& ports_file) {
  AwaitFile(ports_file);
  std::string text;
  std::getline(std::ifstream(ports_file), text);
  const size_t at = text.find("127.0.0.1:") + 10;
  return static_cast<uint16_t>(std::stoi(text.substr(at)));
}

std::vector<std::string> Arguments(const std::string& ports_file) {
  return {"serve",
          "--data_dir=" + Scratch("data"),
          "--xray.http.listen=127.0.0.1:0",
          "--xray.udp.listen=127.0.0.1:0",
          "--grpc.listen=127.0.0.1:0",
          "--otlp.http.listen=127.0.0.1:0",
          "--admin.http.listen=127.0.0.1:0",
          "--shutdown_grace=1h",
          "--ports_file=" + ports_file};
}

class SignalTest : public testing::TestWithParam<int> {};
INSTANTIATE_TEST_SUITE_P(Signals, SignalTest, testing::Values(SIGTERM, SIGINT));

TEST_P(SignalTest, FirstSignalStopsCleanly) {
  const std::string ports = Scratch("ports.json");
  Process server(Arguments(ports));
  AwaitPort(ports);
  server.Signal(GetParam());
  EXPECT_EQ(server.Wait(), 0);
}

TEST_P(SignalTest, HangingUpReadsAgainAndStopsNothing) {
  const std::string ports = Scratch("ports.json");
  Process server(Arguments(ports));
  const uint16_t port = AwaitPort(ports);
  for (int i = 0; i < 3; ++i) {
    server.Signal(SIGHUP);
    TestClient client(port);
    client.Send("GET / HTTP/1.1\r\n\r\n");
    EXPECT_EQ(client.Read().status, 404);
  }
  server.Signal(GetParam());
  EXPECT_EQ(server.Wait(), 0);
}

TEST_P(SignalTest, SecondSignalEndsAtOnce) {
  const std::string ports = Scratch("ports.json");
  Process server(Arguments(ports));
  const uint16_t port = AwaitPort(ports);
  TestClient idle(port);
  idle.Send("GET / HTTP/1.1\r\n\r\n");
  EXPECT_EQ(idle.Read().status, 404);
  TestClient busy(port);  // Keeps the drain waiting.
  busy.Send(
      "POST /TraceSegments HTTP/1.1\r\nContent-Length: 5\r\n"
      "Expect: 100-continue\r\n\r\n");
  EXPECT_EQ(busy.ReadHead().status, 100);
  server.Signal(GetParam());
  EXPECT_TRUE(idle.IsClosedByServer());  // The drain has begun.
  server.Signal(GetParam());
  EXPECT_EQ(server.Wait(), 1);
}

// Waits until the file that was renamed into its place has `text`.
void AwaitText(const std::filesystem::path& path, const std::string& text) {
  const int fd = inotify_init1(IN_CLOEXEC);
  ASSERT_GE(inotify_add_watch(fd, path.parent_path().c_str(), IN_MOVED_TO), 0);
  char events[4096];
  while (true) {
    std::ifstream file(path);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    if (bytes.find(text) != bytes.npos) break;
    ASSERT_GT(read(fd, events, sizeof(events)), 0);
  }
  close(fd);
}

TEST(HangUpTest, ReadsMasterKeysAgain) {
  const std::string keys = Scratch("keys");
  const std::string list =
      "keys:\n  a: " + std::string(64, 'a') + "\n  b: " + std::string(64, 'b');
  const auto give = [&](const std::string& current) {
    std::ofstream(keys) << "current: " + current + "\n" + list + "\n";
    std::filesystem::permissions(keys, std::filesystem::perms::owner_read |
                                           std::filesystem::perms::owner_write);
  };
  give("a");
  const std::string ports = Scratch("ports.json");
  std::vector<std::string> arguments = Arguments(ports);
  arguments.push_back("--encryption.keys_file=" + keys);
  Process server(arguments);
  AwaitPort(ports);
  give("b");
  server.Signal(SIGHUP);
  AwaitText(std::string(std::getenv("TEST_TMPDIR")) + "/data/ENCRYPTION",
            "key b ");
  server.Signal(SIGTERM);
  EXPECT_EQ(server.Wait(), 0);
}

}  // namespace
}  // namespace roentgen::server
