#include "tests/crash/ledger.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace roentgen::crash {
namespace {

[[noreturn]] void Die(const char* what) {
  std::perror(what);
  std::abort();  // Without a ledger the test proves nothing.
}

}  // namespace

Ledger::Ledger(const std::string& path)
    : fd_(open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644)) {
  if (fd_ < 0) Die(path.c_str());
}

Ledger::~Ledger() { close(fd_); }

void Ledger::Append(const std::vector<SentSegment>& acknowledged) {
  std::string lines;
  for (const SentSegment& s : acknowledged) {
    lines += s.trace_id + " " + s.segment_id + "\n";
  }
  MutexLock lock(mu_);
  if (write(fd_, lines.data(), lines.size()) !=
          static_cast<ssize_t>(lines.size()) ||
      fdatasync(fd_) != 0) {
    Die("ledger");
  }
  for (const SentSegment& s : acknowledged) {
    entries_[s.trace_id].insert(s.segment_id);
    order_.push_back(s.trace_id);
  }
  segments_ += acknowledged.size();
}

Ledger::Entries Ledger::entries() const {
  MutexLock lock(mu_);
  return entries_;
}

size_t Ledger::segments() const {
  MutexLock lock(mu_);
  return segments_;
}

std::vector<std::string> Ledger::NewestTraces(size_t count) const {
  MutexLock lock(mu_);
  std::vector<std::string> newest;
  std::set<std::string> seen;
  for (auto at = order_.rbegin(); at != order_.rend(); ++at) {
    if (newest.size() == count) break;
    if (seen.insert(*at).second) newest.push_back(*at);
  }
  std::reverse(newest.begin(), newest.end());
  return newest;
}

}  // namespace roentgen::crash
