// Compares what a restarted server returns with the ledger.
#ifndef ROENTGEN_TESTS_CRASH_STORE_CHECKER_H_
#define ROENTGEN_TESTS_CRASH_STORE_CHECKER_H_

#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "tests/crash/ledger.h"

namespace roentgen::crash {

struct CheckResult {
  // Each one a sentence; empty: all is well. Cut after a few.
  std::vector<std::string> problems;
  size_t traces = 0;
};

// Reads everything back over gRPC:
//  * each trace of `must` by id, with every segment of it;
//  * no stored document twice;
//  * the summaries since `since` list each trace once, and all of `must`;
//  * the service map counts each stored segment once.
CheckResult CheckStore(const std::string& grpc_address,
                       const Ledger::Entries& must, absl::Time since);

}  // namespace roentgen::crash

#endif  // ROENTGEN_TESTS_CRASH_STORE_CHECKER_H_
