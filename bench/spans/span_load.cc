// Replays a captured OTLP load and says what it cost.
//
//   span_load CAPTURE engine SPANS DIR [WRITERS]
//                                          into a store in this process
//   span_load CAPTURE http SPANS PORT PID DIR [CONNECTIONS]
//                                          POST /v1/traces to a server
//
// Prints one line per figure: CPU time per span (of the server; of this
// process for `engine`), spans per second, bytes per span on disk once all is
// sealed, memory.
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "bench/load/http_client.h"
#include "bench/load/process_stats.h"
#include "bench/spans/capture_replay.h"
#include "server/ingest/span_pipeline.h"
#include "storage/rocks/rocks_engine.h"

namespace roentgen::bench {
namespace {

using Steady = std::chrono::steady_clock;

uint64_t NowNanos() {
  return static_cast<uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(
          std::chrono::system_clock::now().time_since_epoch())
          .count());
}

double Seconds(Steady::time_point since) {
  return std::chrono::duration<double>(Steady::now() - since).count();
}

void Report(const char* what, double value, const char* unit) {
  std::printf("%-28s %12.2f %s\n", what, value, unit);
  std::fflush(stdout);
}

// Each request of each round once, over all threads.
class Requests {
 public:
  Requests(const CaptureReplay& replay, size_t spans) : replay_(replay) {
    const size_t rounds = (spans + replay.spans() - 1) / replay.spans();
    total_ = rounds * replay.requests();
  }

  // False when there is none left.
  bool Next(std::string& request, size_t& spans) {
    const size_t i = next_++;
    if (i >= total_) return false;
    const size_t index = i % replay_.requests();
    spans = replay_.spans_in(index);
    request = replay_.Make(index, seed_ + i / replay_.requests(), NowNanos());
    return true;
  }

 private:
  const CaptureReplay& replay_;
  const uint64_t seed_ = NowNanos();
  size_t total_ = 0;
  std::atomic<size_t> next_{0};
};

// What making the requests costs by itself.
double GeneratorMicros(const CaptureReplay& replay) {
  const double before = CpuMicros(getpid());
  constexpr uint64_t kRounds = 20;
  for (uint64_t round = 0; round < kRounds; ++round) {
    for (size_t i = 0; i < replay.requests(); ++i) {
      if (replay.Make(i, round, 1).empty()) std::abort();
    }
  }
  return (CpuMicros(getpid()) - before) /
         static_cast<double>(kRounds * replay.spans());
}

int IntoEngine(const CaptureReplay& replay, size_t spans,
               const std::string& dir, int writers) {
  const Clock& clock = SystemClock();
  auto opened = storage::RocksEngine::Open({.path = dir}, clock);
  if (!opened.ok()) {
    std::fprintf(stderr, "%s\n", opened.status().ToString().c_str());
    return 1;
  }
  storage::TraceEngine& engine = **opened;
  server::SpanPipeline pipeline(engine, clock, {});
  const double generator = GeneratorMicros(replay);
  Requests requests(replay, spans);
  const double before = CpuMicros(getpid());
  const auto begin = Steady::now();
  std::atomic<size_t> accepted{0}, refused{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < writers; ++t) {
    threads.emplace_back([&] {
      std::string request;
      size_t count;
      while (requests.Next(request, count)) {
        while (true) {
          const auto outcome = pipeline.ExportAndWait(
              request, server::SpanSource::kOtlpHttp, absl::InfiniteFuture());
          if (outcome.ok()) break;
          ++refused;
          std::this_thread::sleep_for(std::chrono::milliseconds(20));
        }
        accepted += count;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const double put_cpu = CpuMicros(getpid()) - before;
  const double seconds = Seconds(begin);
  if (!engine.Close().ok()) return 1;
  const double all_cpu = CpuMicros(getpid()) - before;
  const auto n = static_cast<double>(accepted);
  Report("spans", n, "");
  Report("spans per second", n / seconds, "");
  Report("requests pushed back", static_cast<double>(refused), "");
  Report("CPU until acknowledged", put_cpu / n - generator, "us/span");
  Report("CPU until sealed", all_cpu / n - generator, "us/span");
  Report("disk", static_cast<double>(FolderBytes(dir)) / n, "B/span");
  Report("peak memory",
         static_cast<double>(PeakResidentBytes(getpid())) / 1048576, "MiB");
  return 0;
}

int OverHttp(const CaptureReplay& replay, size_t spans, int port, int pid,
             const std::string& dir, int connections) {
  Requests requests(replay, spans);
  const double before = CpuMicros(pid);
  const auto begin = Steady::now();
  std::atomic<size_t> accepted{0}, refused{0}, failed{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < connections; ++t) {
    threads.emplace_back([&] {
      HttpClient client("127.0.0.1", port);
      std::string request, answer;
      size_t count;
      while (requests.Next(request, count)) {
        int status = 0;
        while ((status = client.Post("/v1/traces", request, answer,
                                     "application/x-protobuf")) == 429 ||
               status == 503) {
          ++refused;
          std::this_thread::sleep_for(std::chrono::milliseconds(20));
        }
        (status == 200 ? accepted : failed) += count;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  const double seconds = Seconds(begin);
  const double put_cpu = CpuMicros(pid) - before;
  const auto n = static_cast<double>(accepted);
  Report("spans", n, "");
  Report("spans failed", static_cast<double>(failed), "");
  Report("requests pushed back", static_cast<double>(refused), "");
  Report("spans per second", n / seconds, "");
  Report("CPU until acknowledged", put_cpu / n, "us/span");
  constexpr int kSettleSeconds = 90;
  std::this_thread::sleep_for(std::chrono::seconds(kSettleSeconds));
  Report("CPU until sealed", (CpuMicros(pid) - before) / n, "us/span");
  Report("disk after 90 s", static_cast<double>(FolderBytes(dir)) / n,
         "B/span");
  Report("peak memory", static_cast<double>(PeakResidentBytes(pid)) / 1048576,
         "MiB");
  return failed == 0 ? 0 : 1;
}

int Run(int argc, char** argv) {
  if (argc < 5) {
    std::fprintf(stderr, "see the head of span_load.cc\n");
    return 2;
  }
  const CaptureReplay replay(argv[1]);
  const std::string mode = argv[2];
  const size_t spans = std::strtoull(argv[3], nullptr, 10);
  if (mode == "engine") {
    return IntoEngine(replay, spans, argv[4],
                      argc > 5 ? std::atoi(argv[5]) : 8);
  }
  if (mode == "http" && argc >= 7) {
    return OverHttp(replay, spans, std::atoi(argv[4]), std::atoi(argv[5]),
                    argv[6], argc > 7 ? std::atoi(argv[7]) : 8);
  }
  return 2;
}

}  // namespace
}  // namespace roentgen::bench

int main(int argc, char** argv) { return roentgen::bench::Run(argc, argv); }
