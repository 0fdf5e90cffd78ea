#include "bench/load/process_stats.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace roentgen::bench {
namespace {

uint64_t StatusKilobytes(int pid, const std::string& name) {
  std::ifstream in("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(in, line);) {
    if (line.rfind(name, 0) == 0) {
      return std::stoull(line.substr(name.size())) * 1024;
    }
  }
  return 0;
}

}  // namespace

double CpuMicros(int pid) {
  std::ifstream in("/proc/" + std::to_string(pid) + "/stat");
  std::string text((std::istreambuf_iterator<char>(in)), {});
  // Fields are counted from the end of the name, which may hold spaces.
  std::istringstream rest(text.substr(text.rfind(')') + 2));
  std::string skipped;
  for (int i = 0; i < 11; ++i) rest >> skipped;
  double user = 0, system = 0;
  rest >> user >> system;
  return (user + system) * 1e6 / static_cast<double>(sysconf(_SC_CLK_TCK));
}

uint64_t ResidentBytes(int pid) { return StatusKilobytes(pid, "VmRSS:"); }
uint64_t PeakResidentBytes(int pid) { return StatusKilobytes(pid, "VmHWM:"); }

uint64_t FolderBytes(const std::string& path) {
  uint64_t total = 0;
  std::error_code error;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(path, error)) {
    if (entry.is_regular_file(error)) total += entry.file_size(error);
  }
  return total;
}

double Percentile(std::vector<double> values, double percent) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const auto at = static_cast<size_t>(percent / 100 *
                                      static_cast<double>(values.size() - 1));
  return values[at];
}

}  // namespace roentgen::bench
