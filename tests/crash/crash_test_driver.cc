// Kills a server again and again, and checks after each restart that what it
// acknowledged is there: everything, and nothing twice.
//
//   crash_test_driver --server=PATH --folder=EMPTY [--kills=50] [--seed=N]
//
// Every second kill comes at a named point inside the server, the others at
// random moments. Then the same for a bucket that is being dropped.
#include <sys/stat.h>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "tests/crash/ledger.h"
#include "tests/crash/load.h"
#include "tests/crash/server_process.h"
#include "tests/crash/store_checker.h"

namespace roentgen::crash {
namespace {

constexpr int kCrashPointExit = 137;  // Also what SIGKILL gives.
constexpr absl::Duration kPointMax = absl::Seconds(20);

struct Flags {
  std::string server;
  std::string folder;
  int kills = 50;
  uint64_t seed = 0;
};

struct NamedPoint {
  const char* name;
  uint64_t passages_max;  // The crash comes at passage 1 to this.
};
constexpr NamedPoint kPoints[] = {
    {"mid_seal", 1},
    {"after_wal_sync", 60},
    {"after_seal", 1},
    {"before_commit", 60},
};

absl::Time Now() { return SystemClock().Now().ToTime(); }

class CrashTest {
 public:
  explicit CrashTest(Flags flags)
      : flags_(std::move(flags)), random_(flags_.seed), since_(Now()) {}

  int Run() {
    const bool ok = KillsKeepEverything() && DroppingABucketIsAtomic() &&
                    CheckerSeesFaults();
    std::printf("%s seed %llu\n", ok ? "PASS" : "FAIL",
                static_cast<unsigned long long>(flags_.seed));
    return ok ? 0 : 1;
  }

 private:
  using Sources = std::vector<std::unique_ptr<SegmentSource>>;

  Sources MakeSources(SegmentSource::Options options) {
    Sources sources;
    for (size_t i = 0; i < Load::kWriters; ++i) {
      sources.push_back(std::make_unique<SegmentSource>(random_(), options));
    }
    return sources;
  }

  ServerProcess::Options OptionsFor(const std::string& name,
                                    std::vector<std::string> flags) {
    const std::string folder = flags_.folder + "/" + name;
    mkdir(folder.c_str(), 0755);
    flags.push_back("--log.level=warn");
    return {.binary = flags_.server,
            .folder = folder,
            .flags = std::move(flags),
            .crash_point = {}};
  }

  std::unique_ptr<ServerProcess> Start(const ServerProcess::Options& options) {
    auto server = ServerProcess::Start(options);
    if (!server.ok()) {
      std::printf("cannot start: %s\n", server.status().ToString().c_str());
      PrintLog(options);
      return nullptr;
    }
    slowest_start_ = std::max(slowest_start_, (*server)->start_time());
    return *std::move(server);
  }

  static void PrintLog(const ServerProcess::Options& options) {
    const std::string command =
        "tail -n 20 '" + options.folder + "/server.log'";
    std::fflush(stdout);
    if (std::system(command.c_str()) != 0) std::printf("(no log)\n");
  }

  bool Check(ServerProcess& server, const Ledger::Entries& must) {
    const CheckResult result = CheckStore(server.grpc(), must, since_);
    for (const std::string& problem : result.problems) {
      std::printf("  PROBLEM %s\n", problem.c_str());
    }
    return result.problems.empty();
  }

  // Lets the load run until the server dies by itself or its time has come.
  void RunUntilDeath(ServerProcess& server, absl::Time end, Sources& sources,
                     Ledger& ledger) {
    Load load(server.http(), server.grpc(), sources, ledger);
    while (!server.HasEnded() && Now() < end) Pass(absl::Milliseconds(2));
    server.Kill();
  }

  // Starts and checks. A server may come to its crash point while it is being
  // checked, when what it found at the start is sealed: then `crash_point` is
  // cleared and the next one is checked. Null: said why.
  std::unique_ptr<ServerProcess> StartAndCheck(ServerProcess::Options& options,
                                               const Ledger& ledger) {
    const bool armed = !options.crash_point.empty();
    auto server = ServerProcess::Start(options);
    std::vector<std::string> problems = {server.status().ToString()};
    if (server.ok()) {
      problems =
          CheckStore((*server)->grpc(), ledger.entries(), since_).problems;
      if (problems.empty()) return *std::move(server);
    }
    if (armed && (!server.ok() || EndsSoon(**server))) {
      options.crash_point.clear();
      return StartAndCheck(options, ledger);
    }
    for (const std::string& problem : problems) {
      std::printf("  PROBLEM %s\n", problem.c_str());
    }
    PrintLog(options);
    return nullptr;
  }

  static bool EndsSoon(ServerProcess& server) {
    const absl::Time end = Now() + absl::Seconds(1);
    while (!server.HasEnded() && Now() < end) Pass(absl::Milliseconds(2));
    return server.HasEnded();
  }

  bool OneKill(int number, ServerProcess::Options options, Sources& sources,
               Ledger& ledger) {
    std::string point;
    options.crash_point.clear();
    if (number % 2 == 1) {
      const NamedPoint& named =
          kPoints[static_cast<size_t>(number / 2) % std::size(kPoints)];
      point = named.name;
      options.crash_point =
          point + ":" + std::to_string(1 + random_() % named.passages_max);
    }
    auto server = StartAndCheck(options, ledger);
    if (server == nullptr) return false;
    const bool armed = !options.crash_point.empty();
    const absl::Duration life =
        armed ? kPointMax : absl::Milliseconds(20 + random_() % 400);
    const absl::Time end = Now() + life;
    RunUntilDeath(*server, end, sources, ledger);
    if (!point.empty() && (!armed || Now() < end)) ++reached_[point];
    if (server->exit_code() != kCrashPointExit) {
      std::printf("the server ended with code %d\n", server->exit_code());
      PrintLog(options);
      return false;
    }
    std::printf("kill %d%s%s%s: %zu segments acknowledged so far\n", number + 1,
                point.empty() ? "" : " at ", point.c_str(),
                point.empty() || armed ? "" : " while checking",
                ledger.segments());
    std::fflush(stdout);
    return true;
  }

  bool KillsKeepEverything() {
    // A small open table is sealed often.
    const auto options = OptionsFor("kills", {"--memory.open_table=1MiB"});
    Ledger ledger(options.folder + "/ledger");
    Sources sources = MakeSources({.padding_bytes = 8'000});
    for (int i = 0; i < flags_.kills; ++i) {
      if (!OneKill(i, options, sources, ledger)) return false;
    }
    // After the last kill, and again after a clean stop.
    for (int i = 0; i < 2; ++i) {
      auto server = Start(options);
      if (server == nullptr || !Check(*server, ledger.entries())) return false;
      if (!CountsSealed(*server)) return false;
      if (server->Stop() != 0) {
        std::printf("clean stop gave code %d\n", server->exit_code());
        return false;
      }
    }
    std::printf("%zu segments, slowest start %s\n", ledger.segments(),
                absl::FormatDuration(slowest_start_).c_str());
    return PointsWereReached();
  }

  bool PointsWereReached() {
    if (flags_.kills < 2 * static_cast<int>(std::size(kPoints))) return true;
    bool all = true;
    for (const NamedPoint& point : kPoints) {
      if (reached_[point.name] > 0) continue;
      std::printf("never came to %s\n", point.name);
      all = false;
    }
    return all;
  }

  // The test means little unless traces were sealed.
  static bool CountsSealed(ServerProcess& server) {
    const std::string metrics =
        HttpExchange(server.admin(),
                     "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: "
                     "close\r\n\r\n");
    const std::string mark = "\nroentgen_store_sealed_batches ";
    const size_t at = metrics.find(mark);
    if (at != metrics.npos &&
        std::atof(metrics.c_str() + at + mark.size()) > 0) {
      return true;
    }
    std::printf("no batch was sealed\n");
    return false;
  }

  // A disk budget drops the oldest buckets; a crash in the middle of that
  // loses nothing that is newer, and the next start goes well. Old traces get
  // segments meanwhile: those must not lose what was sealed before.
  bool DroppingABucketIsAtomic() {
    const auto options =
        OptionsFor("drop", {"--memory.open_table=1MiB", "--disk_budget=8MiB"});
    Ledger ledger(options.folder + "/ledger");
    Sources sources = MakeSources({.padding_bytes = 16'000, .reopen = true});
    auto crashing = options;
    crashing.crash_point = "mid_bucket_drop";
    auto server = Start(crashing);
    if (server == nullptr) return false;
    const absl::Time end = Now() + absl::Seconds(60);
    RunUntilDeath(*server, end, sources, ledger);
    if (Now() >= end) {
      std::printf("never came to mid_bucket_drop\n");
      return false;
    }
    server = Start(options);
    if (server == nullptr) return false;
    // The newest traces are far inside the budget.
    const Ledger::Entries all = ledger.entries();
    Ledger::Entries newest;
    for (const std::string& id : ledger.NewestTraces(20)) {
      newest[id] = all.at(id);
    }
    if (!Check(*server, newest)) return false;
    std::printf("bucket drop: killed after %zu segments\n", ledger.segments());
    return server->Stop() == 0;
  }

  // A check that cannot fail proves nothing: shows it a lost trace, a lost
  // segment and a doubled one.
  bool CheckerSeesFaults() {
    auto server = Start(OptionsFor("faults", {}));
    if (server == nullptr) return false;
    SegmentSource source(random_(), {.padding_bytes = 10});
    std::vector<std::string> documents;
    std::vector<SentSegment> sent;
    source.Next(documents, sent);
    const std::string request = PutRequest(documents);
    HttpExchange(server->http(), request);
    const std::string& id = sent[0].trace_id;
    const auto problems = [&](const Ledger::Entries& must) {
      return CheckStore(server->grpc(), must, since_).problems.size();
    };
    const bool good = problems({{id, {sent[0].segment_id}}}) == 0;
    const bool lost_segment = problems({{id, {"0123456789abcdef"}}}) == 1;
    const bool lost_trace =
        problems({{"1-00000000-000000000000000000000000", {"a"}}}) == 2;
    HttpExchange(server->http(), request);
    const bool doubled = problems({}) == 1;
    if (good && lost_segment && lost_trace && doubled) return true;
    std::printf("the checker is blind: %d %d %d %d\n", good, lost_segment,
                lost_trace, doubled);
    return false;
  }

  const Flags flags_;
  std::mt19937_64 random_;
  const absl::Time since_;
  absl::Duration slowest_start_;
  std::map<std::string, int> reached_;
};

bool ParseFlags(int argc, char** argv, Flags& flags) {
  flags.seed = std::random_device()();
  for (int i = 1; i < argc; ++i) {
    const std::string_view word = argv[i];
    const size_t equals = word.find('=');
    if (equals == word.npos) return false;
    const std::string_view name = word.substr(0, equals);
    const std::string value(word.substr(equals + 1));
    if (name == "--server") {
      flags.server = value;
    } else if (name == "--folder") {
      flags.folder = value;
    } else if (name == "--kills") {
      flags.kills = std::atoi(value.c_str());
    } else if (name == "--seed") {
      flags.seed = std::strtoull(value.c_str(), nullptr, 10);
    } else {
      return false;
    }
  }
  return !flags.server.empty() && !flags.folder.empty() && flags.kills > 0;
}

}  // namespace
}  // namespace roentgen::crash

int main(int argc, char** argv) {
  roentgen::crash::Flags flags;
  if (!roentgen::crash::ParseFlags(argc, argv, flags)) {
    std::fprintf(stderr,
                 "usage: crash_test_driver --server=PATH --folder=EMPTY "
                 "[--kills=50] [--seed=N]\n");
    return 2;
  }
  std::printf("seed %llu, %d kills\n",
              static_cast<unsigned long long>(flags.seed), flags.kills);
  std::fflush(stdout);
  return roentgen::crash::CrashTest(flags).Run();
}
