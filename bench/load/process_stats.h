// What a process costs, read from the operating system.
//
// Threads: pure reads.
#ifndef ROENTGEN_BENCH_LOAD_PROCESS_STATS_H_
#define ROENTGEN_BENCH_LOAD_PROCESS_STATS_H_

#include <cstdint>
#include <string>
#include <vector>

namespace roentgen::bench {

// User and system CPU time of process `pid` so far, microseconds.
double CpuMicros(int pid);
// Resident memory now, and at its peak, bytes.
uint64_t ResidentBytes(int pid);
uint64_t PeakResidentBytes(int pid);
// Size of all files in a folder.
uint64_t FolderBytes(const std::string& path);

// `values` need not be sorted; percent 0 to 100.
double Percentile(std::vector<double> values, double percent);

}  // namespace roentgen::bench

#endif  // ROENTGEN_BENCH_LOAD_PROCESS_STATS_H_
