#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "base/metrics.h"

namespace roentgen {
namespace {

double ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  uint64_t virtual_pages = 0;
  uint64_t resident_pages = 0;
  statm >> virtual_pages >> resident_pages;
  return static_cast<double>(resident_pages) *
         static_cast<double>(sysconf(_SC_PAGESIZE));
}

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

double OpenFiles() {
  std::error_code error;
  std::filesystem::directory_iterator files("/proc/self/fd", error);
  if (error) return 0;
  return static_cast<double>(std::distance(begin(files), end(files)));
}

Metrics::Source Single(double (*read)()) {
  return [read] {
    return std::vector<Metrics::Sample>{{.labels = {}, .value = read()}};
  };
}

}  // namespace

void AddProcessMetrics(Metrics& metrics) {
  metrics.AddSource(
      Metrics::Kind::kGauge,
      {"process_resident_memory_bytes", "Resident memory of the process.", {}},
      Single(ResidentBytes));
  metrics.AddSource(
      Metrics::Kind::kCounter,
      {"process_cpu_seconds_total", "User and system CPU time.", {}},
      Single(CpuSeconds));
  metrics.AddSource(Metrics::Kind::kGauge,
                    {"process_open_fds", "Open file descriptors.", {}},
                    Single(OpenFiles));
}

}  // namespace roentgen
