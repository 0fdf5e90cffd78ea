// What the server acknowledged, written down before anything else happens.
//
// Threads: thread-safe.
#ifndef ROENTGEN_TESTS_CRASH_LEDGER_H_
#define ROENTGEN_TESTS_CRASH_LEDGER_H_

#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "base/mutex.h"

namespace roentgen::crash {

struct SentSegment {
  std::string trace_id;
  std::string segment_id;
};

class Ledger {
 public:
  // Trace id -> ids of its acknowledged segments.
  using Entries = std::map<std::string, std::set<std::string>>;

  // Appends to `path`, one "trace segment" line each.
  explicit Ledger(const std::string& path);
  ~Ledger();

  // On stable storage once this returns.
  void Append(const std::vector<SentSegment>& acknowledged);

  Entries entries() const;
  size_t segments() const;
  // The `count` traces acknowledged last, newest last.
  std::vector<std::string> NewestTraces(size_t count) const;

 private:
  const int fd_;
  mutable Mutex mu_;
  Entries entries_ RTG_GUARDED_BY(mu_);
  std::vector<std::string> order_ RTG_GUARDED_BY(mu_);
  size_t segments_ RTG_GUARDED_BY(mu_) = 0;
};

}  // namespace roentgen::crash

#endif  // ROENTGEN_TESTS_CRASH_LEDGER_H_
