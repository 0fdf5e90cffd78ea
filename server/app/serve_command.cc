#include "server/app/serve_command.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <memory>
#include <thread>

#include "base/clock.h"
#include "base/log.h"
#include "base/status_macros.h"
#include "server/app/access_setup.h"
#include "server/app/file_limits.h"
#include "server/app/server.h"
#include "server/config/config_loader.h"
#include "server/config/encryption_keys.h"
#include "server/config/settings.h"

namespace roentgen::server {
namespace {

constexpr int kExitBadConfig = 2;

constexpr const char* kUsage =
    "usage: roentgen serve [--config=FILE] [--check-config] [--SETTING=VALUE "
    "...]\n\n"
    "Settings; each is also a key of the file and a variable: --data_dir,\n"
    "data_dir and ROENTGEN_DATA_DIR are one. Flags beat variables, which beat\n"
    "the file (--config or ROENTGEN_CONFIG). A list of listeners, in place of\n"
    "the settings that end in listen, stands in the file alone.\n\n";

LogLevel ToLogLevel(const std::string& name) {
  if (name == "debug") return LogLevel::kDebug;
  if (name == "warn") return LogLevel::kWarn;
  if (name == "error") return LogLevel::kError;
  return name == "off" ? LogLevel::kOff : LogLevel::kInfo;
}

// Connections and store files need descriptors; the soft limit is often 1024.
absl::Status FitToFiles(Config& config) {
  const uint64_t files = RaiseFileLimit();
  const uint64_t needed = FilesNeeded(config);
  if (files >= needed) return absl::OkStatus();
  RTG_RETURN_IF_ERROR(FitConnections(files, config));
  LogWarn(
      "few open files are allowed, so there may be fewer connections",
      {{"files", std::to_string(files)},
       {"needed", std::to_string(needed)},
       {"http.connections_max", std::to_string(config.http_connections_max)},
       {"grpc.connections_max", std::to_string(config.grpc_connections_max)}});
  return absl::OkStatus();
}

sigset_t StopSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  // Files are to be read again, or a terminal was closed.
  sigaddset(&signals, SIGHUP);
  return signals;
}

bool HasTerminal() {
  const int terminal = open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC);
  if (terminal < 0) return false;
  close(terminal);
  return true;
}

int WaitForSignal() {
  const sigset_t signals = StopSignals();
  int signal = 0;
  sigwait(&signals, &signal);
  return signal;
}

constexpr char kReady[] = "roentgen is ready";
constexpr char kReadyAndWhatFor[] =
    "roentgen is ready; send segments to xray_udp, xray_http or grpc, and "
    "spans "
    "to grpc or otlp_http; look at admin_http";

// "xray_http=127.0.0.1:2000 grpc=off".
std::string WhereText(const ServerAddresses& addresses) {
  std::string out;
  for (const auto& [name, list] : addresses.all()) {
    if (!out.empty()) out += ' ';
    out += name + '=';
    if (list.empty()) out += "off";
    for (size_t i = 0; i < list.size(); ++i) {
      if (i > 0) out += ',';
      out += list[i];
    }
  }
  return out;
}

int Serve(const Config& config) {
  auto server = Server::Start(config, SystemClock());
  if (!server.ok()) {
    LogError("cannot start",
             {{"reason", std::string(server.status().message())}});
    return 1;
  }
  LogInfo(config.listeners ? kReady : kReadyAndWhatFor,
          {{"listeners", WhereText((*server)->addresses())}});
  const bool had_terminal = HasTerminal();
  int signal = WaitForSignal();
  // A terminal that is closed sends it as well, and has gone by then.
  while (signal == SIGHUP && HasTerminal() == had_terminal) {
    LogInfo("reading certificates and keys again");
    (*server)->Reload();
    signal = WaitForSignal();
  }
  LogInfo("stopping", {{"signal", strsignal(signal)}});
  std::thread([] {
    WaitForSignal();
    _exit(1);
  }).detach();
  const absl::Status stopped = (*server)->Shutdown();
  if (!stopped.ok()) {
    LogError("the store did not close cleanly",
             {{"status", stopped.ToString()}});
    return 1;
  }
  LogInfo("stopped");
  return 0;
}

}  // namespace

int RunServe(const std::vector<std::string>& args) {
  // Every thread inherits this: signals wait for sigwait above.
  const sigset_t signals = StopSignals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  // Traces are nobody else's business on this machine.
  umask(S_IRWXG | S_IRWXO);
  signal(SIGPIPE, SIG_IGN);

  auto loaded = LoadConfig(args, ReadEnvironment());
  if (!loaded.ok()) {
    std::fprintf(stderr, "roentgen: %s\n",
                 std::string(loaded.status().message()).c_str());
    return kExitBadConfig;
  }
  if (loaded->help) {
    std::fputs(kUsage, stdout);
    std::fputs(SettingsHelp().c_str(), stdout);
    return 0;
  }
  if (loaded->check) {
    absl::Status checked =
        CheckConfig(loaded->config, SystemClock().Now().ToTime());
    if (checked.ok()) checked = LoadMasterKeys(loaded->config).status();
    if (!checked.ok()) {
      std::fprintf(stderr, "roentgen: %s\n",
                   std::string(checked.message()).c_str());
      return kExitBadConfig;
    }
    std::puts("configuration is valid");
    return 0;
  }
  SetUpLog(ToLogLevel(loaded->config.log_level),
           loaded->config.log_format == "json" ? LogFormat::kJson
                                               : LogFormat::kText);
  const absl::Status fits = FitToFiles(loaded->config);
  if (!fits.ok()) {
    std::fprintf(stderr, "roentgen: %s\n", std::string(fits.message()).c_str());
    return kExitBadConfig;
  }
  return Serve(loaded->config);
}

}  // namespace roentgen::server
